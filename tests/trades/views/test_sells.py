"""Sells: each card in words, what is unresolved on top, what differs loudly."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.models import UpstreamKey
from dashboard import clock
from tests.factories import (
    TRADE_LINK,
    TRADE_TOKEN,
    Cast,
    make_account,
    make_cast,
    make_draft,
    make_key,
    make_sell_request,
    make_trade,
)
from trades.models import SellDraft, SellRequest, SellState

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
MARKUP = "<img src=x onerror=alert(1)>"
REDLINE, ASIIMOV = "AK-47 | Redline (Field-Tested)", "AWP | Asiimov (Field-Tested)"
ITEMS = (
    {"name": REDLINE, "price_milli": 14_500, "floor_milli": 14_000},
    {"name": REDLINE, "price_milli": 14_500, "floor_milli": 14_000},
    {"name": ASIIMOV, "price_milli": 32_000},
)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def key(cast: Cast) -> UpstreamKey:
    account = make_account(team=cast.team, label="Main desk")
    return make_key(account=account, owner=cast.bob, trade_link=TRADE_LINK)


def page(client: Client, cast: Cast, person: str = "bob", query: str = "") -> str:
    client.force_login(getattr(cast, person))
    response = client.get(f"/t/harbour/sells/{query}")
    assert response.status_code == 200
    return unescape(response.content.decode())


def card(client: Client, cast: Cast, sell: SellRequest, person: str = "bob") -> str:
    client.force_login(getattr(cast, person))
    response = client.get(f"/t/harbour/sells/{sell.pk}/card/", headers=HTMX)
    assert response.status_code == 200
    return unescape(response.content.decode())


def own_page(client: Client, cast: Cast, sell: SellRequest, person: str = "bob") -> str:
    client.force_login(getattr(cast, person))
    response = client.get(f"/t/harbour/sells/{sell.pk}/")
    assert response.status_code == 200
    return unescape(response.content.decode())


def of_trade(key: UpstreamKey, **columns: Any) -> SellRequest:
    trade = make_trade(account=key.account, **columns)
    return make_sell_request(key=key, state=SellState.CREATED, trade=trade)


# -- in words --


@pytest.mark.parametrize(
    ("state", "columns", "words"),
    [
        (SellState.QUEUED, {}, ["Queued", "in a moment", "it expires"]),
        (
            SellState.QUEUED,
            {"reason": "VPSBot asks us to slow down (HTTP 429).", "due_at": clock.now()},
            ["could not be sent so far. VPSBot asks us to slow down", "tried again any moment"],
        ),
        (SellState.SENDING, {"last_sent_at": clock.now()}, ["Sending", "waited for up to 45 s"]),
        (SellState.CREATED, {}, ["Created", "prepares the Steam offer"]),
        (SellState.REFUSED, {"reason": "The key was rejected."}, ["Refused", "key was rejected"]),
        (SellState.EXPIRED, {}, ["Expired", "was not sent at all", "free again"]),
    ],
)
def test_each_state_is_told_in_words(
    client: Client, cast: Cast, key: UpstreamKey, state: SellState, columns: Any, words: list[str]
) -> None:
    html = card(client, cast, make_sell_request(key=key, state=state, **columns))
    assert [word for word in words if word not in html] == []


@pytest.mark.parametrize(
    ("status", "columns", "words"),
    [
        ("processing", {}, "prepares the Steam offer"),
        ("processing", {"offer_id": "5234567890"}, "accept it in Steam"),
        ("accepted", {}, "frozen until settlement"),
        ("completed", {}, "completed the trade"),
        ("cancelled", {"error": "Items gone"}, "Items gone"),
        ("rolled_back_by_bot", {}, "rolled back"),
        ("held_for_review", {}, "“held_for_review”"),
    ],
)
def test_then_the_trades_life_is_told(
    client: Client, cast: Cast, key: UpstreamKey, status: str, columns: Any, words: str
) -> None:
    assert words in card(client, cast, of_trade(key, status=status, **columns))


def test_it_tells_items_total_bot_offer_settlement_and_who_agreed(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    settles = clock.now() + timedelta(days=7)
    trade = make_trade(
        account=key.account, status="accepted", offer_id="5234567890", settles_at=settles
    )
    sell = make_sell_request(
        key=key, items=ITEMS, state=SellState.CREATED, trade=trade, bot_name="VPSBot #12",
        bot_steamid="76561198999999999",
    )  # fmt: skip
    for html in (page(client, cast), own_page(client, cast, sell)):
        for words in (
            f"{ASIIMOV} and 2 more", "2 × " + REDLINE, "$14.50 each", "$32.00", "$61.00",
            "VPSBot #12", "76561198999999999", f"{settles:%Y-%m-%d %H:%M}", "bob@example.com",
        ):  # fmt: skip
            assert words in html
        assert "/tradeoffer/5234567890/" in html


@pytest.mark.parametrize("offer_id", ["", "12/../evil", "javascript:1", "١٢٣", MARKUP])
def test_only_a_number_becomes_a_link_to_steam(
    client: Client, cast: Cast, key: UpstreamKey, offer_id: str
) -> None:
    html = card(client, cast, of_trade(key, status="processing", offer_id=offer_id))
    assert "tradeoffer" not in html


def test_the_offers_link_is_steams(
    client: Client, cast: Cast, key: UpstreamKey, settings: Settings
) -> None:
    settings.STEAM_COMMUNITY_URL = "https://steamcommunity.com/"
    html = card(client, cast, of_trade(key, status="processing", offer_id="5234567890"))
    address = "https://steamcommunity.com/tradeoffer/5234567890/"
    assert f'href="{address}" rel="noreferrer"' in html


def test_foreign_text_is_escaped_and_no_secret_shown(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    sell = make_sell_request(
        key=key, state=SellState.REFUSED, items=({"name": MARKUP},), market_text=MARKUP,
        bot_name=MARKUP, bot_steamid="7", reason=MARKUP, payload=b"the bytes that were sent",
    )  # fmt: skip
    client.force_login(cast.bob)
    for address in ("/t/harbour/sells/", f"/t/harbour/sells/{sell.pk}/"):
        html = client.get(address).content.decode()
        assert MARKUP not in html
        assert html.count("&lt;img src=x") >= 3
        assert TRADE_TOKEN not in html
        assert "the bytes that were sent" not in html


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"market_items_count": 2}, "agreed to sell 3 items, the market's receipt says 2 items"),
        ({"market_total_milli": 60_000}, "agreed to $61.00, the market's receipt says $60.00"),
    ],
)
def test_a_receipt_that_differs_is_said_loudly(
    client: Client, cast: Cast, key: UpstreamKey, columns: Any, words: str
) -> None:
    sell = make_sell_request(key=key, items=ITEMS, state=SellState.CREATED, **columns)
    html = card(client, cast, sell)
    assert words in html
    assert 'role="alert"' in html


def test_another_bot_than_the_receipts_is_said_loudly(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    trade = make_trade(account=key.account, status="processing", bot_steamid="76561198000000002")
    sell = make_sell_request(
        key=key, state=SellState.CREATED, trade=trade, bot_steamid="76561198000000001"
    )
    assert "the trade now names 76561198000000002" in card(client, cast, sell)


@pytest.mark.parametrize("told", [{}, {"market_items_count": 3, "market_total_milli": 61_000}])
def test_a_receipt_that_agrees_or_is_silent_is_not_remarked(
    client: Client, cast: Cast, key: UpstreamKey, told: Any
) -> None:
    sell = make_sell_request(key=key, items=ITEMS, state=SellState.CREATED, **told)
    assert "differs" not in card(client, cast, sell)


# -- unresolved --


def unresolved(key: UpstreamKey, **columns: Any) -> SellRequest:
    now = clock.now()
    told: dict[str, Any] = {
        "sends": 2, "answer_lost": True, "last_sent_at": now - timedelta(seconds=20),
        "state_at": now - timedelta(seconds=50), "due_at": now + timedelta(seconds=20),
    }  # fmt: skip
    return make_sell_request(key=key, state=SellState.UNKNOWN, **{**told, **columns})


def test_an_unresolved_sell_tells_since_when_and_what_happens_next(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    sell = unresolved(key, not_found_at=clock.now() - timedelta(seconds=5))
    assert sell.due_at
    assert sell.last_sent_at
    html = card(client, cast, sell)
    for words in (
        "Asking the market",
        f"Unresolved since {sell.state_at:%H:%M:%S}; sent twice, the last time at",
        f"Next look at {sell.due_at:%H:%M:%S}.",
        f"may be sent again at {sell.last_sent_at + timedelta(seconds=60):%H:%M:%S}",
        f"not know of it after {sell.last_sent_at + timedelta(seconds=600):%H:%M:%S}",
        "the market did not know of it; once proves nothing",
        "Your items stay reserved until the market answers.",
    ):
        assert words in html


def test_past_moments_are_not_told_as_coming(client: Client, cast: Cast, key: UpstreamKey) -> None:
    long_ago = clock.now() - timedelta(minutes=30)
    html = card(client, cast, unresolved(key, last_sent_at=long_ago, due_at=long_ago))
    assert "asked again any moment" in html
    assert "may be sent again" not in html
    assert "still does not know of it then" in html


@pytest.mark.parametrize("text", ["A trade with this custom_id already exists", "Internal error"])
def test_409_and_500_say_that_the_market_is_asked(
    client: Client, cast: Cast, key: UpstreamKey, text: str
) -> None:
    html = card(client, cast, unresolved(key, market_text=text))
    assert text in html
    assert "Nobody knows yet" in html
    assert "/again/" not in html


def test_the_unresolved_stand_on_top(client: Client, cast: Cast, key: UpstreamKey) -> None:
    old = unresolved(key, created_at=clock.now() - timedelta(days=2))
    new = make_sell_request(key=key)
    html = page(client, cast)
    assert "Unresolved: 1" in html
    assert html.index(f'id="sell-{old.pk}"') < html.index(f'id="sell-{new.pk}"')
    assert html.count(f'id="sell-{old.pk}"') == 1


# -- live --


def poll_address(html: str) -> str:
    return re.findall(r'hx-get="([^"]+seen=[^"]+)"', html)[0]


def test_a_card_asks_until_nothing_will_change(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    for state in (SellState.QUEUED, SellState.SENDING, SellState.UNKNOWN):
        assert 'hx-trigger="every 2s"' in card(
            client, cast, make_sell_request(key=key, state=state)
        )
    assert "hx-trigger" in card(client, cast, of_trade(key, status="accepted"))
    for ended in (
        make_sell_request(key=key, state=SellState.REFUSED),
        make_sell_request(key=key, state=SellState.EXPIRED),
        of_trade(key, status="completed"),
        of_trade(key, status="declined"),
    ):
        assert "hx-trigger" not in card(client, cast, ended)


@pytest.mark.parametrize("where", ["card", "page"])
def test_a_poll_that_shows_nothing_new_swaps_nothing(
    client: Client, cast: Cast, key: UpstreamKey, where: str
) -> None:
    sell = make_sell_request(key=key)
    shown = card(client, cast, sell) if where == "card" else own_page(client, cast, sell)
    poll = {**HTMX, "HX-Trigger": f"sell-age-{sell.pk}"}
    assert client.get(poll_address(shown), headers=poll).status_code == 204
    with clock.shifted(timedelta(minutes=5)):
        older = client.get(poll_address(shown), headers=poll)
    assert older.headers["HX-Retarget"] == f"#sell-age-{sell.pk}"
    assert "5 min ago" in older.content.decode()
    assert "Queued" not in older.content.decode()
    SellRequest.objects.update(state=SellState.SENDING)
    assert "Sending" in client.get(poll_address(shown), headers=poll).content.decode()


def test_without_script_a_card_is_the_sells_own_page(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    sell = make_sell_request(key=key)
    client.force_login(cast.victor)
    response = client.get(f"/t/harbour/sells/{sell.pk}/card/")
    assert response.headers["Location"] == f"/t/harbour/sells/{sell.pk}/"


# -- the list --


def test_an_empty_list_says_what_to_do_next(client: Client, cast: Cast) -> None:
    assert reverse("inventory", args=["harbour"]) + '">Open the inventory' in page(client, cast)
    assert "Open the inventory" not in page(client, cast, "victor")


def test_old_sells_are_paged(client: Client, cast: Cast, key: UpstreamKey) -> None:
    now = clock.now()
    sells = [
        make_sell_request(
            key=key, state=SellState.EXPIRED, created_at=now - timedelta(minutes=number // 2)
        )
        for number in range(45)
    ]
    unresolved(key)
    seen: list[str] = []
    query = ""
    for _ in range(3):
        html = page(client, cast, query=query)
        seen += re.findall(r'<article class="card sell" id="sell-(\d+)"', html)
        older = re.findall(r'href="[^"]*(\?page=[^"]+)" rel="next"', html)
        query = older[0] if older else ""
    assert query == ""
    assert sorted(map(int, seen)) == [sell.pk for sell in sells]
    assert "Unresolved" not in html


def test_a_bad_page_is_the_first(client: Client, cast: Cast, key: UpstreamKey) -> None:
    sell = make_sell_request(key=key)
    assert f'id="sell-{sell.pk}"' in page(client, cast, query="?page=nonsense")


def test_the_number_of_questions_does_not_grow(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            page(client, cast)
        return len(asked)

    def one_of_each() -> None:
        unresolved(key)
        make_sell_request(
            key=key, items=ITEMS, state=SellState.REFUSED, market_text="Buyer mismatch"
        )
        of_trade(key, status="accepted")

    one_of_each()
    page(client, cast)  # signing in asks questions of its own
    before = questions()
    for _ in range(4):
        one_of_each()
    assert questions() == before


def test_another_teams_sells_are_not_there(client: Client, cast: Cast) -> None:
    foreign = make_sell_request(
        key=make_key(account=make_account(team=cast.others), trade_link=TRADE_LINK)
    )
    assert f"sell-{foreign.pk}" not in page(client, cast)
    for name in ("sell", "sell-card"):
        assert client.get(reverse(name, args=["harbour", foreign.pk])).status_code == 404
    for name in ("sell-again", "sell-free"):
        client.force_login(cast.alice)
        assert client.post(reverse(name, args=["harbour", foreign.pk])).status_code == 404


def test_a_persons_own_selections_wait_at_the_top(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    mine = make_draft(key=key, by=cast.bob)
    make_draft(key=key, by=cast.maria)
    make_draft(key=key, by=cast.bob, state=SellDraft.State.SOLD)
    make_draft(key=key, by=cast.bob, created_at=clock.now() - timedelta(days=2))
    html = page(client, cast)
    assert re.findall(r'id="draft-(\d+)"', html) == [str(mine.pk)]
    assert "1 item of CS2" in html
