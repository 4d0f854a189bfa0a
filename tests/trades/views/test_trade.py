import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

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
from trades.models import SellItem, SellState, StatusChange, Trade, TradeRaw

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]

MARKUP = "<img src=x onerror=alert(1)>"
HTMX = {"HX-Request": "true"}
POLL = {**HTMX, "HX-Trigger": "trade-state"}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def victor(cast: Cast, client: Client) -> Client:
    client.force_login(cast.victor)
    return client


def url_of(trade: Trade) -> str:
    return f"/t/harbour/trades/{trade.pk}/"


def text_of(client: Client, trade: Trade, **headers: str) -> str:
    response = client.get(url_of(trade), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def poll_url(html: str) -> str:
    return unescape(re.findall(r'hx-get="([^"]+seen=[^"]+)"', html)[0])


def test_anonymous_people_are_sent_to_sign_in(cast: Cast, client: Client) -> None:
    assert client.get(url_of(make_trade(team=cast.team))).status_code == 302


def test_a_stranger_meets_a_404(cast: Cast, client: Client) -> None:
    client.force_login(cast.charlie)
    trade = make_trade(team=cast.team)
    assert client.get(url_of(trade)).status_code == 404
    assert client.get(f"/t/elsewhere/trades/{trade.pk}/").status_code == 404


def test_a_viewer_may_read_and_nobody_may_post(cast: Cast, victor: Client) -> None:
    trade = make_trade(team=cast.team)
    assert victor.get(url_of(trade)).status_code == 200
    assert victor.post(url_of(trade)).status_code == 405


def test_another_teams_trade_is_not_there(cast: Cast, victor: Client) -> None:
    assert victor.get(url_of(make_trade(team=cast.others))).status_code == 404


@pytest.mark.parametrize("pk", ["0", "9" * 18, "9" * 40, "9" * 4000])
def test_an_id_beyond_all_columns_is_not_there(victor: Client, pk: str) -> None:
    assert victor.get(f"/t/harbour/trades/{pk}/").status_code == 404


def test_it_tells_everything_that_is_known(cast: Cast, victor: Client) -> None:
    trade = make_trade(
        account=make_account(team=cast.team, label="Main desk"),
        status="declined",
        summary="DeclinedBySeller",
        steam_status=6,
        upstream_id="a1b2-c3",
        custom_id="order-001",
        offer_id="5234567890",
        steam_trade_id="4012345678_76561198012345678",
        bot_steamid="76561198000000001",
        bot_name="VPSBot #5",
        partner_steamid="76561198000000002",
        error="Items are no longer there",
        value_milli=14_500,
        items=({"name": "★ Karambit | Doppler (Factory New)", "asset_id": "30000000001"}, {}),
    )
    html = text_of(victor, trade)
    for words in (
        "★ Karambit | Doppler (Factory New) and 1 more", "unnamed item", "30000000001", "declined",
        "Failed on the buyer&#x27;s side.", "DeclinedBySeller", "Canceled (6)", "$14.50",
        "from our own sell", "Items are no longer there", "VPSBot #5", "Main desk",
    ):  # fmt: skip
        assert words in html
    for value in ("a1b2-c3", "order-001", "5234567890", "4012345678_76561198012345678",
                  "76561198000000001", "76561198000000002"):  # fmt: skip
        assert f'data-copy="{value}"' in html


def test_an_own_sell_shows_what_was_agreed_for_each_item(cast: Cast, victor: Client) -> None:
    account = make_account(team=cast.team)
    items = [{"name": "Case", "asset_id": "71"}, {"name": "Key", "asset_id": "72"}]
    trade = make_trade(account=account, value_milli=17_005, items=items)
    key = make_key(account=account, trade_link=TRADE_LINK)
    priced = [{"name": "Case", "price_milli": 14_500}, {"name": "Key", "price_milli": 2_505}]
    request = make_sell_request(key=key, state=SellState.CREATED, trade=trade, items=priced)
    for item, asset in zip(request.items.order_by("id"), ("71", "72"), strict=True):
        SellItem.objects.filter(pk=item.pk).update(asset_id=asset)
    html = text_of(victor, trade)
    assert re.findall(r'strong">([^<]+)</span> as agreed', html) == ["$14.50", "$2.505"]
    assert "from our own sell" in html


def test_what_is_not_known_is_said(cast: Cast, victor: Client) -> None:
    trade = make_trade(team=cast.team, status="held_for_review", steam_status=99, items=())
    html = text_of(victor, trade)
    assert "do not name this status" in html
    assert ">99<" in html
    assert "name no price" in html
    assert "$" not in html
    assert "named no items" in html


def test_foreign_text_is_escaped(cast: Cast, victor: Client) -> None:
    trade = make_trade(
        team=cast.team, status=MARKUP, summary=MARKUP, bot_name=MARKUP, error=MARKUP,
        custom_id=MARKUP, offer_id=MARKUP, steam_trade_id=MARKUP, upstream_id=MARKUP,
        items=({"name": MARKUP, "asset_id": MARKUP},), raw=f'{{"a": "{MARKUP}"}}'.encode(),
    )  # fmt: skip
    StatusChange.objects.create(
        trade=trade, seen_at=trade.sort_at, status_before=MARKUP, status_after=MARKUP,
        summary_before=MARKUP, summary_after=MARKUP,
    )  # fmt: skip
    html = text_of(victor, trade)
    assert MARKUP not in html
    assert html.count("&lt;img src=x") >= 14


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"a":{"b":"\xe2\x98\x85"}}', "{\n  &quot;a&quot;: {\n    &quot;b&quot;: &quot;★&quot;"),
        (b"not json", "not json"),
        (b'"\\ud800"', "&quot;\\ud800&quot;"),
        (b"\xff\xfe", "��"),
        (b"[" * 5000, "[[["),
    ],
)
def test_the_answer_is_shown_indented_or_as_it_came(
    cast: Cast, victor: Client, raw: bytes, expected: str
) -> None:
    assert expected in text_of(victor, make_trade(team=cast.team, raw=raw))


