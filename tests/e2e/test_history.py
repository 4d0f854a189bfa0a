"""The history under a person's hands: filter, keys, columns, a saved view, any id found."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.e2e.people import team_of

pytestmark = pytest.mark.e2e


def test_filtering_moving_saving_and_finding(
    new_page: Callable[..., Page], demo_session: StorageState
) -> None:
    page = new_page(storage_state=demo_session, viewport={"width": 1440, "height": 900})
    page.goto("/")
    team = team_of(page)
    settled = datetime.now(UTC).date() - timedelta(days=30)  # nothing arrives above these
    page.goto(f"{team}history/?until={settled}")
    expect(page.locator("#history-count")).to_contain_text("trades")
    rows = page.locator("#trade-table a[id^=trade-]")
    expect(rows.nth(5)).to_be_visible()
    focused = page.locator("#trade-table a[id^=trade-]:focus")
    page.keyboard.press("j")
    expect(focused).to_have_count(1)
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/trades/*/")
    page.go_back()
    page.keyboard.press("?")
    expect(page.locator("#history-keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#filter-game-any summary").click()
    page.get_by_role("checkbox", name="CS2").check()
    expect(page.locator("#filter-game-on")).to_have_text("CS2")
    expect(page.locator("a.chip").first).to_contain_text("CS2")
    page.get_by_role("link", name="Save view").click()
    page.get_by_label("Name", exact=True).fill("Only CS2")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#history-count")).to_contain_text("trades")
    address = rows.nth(0).get_attribute("href")
    page.keyboard.press("/")
    expect(page.locator("#filter-q")).to_be_focused()
    page.goto(str(address))
    custom = page.locator("#copy-1").get_attribute("data-copy")
    page.locator("#find").fill(str(custom))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")
