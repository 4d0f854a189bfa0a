"""Somebody new: a desk of their own, and a password that was forgotten."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import sign_in_as, sign_up
from tests.servers.product import Product

pytestmark = pytest.mark.e2e
NEW_PASSWORD = "another long and quiet phrase"


def test_sign_up_leads_to_the_first_key(page: Page) -> None:
    sign_up(page)
    empty = page.get_by_role("main")
    expect(empty.get_by_role("heading", name="Start with a key")).to_be_visible()
    empty.get_by_role("link", name="Add a key").click()
    expect(page.get_by_role("heading", level=1, name="Add a key")).to_be_visible()
    expect(page.get_by_label("API key")).to_be_editable()


def test_a_forgotten_password_is_replaced_by_the_mailed_link(
    new_page: Callable[..., Page], running_product: Product
) -> None:
    email = sign_up(new_page())
    page = new_page()
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Forgot").click()
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(mailed_link(running_product, email))
    page.get_by_label("New Password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New Password (again)").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Store the password").click()
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()
    sign_in_as(page, email, NEW_PASSWORD)


def mailed_link(product: Product, email: str) -> str:
    """The link in the last mail to this address, which the web's log holds."""
    log = product.data_dir / "logs" / "web.log"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        _, _, mail = log.read_text(errors="replace").rpartition(f"To: {email}")
        found = re.search(r"http://\S+/accounts/password/reset/key/\S+", mail)
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(log.read_text(errors="replace"))
