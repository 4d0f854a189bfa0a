"""The way of somebody who looks at it for the first time."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.market import Market
from tests.e2e.people import (
    card_of,
    expect_complete,
    fill_key_form,
    mirrors_on_home,
    open_home,
    open_keys,
    reload_until,
    sells_on_home,
    team_of,
    trades_shown,
)
from trades.sandbox.demo import DESK_KEY, DESK_TRADES, SECOND_KEY, SECOND_TRADES

pytestmark = pytest.mark.e2e
NOTE_PROGRESS = """() => {
  window.seen = new Set();
  const note = () => {
    const bar = document.querySelector("progress[max]");
    if (bar && bar.value < bar.max) window.seen.add(bar.value);
  };
  new MutationObserver(note).observe(document.body, {childList: true, subtree: true});
  note();
}"""


def test_a_second_key_brings_its_history_before_ones_eyes(
    page: Page, sign_in: Callable[[Page], None], market: Market
) -> None:
    market.turn(latency=0.3)  # a market far away, so that there is something to watch
    sign_in(page)
    open_keys(page)
    page.get_by_role("link", name="Add a key").click()
    fill_key_form(page.get_by_role("dialog"), SECOND_KEY, "Second desk")
    card = card_of(page, "Second desk")
    expect(card).to_be_visible()
    page.evaluate(NOTE_PROGRESS)
    expect_complete(card)
    expect(card.get_by_role("progressbar")).to_have_count(0)
    assert page.evaluate("window.seen?.size"), "the bar moved without a reload"
    assert arrived(card) >= SECOND_TRADES
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", name="Demo desk")).to_be_visible()
    expect(mirrors_on_home(page).filter(has_text="Second desk")).to_have_count(1)
    open_home(page)
    assert sells_on_home(page) >= SECOND_TRADES + DESK_TRADES


def test_an_open_trade_changes_by_itself(
    page: Page, sign_in: Callable[[Page], None], market: Market
) -> None:
    sign_in(page)
    trade_id = market.begin(DESK_KEY, status="processing", items=["Fracture Case"])
    page.goto(f"{team_of(page)}history/?q={trade_id}")
    found = trades_shown(page)
    reload_until(page, lambda: found.count() == 1)
    found.click()
    expect(page.get_by_role("heading", level=1, name="Fracture Case")).to_be_visible()
    page.evaluate("window.isTheSamePage = true")
    state = page.get_by_role("region", name="State")
    expect(state).to_contain_text("Watching: a change shows by itself")
    market.change(trade_id, status="completed")
    expect(state).to_contain_text("Final by the market's documents", timeout=40_000)
    expect(state.locator(".badge")).to_have_text("Done")
    steps = page.get_by_role("region", name="Status history").get_by_role("listitem")
    expect(steps).to_have_count(2)
    expect(steps.first).to_contain_text("completed")
    expect(steps.last).to_contain_text("processing")
    assert page.evaluate("window.isTheSamePage")


def arrived(card: Locator) -> int:
    found = re.search(r"complete, ([\d,]+) trades", card.inner_text())
    assert found
    return int(found[1].replace(",", ""))