@pytest.mark.parametrize("packed", [b"", b"no answer", b"x no zlib", b"\x01 no zstd", None])
def test_an_answer_that_cannot_be_unpacked_breaks_nothing(
    cast: Cast, victor: Client, packed: bytes | None
) -> None:
    trade = make_trade(team=cast.team)
    raw = TradeRaw.objects.filter(trade=trade)
    raw.delete() if packed is None else raw.update(packed=packed)
    assert "No answer is stored." in text_of(victor, trade)


def test_the_history_of_statuses_stands_newest_first(cast: Cast, victor: Client) -> None:
    trade = make_trade(team=cast.team, status="completed", summary="Accepted", steam_status=3)
    for minute, before, after in ((5, "processing", "accepted"), (9, "accepted", "completed")):
        StatusChange.objects.create(
            trade=trade,
            seen_at=trade.first_seen_at + timedelta(minutes=minute),
            upstream_at=trade.first_seen_at,
            status_before=before,
            status_after=after,
            summary_before="InProgress",
            summary_after="Accepted",
            steam_status_before=2,
            steam_status_after=3,
        )
    html = text_of(victor, trade)
    steps = re.findall(r'strong mono">(\w+)</span> <span class="muted">([^<]+)<', html)
    assert steps == [
        ("completed", "Accepted · Steam: Accepted (3)"),
        ("accepted", "Accepted · Steam: Accepted (3)"),
        ("processing", "InProgress · Steam: Active (2)"),
    ]


