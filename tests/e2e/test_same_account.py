"""One account with two keys is one account: in every figure."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.market import Market
from tests.e2e.people import add_key, open_home, reload_until, sells_on_home, sign_up
from trades.sandbox.demo import DESK_KEY, DESK_SECOND_KEY

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("names_accounts", [True, False], ids=["named", "not-named"])
def test_a_second_key_of_an_account_changes_no_figure(
    new_page: Callable[..., Page], market: Market, names_accounts: bool
) -> None:
    page = new_page()
    market.turn(trickle=False, identity=names_accounts)
    sign_up(page)
    add_key(page, DESK_KEY, "Desk")
    expect_all_sells(page, market)
    add_key(page, DESK_SECOND_KEY, "Desk again")
    expect(page.get_by_role("status")).to_contain_text("nothing counts twice")
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.locator(".key__name")).to_have_count(2)
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("status")).to_contain_text("is synced now")
    expect(page.locator(".sync")).not_to_contain_text("starts soon")
    expect_all_sells(page, market)


def expect_all_sells(page: Page, market: Market) -> None:
    """Home's tiles hold what the market has, neither less nor more."""
    open_home(page)
    reload_until(page, lambda: sells_on_home(page) == market.sells_of(DESK_KEY))
