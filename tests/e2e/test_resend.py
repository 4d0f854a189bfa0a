"""A failed withdrawal at Mannco is sent again, before one's eyes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import card_of, expect_complete, open_keys, team_of, trades_shown

pytestmark = pytest.mark.e2e


def test_a_failed_withdrawal_is_sent_again(page: Page, sign_in: Callable[[Page], None]) -> None:
    sign_in(page)
    open_keys(page)
    expect_complete(card_of(page, "Mannco"))
    page.goto(f"{team_of(page)}history/?direction=withdrawal&status=-1")
    trades_shown(page).first.click()
    state = page.get_by_role("region", name="State")
    expect(state).to_contain_text("status -1")
    state.get_by_role("link", name="Send again").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Send this withdrawal again?")
    dialog.get_by_role("button", name="Send it again").click()
    expect(state).to_contain_text(re.compile(r"Sent again .* New code [A-Z0-9]{8}"))
    expect(state.get_by_role("link", name="Send again")).to_have_count(0)
    expect(state).to_contain_text("status 0")
    expect(state).to_contain_text("status 3", timeout=60_000)
