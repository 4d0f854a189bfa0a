"""The market in trouble: a sentence on the page, the last good data, and a way back by itself."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.market import Market
from tests.e2e.people import (
    add_key,
    card_of,
    expect_complete,
    fill_key_form,
    mirrors_on_home,
    open_home,
    sells_on_home,
    sign_up,
    team_of,
    trades_shown,
)
from tests.servers.product import Product
from trades.sandbox.demo import DESK_KEY, DESK_TRADES, SMALL_KEY, SMALL_TRADES

pytestmark = pytest.mark.e2e
A_MINUTE = 90_000  # milliseconds, with time to spare
TROUBLES = {
    "down": ("html", {}, "VPSBot Market cannot be reached right now (HTTP 502)."),
    "html": (
        "html",
        {"status": 200},
        "VPSBot Market answered with something that is not its documented JSON (HTTP 200).",
    ),
    "429": ("rate_limited", {}, "VPSBot Market asks us to slow down (HTTP 429)."),
    "lost": ("lost", {}, "VPSBot Market cannot be reached right now."),
}


@pytest.fixture(scope="module")
def trader(browser: Browser, running_product: Product) -> Iterator[Page]:
    """Two mirrored accounts, on the keys page; the key of the small one was revoked just now.

    The market's second refusal counts a minute after its first: meanwhile the others are tested.
    """
    context = browser.new_context(base_url=running_product.url)
    page = context.new_page()
    sign_up(page)
    add_key(page, SMALL_KEY, "Small desk")
    add_key(page, DESK_KEY, "Main desk")
    for label in ("Small desk", "Main desk"):
        expect_complete(card_of(page, label))
    market = Market(f"http://127.0.0.1:{running_product.sandbox_port}")
    market.revoke(SMALL_KEY)
    sync_now(card_of(page, "Small desk"))
    yield page
    market.restore(SMALL_KEY)
    context.close()


def test_a_wrong_key_is_not_stored(page: Page, sign_in: Callable[[Page], None]) -> None:
    sign_in(page)
    page.goto(f"{team_of(page)}keys/")
    page.get_by_role("link", name="Add a key").click()
    dialog = page.get_by_role("dialog")
    fill_key_form(dialog, "no-such-key", "Mistyped desk")
    expect(dialog.get_by_role("alert")).to_have_text(
        "VPSBot Market does not accept this key (HTTP 401)."
        " It was not stored; check it and paste it again."
    )
    expect(dialog.get_by_label("Label")).to_have_value("Mistyped desk")
    expect(dialog.get_by_label("API key")).to_have_value("")
    assert "no-such-key" not in page.content()
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_hidden()
    page.reload()
    expect(card_of(page, "Mistyped desk")).to_have_count(0)


def test_a_first_refusal_is_told_and_doubted(trader: Page) -> None:
    trader.goto(f"{team_of(trader)}keys/")
    card = card_of(trader, "Small desk")
    expect(card).to_contain_text("VPSBot Market does not accept this key (HTTP 403).")
    expect(card).to_contain_text("only a second refusal a minute later is believed")


@pytest.mark.parametrize(("kind", "options", "sentence"), TROUBLES.values(), ids=list(TROUBLES))
def test_trouble_has_a_sentence_and_ends_by_itself(
    trader: Page, market: Market, kind: str, options: dict[str, Any], sentence: str
) -> None:
    trader.goto(f"{team_of(trader)}keys/")
    card = card_of(trader, "Main desk")
    market.fail(kind, **options)
    sync_now(card)
    expect(card).to_contain_text(sentence)
    expect(card).to_contain_text(re.compile(r"It is tried again by itself (now|in \d+ s)\."))
    expect_good_data(trader)
    trader.goto(f"{team_of(trader)}keys/")
    market.heal()
    expect(card).to_contain_text("Up to date", timeout=A_MINUTE)
    expect(card).not_to_contain_text(sentence)


def test_a_revoked_key_stops_and_comes_back(trader: Page, market: Market) -> None:
    trader.goto(f"{team_of(trader)}keys/")
    card = card_of(trader, "Small desk")
    expect(card.locator(".key__state")).to_contain_text("Rejected", timeout=A_MINUTE)
    expect(card).to_contain_text("VPSBot Market does not accept this key (HTTP 403).")
    expect(card).to_contain_text("The trades read so far stay.")
    expect(card.locator(".sync__streams time").first).to_be_visible()
    expect_good_data(trader)
    concerns = trader.get_by_role("region", name="What needs attention")
    expect(concerns).to_contain_text("The market refuses the key Small desk")
    trader.goto(f"{team_of(trader)}keys/")
    market.restore(SMALL_KEY)
    card.get_by_role("button", name="Try again now").click()
    expect(card.locator(".key__state")).to_contain_text("Active")
    expect(card).to_contain_text("Up to date", timeout=A_MINUTE)


def sync_now(card: Locator) -> None:
    card.get_by_role("button", name="Sync now").click()
    expect(card.page.get_by_role("status")).to_contain_text("is synced now")


def expect_good_data(page: Page) -> None:
    """History and home show what was read before, and how old it is."""
    page.goto(f"{team_of(page)}history/")
    expect(page.locator("#history-count")).to_contain_text(re.compile(r"2,5\d\d trades"))
    expect(trades_shown(page).first).to_be_visible()
    open_home(page)
    assert sells_on_home(page) >= DESK_TRADES + SMALL_TRADES
    for mirror in mirrors_on_home(page).all():
        expect(mirror).to_contain_text(re.compile(r"last good answer (just now|\d+ \w+ ago)"))