@pytest.mark.parametrize(
    ("settles_in", "sentence"),
    [
        (timedelta(days=3, hours=2), "Becomes free in 3 d"),
        (-timedelta(hours=2), "Passed 2 h ago; the market has not confirmed it yet."),
        (None, "The money is frozen and no day is given."),
    ],
)
def test_frozen_money_says_when_it_becomes_free(
    cast: Cast, victor: Client, settles_in: timedelta | None, sentence: str
) -> None:
    at = clock.now() + settles_in + timedelta(seconds=30) if settles_in else None
    if settles_in and settles_in < timedelta():
        at = clock.now() + settles_in - timedelta(seconds=30)
    trade = make_trade(team=cast.team, status="accepted", settles_at=at)
    assert sentence in text_of(victor, trade)


@pytest.mark.parametrize(
    ("status", "watches"),
    [("processing", True), ("accepted", True), ("never_heard_of", True), ("completed", False),
     ("declined", False), ("rolled_back_by_bot", False)],
)  # fmt: skip
def test_it_watches_until_the_trade_is_final(
    cast: Cast, victor: Client, status: str, watches: bool
) -> None:
    html = text_of(victor, make_trade(team=cast.team, status=status))
    assert ("every 2s" in html) is watches


def test_a_poll_shows_the_change_and_then_stops(cast: Cast, victor: Client) -> None:
    trade = make_trade(team=cast.team, status="processing")
    url = poll_url(text_of(victor, trade))
    assert victor.get(url, headers=POLL).status_code == 204
    Trade.objects.filter(pk=trade.pk).update(status="completed", phase="done")
    answer = victor.get(url, headers=POLL)
    html = answer.content.decode()
    assert html.strip().startswith('<div class="stack stack--l" id="trade-state"')
    assert "completed" in html
    assert "hx-get" not in html


def test_the_fragment_is_the_pages_own_part(cast: Cast, victor: Client) -> None:
    trade = make_trade(team=cast.team, status="processing")
    page, fragment = text_of(victor, trade), text_of(victor, trade, **HTMX)
    assert "<html" not in fragment
    assert " ".join(fragment.split()) in " ".join(page.split())


def test_times_are_the_persons_own(cast: Cast, victor: Client) -> None:
    cast.victor.time_zone = "Asia/Tokyo"
    cast.victor.save(update_fields=["time_zone"])
    at = datetime(2026, 11, 9, 23, 30, tzinfo=UTC)
    html = text_of(victor, make_trade(team=cast.team, created_at=at))
    assert "created 2026-11-10 08:30" in html


def test_an_item_without_a_picture_gets_its_letters(cast: Cast, victor: Client) -> None:
    names = ("AK-47 | Redline (Field-Tested)", "★ Karambit | Doppler", "Mann Co. Key", "★", "龍")
    trade = make_trade(team=cast.team, items=[{"name": name} for name in names])
    letters = re.findall(r'text-anchor="middle">([^<]+)<', text_of(victor, trade))
    assert letters == ["AK", "KD", "MC", "?", "龍"]


def test_the_query_count_does_not_grow(
    cast: Cast, victor: Client, django_assert_max_num_queries: Any
) -> None:
    trade = make_trade(team=cast.team, items=[{"name": str(n)} for n in range(250)])
    text_of(victor, trade)
    with django_assert_max_num_queries(12):
        html = text_of(victor, trade)
    assert html.count('class="media"') == 200
    assert "and 50 more" in html


def test_trades_with_custom_ids_beside_it_are_linked(cast: Cast, client: Client) -> None:
    account = make_account(team=cast.team)
    names = ("order-17-a", "order-17-b", "order-17-c", "other", "order-16")
    made = {name: make_trade(account=account, custom_id=name) for name in names}
    make_trade(team=cast.others, custom_id="order-17-bb")
    client.force_login(cast.victor)
    page = client.get(f"/t/harbour/trades/{made['order-17-b'].pk}/").content.decode()
    assert re.findall(r'id="near-\d+"[^>]*>([^<]+)<', page) == [
        "order-16", "order-17-a", "order-17-c"
    ]  # fmt: skip
    page = client.get(f"/t/harbour/trades/{made['other'].pk}/").content.decode()
    assert "Beside it by custom id" not in page
