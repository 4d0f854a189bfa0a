"""Somebody new connects all three upstreams, sees one history, and is warned of a swapped offer."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.market import Market
from tests.e2e.people import card_of, expect_complete, reload_until, sign_up, team_of
from trades.sandbox.demo import DESK_KEY, MANNCO_KEY, STEAM_KEY

pytestmark = pytest.mark.e2e
THIEF = "76561198700000099"


def add(page: Page, market: str, secret_label: str, secret: str, label: str, **more: str) -> None:
    page.goto(f"{team_of(page)}keys/add/")
    form = page.locator("#key-form")
    form.get_by_role("link", name=market).click()
    expect(form.get_by_role("link", name=market)).to_have_attribute("aria-current", "true")
    form.get_by_label("Label").fill(label)
    form.get_by_label(secret_label).fill(secret)
    for name, value in more.items():
        form.get_by_label(name.replace("_", " ")).fill(value)
    form.get_by_role("button", name="Add the key").click()
    page.wait_for_url("**/keys/")


def test_all_three_are_one_desk_with_a_guard(page: Page, market: Market) -> None:
    sign_up(page)
    team = team_of(page)
    owner = market.steamid_of("desk")
    add(page, "VPSBot Market", "API key", DESK_KEY, "Sells")
    add(page, "Mannco.store", "API key", MANNCO_KEY, "Goods")
    add(page, "Steam", "Web API key or access token", STEAM_KEY, "Eyes",
        Steam_id_of_the_account=owner)  # fmt: skip
    expect_complete(card_of(page, "Sells"))
    expect_complete(card_of(page, "Goods"))

    page.goto(f"{team}history/?account=&direction=withdrawal")
    expect(page.get_by_role("region", name="Trades")).to_contain_text("Goods")
    page.goto(f"{team}history/?direction=sell")
    expect(page.get_by_role("region", name="Trades")).to_contain_text("Sells")

    market.plant_offer(owner, partner=THIEF, asset="20000000099", name="Revolution Case")
    told = f"{team}offers/?verdict=alarm&q={THIEF}"
    page.goto(told)
    reload_until(
        page, lambda: page.get_by_role("heading", name="You give 1, you get 0").count() > 0
    )
    page.goto(f"{team}sells/")
    warning = page.get_by_role("alert").filter(has_text="do not accept it")
    seen = warning.get_by_role("button", name="I have seen it")
    expect(seen.first).to_be_visible()
    alarms = seen.count()
    seen.first.click()
    expect(seen).to_have_count(alarms - 1)
