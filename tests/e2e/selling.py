"""What people do to sell: from the inventory to the prices, in the words of the pages."""

import re
from collections.abc import Sequence

from playwright.sync_api import Page, expect

from tests.e2e.people import team_of
from trades.sandbox.catalog import FIRST_BUYER, standard_orders

CS2 = 730
PLENTY = 200
PRICES = {
    name: price
    for game, name, buyer, price, amount in standard_orders()
    if game == CS2 and buyer == FIRST_BUYER and amount >= PLENTY
}
SECONDS_TO_READ = 60.0


def open_inventory(page: Page) -> None:
    """Reads it if nobody did, and waits until the items have come by themselves."""
    page.goto(f"{team_of(page)}inventory/?game={CS2}")
    read = page.get_by_role("button", name="Read it now")
    if read.count():
        read.click()
    expect(page.locator(".stock__one").first).to_be_visible(timeout=SECONDS_TO_READ * 1000)
    expect(page.get_by_role("button", name="Refresh")).to_be_visible()


def sellable_names(page: Page, number: int) -> list[str]:
    """The first free items on the page that the first buyer takes."""
    shown = page.locator(".stock__one label").all_inner_texts()
    found = [name for name in shown if name in PRICES][:number]
    assert len(found) == number, shown
    return found


def choose(page: Page, names: Sequence[str]) -> None:
    for name in names:
        field = page.get_by_label(name, exact=True)
        if field.get_attribute("type") == "checkbox":
            field.check()
        else:
            field.fill("1")
            field.blur()
    expect(page.locator("#chosen-count")).to_contain_text(re.compile(rf"^{len(names)} items? "))


def see_prices(page: Page) -> None:
    """The draft's page, matched."""
    page.get_by_role("button", name="See prices").click()
    page.wait_for_url("**/sell/*/")
    page.get_by_role("button", name="Match with buyers").click()
    expect(page.get_by_role("button", name="Review the prices")).to_be_visible()


def reviewed_draft(page: Page) -> str:
    """Of one item; returns its page's address, which is open."""
    open_inventory(page)
    choose(page, sellable_names(page, 1))
    see_prices(page)
    page.get_by_role("button", name="Review the prices").click()
    expect(page.locator("#agree")).to_be_visible()
    return page.url


def agreed_sell(page: Page) -> str:
    """Of one item; returns its page's address."""
    reviewed_draft(page)
    page.locator("#agree").click()
    page.wait_for_url("**/sells/")
    page.locator(".sell__title a").first.click()
    page.wait_for_url("**/sells/*/")
    return page.url
