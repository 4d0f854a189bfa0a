"""Selling before one's eyes: a price that moves, an answer that is lost, and the money at last."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboard.templatetags.ui import money_text
from tests.e2e.complaints import complaints_of
from tests.e2e.market import Market
from tests.e2e.selling import CS2, PRICES, choose, open_inventory, see_prices, sellable_names
from trades.sandbox.catalog import FIRST_BUYER
from trades.sandbox.demo import DESK_KEY

pytestmark = pytest.mark.e2e
A_MINUTE = 60_000  # milliseconds


def test_a_sell_from_the_inventory_to_the_money(
    page: Page, sign_in: Callable[[Page], None], market: Market
) -> None:
    market.turn(trickle=False, outcome="completed")
    complaints = complaints_of(page)
    sign_in(page)
    open_inventory(page)
    names = sellable_names(page, 3)
    choose(page, names)
    see_prices(page)
    lower_a_price_before_the_review(page, market, names)
    before, asked = market.trades_of(DESK_KEY), market.creates_asked()
    market.lose_the_next_create()
    agree_with_two_clicks(page)
    card = watch_the_answer_being_found(page, market)
    [trade_id] = market.trades_of(DESK_KEY) - before
    assert market.creates_asked() == asked + 1
    watch_the_trade(card, lambda: market.settle(trade_id))
    assert page.evaluate("window.isTheSamePage"), "all of it without a reload"
    page.go_back()
    expect(page.get_by_role("heading", name="Agreed: 1 sell")).to_be_visible()
    expect(page.locator("#agree")).to_have_count(0)
    assert market.creates_asked() == asked + 1
    assert complaints == []


def lower_a_price_before_the_review(page: Page, market: Market, names: list[str]) -> None:
    fallen, *others = names
    now = PRICES[fallen] * 98 // 100  # still more than the other buyer pays
    market.order(CS2, fallen, FIRST_BUYER, now)
    page.get_by_role("button", name="Review the prices").click()
    row = page.locator(".lines tbody tr").filter(has_text=fallen)
    expect(row.locator(".badge")).to_contain_text("down")
    expect(row).to_contain_text(money_text(PRICES[fallen]))
    expect(row).to_contain_text(money_text(now))
    for name in others:
        other = page.locator(".lines tbody tr").filter(has_text=name)
        expect(other.locator(".badge")).to_contain_text("same")


def agree_with_two_clicks(page: Page) -> None:
    """Without its own yes the lower price is not sold at."""
    agree = page.locator("#agree")
    agree.click()
    accepts = page.get_by_role("checkbox", name=re.compile("I accept what changed"))
    expect(accepts).to_be_focused()
    expect(agree).to_be_visible()
    accepts.check()
    agree.dblclick()
    page.wait_for_url("**/sells/")
    page.evaluate("window.isTheSamePage = true")


def watch_the_answer_being_found(page: Page, market: Market) -> Locator:
    card = page.locator("article.sell").first
    expect(card).to_contain_text("Nobody knows yet whether the market made the trade.")
    expect(card).to_contain_text("Your items stay reserved until the market answers.")
    market.heal()
    expect(card.locator(".badge").first).to_have_text("Created", timeout=A_MINUTE)
    return card


def watch_the_trade(card: Locator, settle: Callable[[], None]) -> None:
    expect(card).to_contain_text("The Steam offer is there: accept it in Steam.", timeout=A_MINUTE)
    expect(card.get_by_role("link", name=re.compile("opens Steam"))).to_be_visible()
    expect(card).to_contain_text(re.compile(r"Bot, to compare in Steam\s*VPSBot #\d+"))
    expect(card).to_contain_text("The money is frozen until settlement.", timeout=A_MINUTE)
    settle()
    expect(card).to_contain_text("Sold: the market has completed the trade.", timeout=A_MINUTE)
