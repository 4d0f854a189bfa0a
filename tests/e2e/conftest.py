"""A running product, a browser, and a watch on the content policy."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.servers import chromium, product

TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error("content policy: " + event.violatedDirective + " " + event.blockedURI));
"""
MEANS_A_VIOLATION = ("content policy:", "Content Security Policy")


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

    def sign(page: Page) -> None:
        page.goto("/accounts/login/")
        page.fill("input[name=login]", running_product.email)
        page.fill("input[name=password]", running_product.password)
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/t/*/")

    return sign


def _note(message: ConsoleMessage, violations: list[str]) -> None:
    if any(sign in message.text for sign in MEANS_A_VIOLATION):
        violations.append(message.text)
