"""What people do on the pages, in the words that the pages show them."""

import re
import time
from collections.abc import Callable
from itertools import count

from playwright.sync_api import Locator, Page, expect

PASSWORD = "a long and quiet pass phrase"
SECONDS = 120.0
_numbers = count(1)


def sign_in_as(page: Page, email: str, password: str) -> None:
    fill_sign_in(page, email, password)
    page.wait_for_url("**/t/*/")


def fill_sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()


def sign_up(page: Page) -> str:
    """Somebody new, who then sees the desk of their own; returns the address."""
    email = f"person{next(_numbers)}-{time.time_ns()}@sellside.example"
    page.goto("/accounts/signup/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    page.wait_for_url("**/t/*/")
    return email


def add_key(page: Page, secret: str, label: str) -> None:
    """By the form page; the keys page follows."""
    page.goto(f"{team_of(page)}keys/add/")
    fill_key_form(page.locator("#key-form"), secret, label)
    page.wait_for_url("**/keys/")


def fill_key_form(form: Locator, secret: str, label: str) -> None:
    form.get_by_label("Label").fill(label)
    form.get_by_label("API key").fill(secret)
    form.get_by_role("button", name="Add the key").click()


def team_of(page: Page) -> str:
    """The address of the team whose page is open, with a slash at its end."""
    found = re.match(r".*/t/[^/]+/", page.url)
    assert found, page.url
    return found[0]


def open_keys(page: Page) -> None:
    """By the bar of pages, which has room for a shorter name in a narrow window."""
    pages = page.get_by_role("navigation", name="Pages")
    pages.get_by_role("link", name=re.compile("^Keys")).click()


def card_of(page: Page, label: str) -> Locator:
    """The account's card on the keys page."""
    return page.get_by_role("article", name=label, exact=True)


def open_home(page: Page) -> None:
    """With the figures of all time."""
    page.goto(f"{team_of(page)}?period=all")


def sells_on_home(page: Page) -> int:
    """The number on the tile of all sells."""
    tiles = page.get_by_role("region", name="Sells of the period").get_by_role("link")
    tile = tiles.filter(has=page.get_by_text(re.compile(r"^Sells( so far)?$")))
    return int(tile.locator(".tile__value").inner_text().replace(",", ""))


def mirrors_on_home(page: Page) -> Locator:
    """One a mirrored account."""
    return page.get_by_role("region", name="The mirror").get_by_role("listitem")


def trades_shown(page: Page) -> Locator:
    """The links to the trades that the open page of the history lists."""
    return page.get_by_role("region", name="Trades").get_by_role("cell").get_by_role("link")


def tick(page: Page, field: str, option: str) -> None:
    """In the history's filter, whose rarer fields are folded away, each with a list of boxes."""
    boxes = page.locator("summary").and_(page.get_by_label(field, exact=True))
    if not boxes.is_visible():
        page.locator("summary", has_text="More filters").click()
    boxes.click()
    page.get_by_role("group", name=field, exact=True).get_by_label(option, exact=True).check()


def reload_until(page: Page, is_so: Callable[[], bool]) -> None:
    """For what a page without script cannot show by itself."""
    deadline = time.monotonic() + SECONDS
    while not is_so() and time.monotonic() < deadline:
        page.wait_for_timeout(250)
        page.reload()
    assert is_so()


def expect_complete(card: Locator) -> None:
    expect(card).to_contain_text(re.compile(r"complete, [\d,]+ trades"), timeout=SECONDS * 1000)
