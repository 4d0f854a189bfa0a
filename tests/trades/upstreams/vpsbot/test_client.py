"""Every endpoint and every parameter of the two seed pages, as they go over the wire."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.trades.upstreams.vpsbot.market import KEY, Market, client, good
from tests.trades.upstreams.vpsbot.rows import TRADE, TRADE_ID
from trades.upstreams.errors import Refused
from trades.upstreams.records import MatchAsk, SellAsk, SellTradeQuery, TradeQuery, TradeRecord
from trades.upstreams.vpsbot.client import VpsbotClient
from trades.upstreams.vpsbot.sell import create_payload

EMPTY_PAGE = good({"trades": [], "total": 0, "limit": 50, "offset": 0})
START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
SELL = {
    "custom_id": "sell-001",
    "buyer_id": "76561198012345678",
    "tradelink": "https://steamcommunity.com/tradeoffer/new/?partner=1&token=aB3-_xYz",
    "game_id": 730,
}
ITEMS = [
    SellAsk("38291847562", "AK-47 | Redline (Field-Tested)", 14500),
    SellAsk("27461938274", "★ Karambit | Fade", 32000, "16"),
]


def parameters(market: Market) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(market.asked[1]).query, keep_blank_values=True))


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        (TradeQuery(), {}),
        (TradeQuery(start=START), {"start_date": "2026-01-01T00:00:00Z"}),
        (TradeQuery(end=END), {"end_date": "2026-01-31T23:59:59Z"}),
        (TradeQuery(trade_ids=["a", "b"]), {"trade_ids": "a,b"}),
        (TradeQuery(steam_trade_ids=["1_2"]), {"steam_trade_ids": "1_2"}),
        (TradeQuery(steam_trade_offer_ids=("1", "2")), {"steam_trade_offer_ids": "1,2"}),
        (TradeQuery(custom_ids=["a&b", " c ", ""]), {"custom_ids": "a&b,c"}),
        (TradeQuery(limit=2000, offset=0), {"limit": "2000", "offset": "0"}),
    ],
)
def test_trades_sends_what_is_asked(query: TradeQuery, sent: dict[str, str]) -> None:
    market = Market(json=EMPTY_PAGE)
    with client(market) as opened:
        opened.trades(query)
    assert market.asked[0] == "GET"
    assert market.asked[1].partition("?")[0] == "/api/trades"
    assert parameters(market) == sent


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        (SellTradeQuery(), {}),
        (SellTradeQuery(game_id=730), {"game_id": "730"}),
        (SellTradeQuery(status="accepted"), {"status": "accepted"}),
        (SellTradeQuery(date_from=START), {"date_from": "2026-01-01T00:00:00Z"}),
        (SellTradeQuery(date_to=END), {"date_to": "2026-01-31T23:59:59Z"}),
        (SellTradeQuery(price_min_milli=0), {"price_min": "0"}),
        (SellTradeQuery(price_max_milli=14500), {"price_max": "14500"}),
        (SellTradeQuery(custom_id="50%_off"), {"custom_id": "50%_off"}),
        (SellTradeQuery(custom_ids=["a", "b"]), {"custom_ids": "a,b"}),
        (SellTradeQuery(trade_ids=["a"]), {"trade_ids": "a"}),
        (SellTradeQuery(steam_trade_offer_ids=["1"]), {"steam_trade_offer_ids": "1"}),
        (SellTradeQuery(steam_trade_ids=["1_2"]), {"steam_trade_ids": "1_2"}),
        (SellTradeQuery(sort_by="purchase_price"), {"sort_by": "purchase_price"}),
        (SellTradeQuery(sort_direction="asc"), {"sort_direction": "asc"}),
        (SellTradeQuery(limit=1, offset=7), {"limit": "1", "offset": "7"}),
    ],
)
def test_sell_trades_sends_what_is_asked(query: SellTradeQuery, sent: dict[str, str]) -> None:
    market = Market(json=EMPTY_PAGE)
    with client(market) as opened:
        opened.sell_trades(query)
    assert market.asked[1].partition("?")[0] == "/api/sell/trades"
    assert parameters(market) == sent


@pytest.mark.parametrize(
    ("moment", "sent"),
    [
        (START, "2026-01-01T00:00:00Z"),
        (START.replace(microsecond=123000), "2026-01-01T00:00:00.123Z"),
        (START.replace(microsecond=123456), "2026-01-01T00:00:00.123456Z"),
        (START.astimezone(timezone(timedelta(hours=2))), "2026-01-01T00:00:00Z"),
    ],
)
def test_a_bound_is_sent_without_moving(moment: datetime, sent: str) -> None:
    market = Market(json=EMPTY_PAGE)
    with client(market) as opened:
        opened.trades(TradeQuery(start=moment))
    assert parameters(market) == {"start_date": sent}


def test_a_bound_without_a_zone_is_our_mistake() -> None:
    with client(Market(json=EMPTY_PAGE)) as opened, pytest.raises(ValueError, match="zone"):
        opened.trades(TradeQuery(start=START.replace(tzinfo=None)))


@pytest.mark.parametrize(
    "query", [TradeQuery(trade_ids=[""]), TradeQuery(custom_ids=[" ", ""], limit=1)]
)
def test_blank_ids_never_ask_for_everything(query: TradeQuery) -> None:
    market = Market(json=EMPTY_PAGE)
    with client(market) as opened, pytest.raises(Refused):
        opened.trades(query)
    assert market.requests == []


@pytest.mark.parametrize(
    ("game_id", "target"),
    [
        (None, "/api/sell/trades/dashboard"),
        (570, "/api/sell/trades/dashboard?game_id=570"),
    ],
)
def test_statistics(game_id: int | None, target: str) -> None:
    market = Market(json=good({"total_transactions": 3}))
    with client(market) as opened:
        assert opened.statistics(game_id).total_transactions == 3
    assert market.asked == ("GET", target)


Lookup = Callable[[VpsbotClient, str], TradeRecord]


@pytest.mark.parametrize(
    ("lookup", "asked", "target"),
    [
        (VpsbotClient.trade_by_custom_id, "sell-001", "by-custom-id/sell-001"),
        (VpsbotClient.trade_by_custom_id, "a/b?c#d e", "by-custom-id/a%2Fb%3Fc%23d%20e"),
        (VpsbotClient.trade_by_custom_id, "100%,ü", "by-custom-id/100%25%2C%C3%BC"),
        (VpsbotClient.trade_by_custom_id, "../..", "by-custom-id/..%2F.."),
        (VpsbotClient.trade_by_offer_id, "5234567890", "by-steam-tradeoffer-id/5234567890"),
        (VpsbotClient.trade_by_steam_trade_id, "4012345678", "by-steam-trade-id/4012345678"),
        (VpsbotClient.trade_by_steam_trade_id, "4012_7656", "by-steam-trade-id/4012"),
        (VpsbotClient.trade_by_id, TRADE_ID, f"by-id/{TRADE_ID}"),
    ],
)
def test_lookups(lookup: Lookup, asked: str, target: str) -> None:
    market = Market(json=good(TRADE))
    with client(market) as opened:
        assert lookup(opened, asked).upstream_id == TRADE_ID
    assert market.asked == ("GET", f"/api/sell/trades/{target}")


@pytest.mark.parametrize("asked", ["", ".", "..", "_", "\ud800"])
def test_an_id_that_would_name_another_endpoint_is_refused_unsent(asked: str) -> None:
    market = Market(json=good(TRADE))
    with client(market) as opened, pytest.raises(Refused):
        opened.trade_by_steam_trade_id(asked)
    assert market.requests == []


def test_match_asks_and_reads_what_the_seed_shows() -> None:
    rows = [
        {"market_hash_name": "AK", "price": 14500, "amount": 2},
        {"market_hash_name": "★ ™", "price": 0, "amount": 1, "error": "not found"},
    ]
    market = Market(json=good({"buyer_id": "76561198012345678", "items": rows}))
    with client(market) as opened:
        answer = opened.match(730, [MatchAsk("AK", 2), MatchAsk("★ ™")])
    assert market.asked == ("POST", "/api/sell/match")
    assert json.loads(market.requests[0].content) == {
        "game_id": 730,
        "items": [
            {"market_hash_name": "AK", "amount": 2},
            {"market_hash_name": "★ ™", "amount": 1},
        ],
    }
    assert answer.buyer_id == "76561198012345678"
    assert [(each.name, each.price_milli, each.amount, each.error) for each in answer.items] == [
        ("AK", 14500, 2, ""),
        ("★ ™", 0, 1, "not found"),
    ]


def test_create_sends_exactly_its_payload() -> None:
    receipt = {"trade_id": TRADE_ID, "custom_id": "sell-001"}
    market = Market(201, json=good(receipt))
    with client(market) as opened:
        opened.create(**SELL, items=ITEMS, message="hi")  # type: ignore[arg-type]
    payload = create_payload(**SELL, items=ITEMS, message="hi")  # type: ignore[arg-type]
    assert market.asked == ("POST", "/api/sell/trades/create")
    assert market.requests[0].content == payload
    assert json.loads(payload) == {
        **SELL,
        "items": [
            {
                "assetid": "38291847562",
                "market_hash_name": "AK-47 | Redline (Field-Tested)",
                "price": 14500,
                "contextid": "2",
            },
            {
                "assetid": "27461938274",
                "market_hash_name": "★ Karambit | Fade",
                "price": 32000,
                "contextid": "16",
            },
        ],
        "message": "hi",
    }


def test_a_payload_without_a_message_has_none() -> None:
    assert "message" not in json.loads(create_payload(**SELL, items=ITEMS))  # type: ignore[arg-type]


@pytest.mark.parametrize("items", [[], [SellAsk("1", "AK", 0)], [*ITEMS, SellAsk("1", "AK", -5)]])
def test_nothing_is_ever_given_away(items: list[SellAsk]) -> None:
    market = Market(201, json=good({}))
    with client(market) as opened, pytest.raises(ValueError, match="price"):
        opened.create(**SELL, items=items)  # type: ignore[arg-type]
    assert market.requests == []


def test_identity_and_wallet_where_the_server_offers_them() -> None:
    me = {"id": "u-1", "login": "seller", "first_name": "A", "last_name": "B", "role": "project"}
    market = Market(json=good({**me, "balance": 61000, "frozen_balance": "14500"}))
    with client(market) as opened:
        identity = opened.identity()
        assert market.asked == ("GET", "/api/auth/me")
        wallet = opened.wallet()
        assert market.asked == ("GET", "/api/wallet/balance")
    assert identity is not None
    assert (identity.upstream_user_id, identity.name) == ("u-1", "seller")
    assert wallet is not None
    assert (wallet.balance_milli, wallet.frozen_milli) == (61000, 14500)


def test_every_call_carries_the_key_and_no_repr_shows_it() -> None:
    market = Market(json=EMPTY_PAGE)
    with client(market) as opened:
        opened.trades(TradeQuery())
        assert KEY not in repr(opened) + repr(vars(opened))
    assert market.requests[0].headers["x-api-key"] == KEY
