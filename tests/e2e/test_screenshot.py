"""The README's picture of home; `docs/operations.md` tells how to take it anew."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.environment import BASE_DIR
from tests.e2e.market import Market
from tests.e2e.people import add_key, card_of, expect_complete, mirrors_on_home, team_of
from trades.sandbox.demo import SECOND_KEY

PICTURE = os.environ.get("PICTURE", "")
LARGEST = 300_000  # bytes
SIZE = {"width": 1440, "height": 1000}  # pixels
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not PICTURE, reason="PICTURE names no file to write"),
]


def test_picture_of_home(
    new_page: Callable[..., Page], sign_in: Callable[[Page], None], market: Market
) -> None:
    market.turn(trickle=False)
    page = new_page(viewport=SIZE, color_scheme="light")
    sign_in(page)
    add_key(page, SECOND_KEY, "Second desk")
    for card in ("Demo key", "Second desk", "Mannco"):
        expect_complete(card_of(page, card))
        expect(card_of(page, card)).not_to_contain_text("starts soon", timeout=60_000)
    page.goto(team_of(page))
    expect(page.locator("#home-figures")).not_to_contain_text("so far")
    expect(mirrors_on_home(page).locator(".is-good")).to_have_count(3)
    path = Path(BASE_DIR) / PICTURE
    page.screenshot(path=path)
    assert path.stat().st_size < LARGEST
