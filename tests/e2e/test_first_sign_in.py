"""What somebody sees who types the printed login."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e


def test_the_printed_login_opens_the_teams_home(
    page: Page, sign_in: Callable[[Page], None]
) -> None:
    sign_in(page)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("Demo desk").first).to_be_visible()


def test_a_violation_of_the_content_policy_is_noticed(page: Page, violations: list[str]) -> None:
    page.goto("/accounts/login/")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<i style=\"top:0\">x</i>')")
    page.wait_for_timeout(50)
    assert violations
    violations.clear()
