"""Every page in every size and colour: safe, labelled, and inside its window."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from dashboard.environment import BASE_DIR
from tests.e2e.complaints import complaints_of
from tests.e2e.people import PASSWORD, fill_sign_in, team_of, trades_shown
from tests.e2e.selling import agreed_sell, reviewed_draft
from tests.servers.product import Product, environment

pytestmark = pytest.mark.e2e
NOT_FOUND = "/nothing-here/"
OPERATOR = "operator@sellside.example"
FOR_ANYBODY = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
OF_TEAM = ["", "roles/", "settings/", "audit/", "invitations/add/"]
WIDTHS = [390, 1440]  # pixels
LOOK = """() => {
  const shown = (element) => element.checkVisibility({visibilityProperty: true});
  const typed = "input:not([type=hidden], [type=submit]), select, textarea";
  const controls = [...document.querySelectorAll(typed)];
  const pointedAt = (one) => document.getElementById(one.getAttribute("aria-labelledby"));
  const named = (one) => one.labels?.length || one.getAttribute("aria-label")
    || pointedAt(one)?.textContent.trim();
  const said = (one) => one.textContent.trim() || one.getAttribute("aria-label");
  const wide = document.documentElement.scrollWidth;
  return [
    ...(wide > innerWidth ? [`is ${wide} px wide`] : []),
    ...([...document.querySelectorAll("h1")].filter(shown).length === 1 ? [] : ["has no h1"]),
    ...controls.filter((one) => !named(one)).map((one) => `has no label for ${one.name}`),
    ...[...document.querySelectorAll("button, a")].filter((one) => !said(one))
      .map((one) => `has a nameless ${one.outerHTML}`),
  ];
}"""


@pytest.fixture(scope="module")
def of_selling(
    browser: Browser, running_product: Product, demo_session: StorageState
) -> Iterator[list[str]]:
    """The addresses of all pages about selling, with a sell and a reviewed selection to show."""
    context = browser.new_context(base_url=running_product.url, storage_state=demo_session)
    page = context.new_page()
    page.goto("/")
    team = team_of(page)
    sell = agreed_sell(page)
    draft = reviewed_draft(page)
    page.get_by_label("sell list named").fill("The like again")
    page.get_by_role("button", name="Save the list").click()
    page.wait_for_url("**/sell-lists/**")
    kept = page.get_by_role("link", name="The like again")
    kept_at = kept.get_attribute("href") if kept.count() else page.url
    assert kept_at
    names = ["inventory/?game=730", "inventory/?game=570", "inventory/names/?game=730"]
    names += ["sells/", "sell-lists/", "sell-defaults/"]
    yield [*(f"{team}{name}" for name in names), sell, draft, kept_at]
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_is_in_order(
    new_page: Callable[..., Page],
    demo_session: StorageState,
    of_selling: list[str],
    width: int,
    scheme: str,
) -> None:
    window = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    page = new_page(storage_state=demo_session, **window)
    complaints = complaints_of(page, besides=NOT_FOUND)
    for address in [*addresses(page), *of_selling]:
        complaints += looked_at(page, address)
    stranger = new_page(**window)
    complaints += complaints_of(stranger)
    for address in FOR_ANYBODY:
        complaints += looked_at(stranger, address)
    assert complaints == []


@pytest.fixture(scope="module")
def operator_session(
    browser: Browser, running_product: Product, of_selling: list[str]
) -> StorageState:
    """The cookies of a person who may see the admin, made the way `docs/operations.md` tells."""
    command = [sys.executable, "manage.py", "createsuperuser", "--noinput", "--email", OPERATOR]
    known = environment(running_product.data_dir, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    subprocess.run(command, cwd=BASE_DIR, env=known, check=True, capture_output=True)
    context = browser.new_context(base_url=running_product.url)
    page = context.new_page()
    fill_sign_in(page, OPERATOR, PASSWORD)
    page.wait_for_url("**/me/")
    kept = context.storage_state()
    context.close()
    return kept


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_admin_is_in_order(
    new_page: Callable[..., Page], operator_session: StorageState, width: int, scheme: str
) -> None:
    window = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    page = new_page(storage_state=operator_session, **window)
    complaints = complaints_of(page)
    complaints += [*looked_at(page, "/admin/"), *looked_at(page, "/admin/trades/sellrequest/")]
    one = page.locator("#result_list a").first.get_attribute("href")
    assert one
    assert complaints + looked_at(page, one) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_keyboard_reaches_what_matters(
    new_page: Callable[..., Page], demo_session: StorageState, width: int
) -> None:
    page = new_page(storage_state=demo_session, viewport={"width": width, "height": 900})
    page.goto("/")
    page.goto(f"{team_of(page)}keys/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    main_action = page.get_by_role("link", name="Add a key")
    page.keyboard.press("Tab")
    expect(main_action).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Add a key")
    expect(dialog).to_be_visible()
    assert dialog.evaluate("dialog => dialog.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(main_action).to_be_focused()


def addresses(page: Page) -> list[str]:
    """Of all pages for somebody signed in."""
    page.goto("/")
    team = team_of(page)
    page.goto(f"{team}history/")
    trade = trades_shown(page).first.get_attribute("href")
    page.goto(f"{team}keys/")
    removal = page.get_by_role("link", name="Remove").first.get_attribute("href")
    account = page.locator("article.account").first.get_attribute("id")
    assert trade
    assert removal
    assert account
    of_account = f"{team}accounts/{account.removeprefix('account-')}/"
    own = [f"{team}exports/", f"{team}exports/new/?status=completed"]
    own += [f"{team}history/?phase=failed&since=2020-01-01", f"{team}keys/add/", trade, removal]
    own += [f"{of_account}bad-rows/", f"{of_account}differences/", f"{team}?period=all"]
    own += [f"{team}team/{name}" for name in OF_TEAM]
    own += [f"{team}offers/", f"{resendable(page, team)}resend/", f"{team}find/"]
    own += [f"{team}find/?q=nobody+has+this", f"{team}panels/exposure/", f"{team}panels/times/"]
    own += [*saved_view(page, team), f"{team}history/views/"]
    offers = [f"{team}offers/", f"{team}keys/add/?upstream=steam"]
    return [team, f"{team}history/", f"{team}keys/", *offers, *own, "/me/", NOT_FOUND]


def saved_view(page: Page, team: str) -> list[str]:
    """The address that offers to save one, and that of the saved one."""
    offer = f"{team}history/views/?save=1&game=730&sort=value&col=items&col=value&col=error"
    page.goto(offer)
    page.get_by_label("Name", exact=True).fill("Looked at")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/history/?*view=*")
    return [offer, page.url]


def resendable(page: Page, team: str) -> str:
    """The address of a trade that may be sent again."""
    page.goto(f"{team}history/?direction=withdrawal&status=-1")
    address = trades_shown(page).first.get_attribute("href")
    assert address
    return address


def looked_at(page: Page, address: str) -> list[str]:
    answer = page.goto(address)
    assert answer
    assert answer.ok is (address != NOT_FOUND), address
    return [f"{address} {complaint}" for complaint in page.evaluate(LOOK)]
