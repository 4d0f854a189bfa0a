"""The panels of home: fragments and pages of their own, bounded to a year."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import MarketAccount
from dashboard import clock
from tests.factories import (
    TRADE_LINK,
    Cast,
    make_account,
    make_cast,
    make_key,
    make_sell_request,
    make_trade,
)
from trades.models import SellState, StatusChange
from trades.views.home_panels import PANELS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]

MARKUP = "<b>bold</b>"
HTMX = {"HX-Request": "true"}
ROW = re.compile(r'<td class="panel__name">(?:<a href="([^"]+)">)?([^<]*)(?:</a>)?</td>(.*?)</tr>')


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def account(cast: Cast) -> MarketAccount:
    return make_account(team=cast.team)


@pytest.fixture
def victor(cast: Cast, client: Client) -> Client:
    client.force_login(cast.victor)
    return client


def panel(client: Client, name: str, query: str = "", **headers: str) -> str:
    response = client.get(f"/t/harbour/panels/{name}/{query}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def rows(html: str) -> dict[str, tuple[str, list[str]]]:
    """Name -> (address, cells)."""
    return {
        unescape(name): (unescape(url), re.findall(r"<td[^>]*>([^<]*)</td>", cells))
        for url, name, cells in ROW.findall(html)
    }


def listed(client: Client, url: str) -> int:
    return len(re.findall(r'id="trade-\d+"', client.get(url).content.decode()))


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_is_a_page_and_a_fragment_and_empty_at_first(
    victor: Client, account: MarketAccount, name: str
) -> None:
    page, fragment = panel(victor, name), panel(victor, name, "?period=7d", **HTMX)
    assert "<html" in page
    assert fragment.strip().startswith(f'<section class="card" id="panel-{name}"')
    assert f'href="/t/harbour/panels/{name}/?period=7d"' in page
    assert "unknown" in page if name == "times" else "No" in page


def test_there_is_no_other_panel(victor: Client) -> None:
    assert victor.get("/t/harbour/panels/nothing/").status_code == 404


def test_bots_and_reasons_equal_their_lists(victor: Client, account: MarketAccount) -> None:
    now = clock.now()
    for place, status in enumerate(("completed", "accepted", "declined", "declined", "cancelled")):
        make_trade(
            account=account, created_at=now, status=status, bot_steamid="7656", bot_name="Bot #1",
            error=("", "", "Too late", "Too late today", MARKUP)[place],
        )  # fmt: skip
    make_trade(account=account, created_at=now, bot_name="Nameless")
    make_trade(account=account, created_at=now)
    make_trade(account=account, created_at=now, direction="purchase", bot_steamid="7656")
    bots = rows(panel(victor, "bots"))
    assert bots["Bot #1"][1] == ["5", "40%", "25%", "0", "unknown"]
    assert bots["no bot named"][1] == ["1", "100%", "100%", "0", "unknown"]
    reasons = rows(panel(victor, "reasons"))
    assert reasons["Too late today"][1] == ["declined", "1"]
    assert reasons[MARKUP][1] == ["cancelled", "1"]
    for url, cells in [*bots.values(), *reasons.values()]:
        count = next(cell for cell in cells if cell.isdigit())
        assert listed(victor, url) == int(count), url
    assert MARKUP not in panel(victor, "reasons")


def test_items_are_counted_in_pieces_and_in_sells(victor: Client, account: MarketAccount) -> None:
    now = clock.now()
    for items in ([{"name": "Key"}, {"name": "Key", "amount": 2}], [{"name": "Case"}]):
        make_trade(account=account, created_at=now, items=items)
    make_trade(account=account, created_at=now, status="declined", items=[{"name": "Lost"}])
    found = rows(panel(victor, "items"))
    assert {name: cells for name, (_, cells) in found.items()} == {
        "Key": ["3", "1"], "Case": ["1", "1"],
    }  # fmt: skip
    assert listed(victor, found["Key"][0]) == 1


def test_times_are_measured_where_both_moments_are_known(
    victor: Client, account: MarketAccount
) -> None:
    now = clock.now()
    for minutes in range(1, 11):
        trade = make_trade(account=account, created_at=now - timedelta(days=9))
        accepted = trade.sort_at + timedelta(minutes=minutes)
        step(trade, accepted, "processing", "accepted")
        step(trade, accepted + timedelta(days=7, hours=minutes), "accepted", "completed")
    step(make_trade(account=account, created_at=now), None, "processing", "accepted")
    found = {name: cells for name, (_, cells) in rows(panel(victor, "times")).items()}
    assert found == {
        "Sold here: from your yes to accepted": ["unknown", "unknown", "0 sells"],
        "Sold here: from your yes to settled": ["unknown", "unknown", "0 sells"],
        "Sold elsewhere: from created to accepted": ["5 min", "9 min", "10 sells"],
        "All: from accepted to settled": ["7 d 5 h", "7 d 9 h", "10 sells"],
    }


def test_an_own_sell_is_timed_from_its_yes(victor: Client, account: MarketAccount) -> None:
    key, yes = make_key(account=account, trade_link=TRADE_LINK), clock.now() - timedelta(days=9)
    trade = make_trade(account=account, created_at=yes + timedelta(minutes=2))
    make_sell_request(key=key, state=SellState.CREATED, created_at=yes, trade=trade)
    accepted = yes + timedelta(minutes=7)
    step(trade, accepted, "processing", "accepted")
    step(trade, accepted + timedelta(minutes=3), "processing", "accepted")  # told twice
    step(trade, accepted + timedelta(days=7), "accepted", "completed")
    before = make_trade(account=account, created_at=yes)
    make_sell_request(key=key, state=SellState.CREATED, created_at=yes, trade=before)
    step(before, yes - timedelta(seconds=1), "processing", "accepted")  # the clocks disagree
    found = {name: cells for name, (_, cells) in rows(panel(victor, "times")).items()}
    assert found == {
        "Sold here: from your yes to accepted": ["7 min", "7 min", "1 sell"],
        "Sold here: from your yes to settled": ["7 d 0 h", "7 d 0 h", "1 sell"],
        "Sold elsewhere: from created to accepted": ["unknown", "unknown", "0 sells"],
        "All: from accepted to settled": ["7 d 0 h", "7 d 0 h", "1 sell"],
    }


def step(trade: Any, at: Any, before: str, after: str) -> None:
    StatusChange.objects.create(
        trade=trade, seen_at=clock.now(), upstream_at=at, status_before=before, status_after=after
    )


def test_what_can_be_rolled_back_stands_by_bot_game_and_day(
    victor: Client, account: MarketAccount
) -> None:
    now = clock.now()
    for days, value in ((1, 5_000), (3, 7_000), (3, None)):
        make_trade(account=account, created_at=now - timedelta(days=400), status="accepted",
                   bot_name="Bot #1", value_milli=value,
                   settles_at=now + timedelta(days=days))  # fmt: skip
    for status in ("completed", "completed", "completed", "rolled_back_by_user"):
        make_trade(account=account, created_at=now, status=status, bot_name="Bot #1")
    found = rows(panel(victor, "exposure"))
    assert found["Bot #1"][1] == ["3", "$12.00, unknown for 1", "25% of 4"]
    assert found["CS2"][1] == ["3", "$12.00, unknown for 1", "25% of 4"]
    assert found["tomorrow"][1] == ["3", "$12.00, unknown for 1"]
    for name in ("Bot #1", "CS2"):
        assert listed(victor, found[name][0]) == 3


def test_a_long_period_is_read_in_its_last_year(victor: Client, account: MarketAccount) -> None:
    for days in (1, 364, 368):
        make_trade(account=account, created_at=clock.now() - timedelta(days=days), bot_name="Bot")
    html = panel(victor, "bots", "?period=all")
    assert rows(html)["Bot"][1][0] == "2"
    assert "the last year of it" in html


@pytest.mark.parametrize("name", PANELS)
def test_the_query_count_of_a_panel_does_not_grow(
    victor: Client, account: MarketAccount, django_assert_max_num_queries: Any, name: str
) -> None:
    for number in range(6):
        make_trade(account=account, created_at=clock.now(), bot_name=f"Bot {number}",
                   status=["accepted", "completed", "declined"][number % 3], error=f"E{number}",
                   items=[{"name": f"Item {number}"}])  # fmt: skip
    with django_assert_max_num_queries(14):
        panel(victor, name)
