"""A browser without script: everything works by links and forms."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import (
    PASSWORD,
    add_key,
    card_of,
    open_keys,
    reload_until,
    sign_in_as,
    sign_up,
    team_of,
    tick,
    trades_shown,
)
from trades.sandbox.demo import SMALL_KEY, SMALL_TRADES

pytestmark = pytest.mark.e2e


@pytest.fixture
def plain_page(new_page: Callable[..., Page]) -> Page:
    return new_page(java_script_enabled=False)


def test_a_day_without_script(plain_page: Page) -> None:
    page = plain_page
    email = sign_up(page)
    sign_out(page)
    sign_in_as(page, email, PASSWORD)
    page.get_by_role("link", name="Add a key").click()
    add_key(page, SMALL_KEY, "Small desk")
    card = card_of(page, "Small desk")
    expect(page.get_by_role("status")).to_contain_text("The key works")
    reload_until(page, lambda: "complete" in card.inner_text())
    look_through_the_history(page)
    open_keys(page)
    card.get_by_role("button", name="Pause").click()
    expect(card).to_contain_text("Nothing is asked with it until it is resumed.")
    card.get_by_role("button", name="Resume").click()
    expect(card.locator(".key__state")).to_contain_text("Active")
    remove_the_key(page)
    sign_out(page)


def look_through_the_history(page: Page) -> None:
    page.get_by_role("link", name="History").click()
    every = counted(page)
    assert every >= SMALL_TRADES
    tick(page, "Phase", "Done")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("link", name=re.compile("^Done.*take this filter off"))).to_be_visible()
    phases = set(page.get_by_role("cell").locator(".badge:not(.badge--plain)").all_inner_texts())
    assert phases == {"Done"}
    assert 0 < counted(page) < every
    link = trades_shown(page).first
    item = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(item)


def counted(page: Page) -> int:
    """All trades under the filter; a list of several pages is counted when one asks."""
    to_count = page.get_by_role("link", name="Count them")
    if to_count.count():
        to_count.click()
    number = page.get_by_text(re.compile(r"^[\d,]+ trades$"))
    return int(number.inner_text().split()[0].replace(",", ""))


def remove_the_key(page: Page) -> None:
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove the key").click()
    expect(page).to_have_url(f"{team_of(page)}keys/")
    expect(page.get_by_role("article")).to_contain_text("No key reads this account any more.")


def sign_out(page: Page) -> None:
    page.locator("details.menu--end summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
