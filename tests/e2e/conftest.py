"""A running product, a browser, and a watch on the content policy."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    expect,
    sync_playwright,
)

from tests.e2e.market import Market
from tests.e2e.people import sign_in_as
from tests.servers import chromium, product

TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("content policy: " + event.violatedDirective + " " + event.blockedURI));
"""
MEANS_A_VIOLATION = ("content policy:", "Content Security Policy")

PATIENCE = 60_000  # milliseconds; a busy machine is slow
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def running_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[product.Product]:
    """One for all tests: freshly filled, started as `make run` does."""
    with product.running(tmp_path_factory.mktemp("data")) as started:
        yield started


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = chromium.found()
    if executable is None:
        pytest.skip("there is no Chromium here")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=executable, args=chromium.flags())
        yield opened
        opened.close()


@pytest.fixture
def violations() -> list[str]:
    """What the browser refused to do because of our content policy."""
    return []


@pytest.fixture
def new_page(
    browser: Browser, running_product: product.Product, violations: list[str]
) -> Iterator[Callable[..., Page]]:
    """Makes a page in a context of its own (`viewport=`, `color_scheme=`, `java_script_enabled=`).

    A violation of the content policy in any of them fails the test.
    """
    contexts: list[BrowserContext] = []

    def make(**options: object) -> Page:
        context = browser.new_context(base_url=running_product.url, **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.add_init_script(TELL_VIOLATIONS)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", lambda message: _note(message, violations))
        return page

    yield make
    for context in contexts:
        context.close()
    assert violations == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


@pytest.fixture
def sign_in(running_product: product.Product) -> Callable[[Page], None]:
    """Signs a page in with the printed demo login; it then shows the team's home."""
    return lambda page: sign_in_as(page, running_product.email, running_product.password)


@pytest.fixture(scope="session")
def demo_session(browser: Browser, running_product: product.Product) -> StorageState:
    """The cookies of somebody who signed in once, for `new_page(storage_state=...)`."""
    context = browser.new_context(base_url=running_product.url)
    sign_in_as(context.new_page(), running_product.email, running_product.password)
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def market(running_product: product.Product) -> Iterator[Market]:
    """The sandbox's other end; whatever a test broke there is mended after it."""
    end = Market(f"http://127.0.0.1:{running_product.sandbox_port}")
    knobs = end.knobs()
    yield end
    end.heal()
    end.turn(**knobs)


def _note(message: ConsoleMessage, violations: list[str]) -> None:
    if any(sign in message.text for sign in MEANS_A_VIOLATION):
        violations.append(message.text)
