"""Every oddity of a row that the documents show or leave open: read, not refused."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from tests.trades.upstreams.vpsbot.rows import (
    ITEM,
    TRADE_ID,
    as_json,
    item,
    processed,
    trade,
)
from trades.upstreams.records import Direction, ItemRecord, Phase, Side
from trades.upstreams.vpsbot import parse

NOW = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
NAME = "AK-47 | Redline (Field-Tested)"

GIVEN = ItemRecord(Side.GIVEN, "30000000001", NAME, 730, "2", 1)
RECEIVED = replace(GIVEN, side=Side.RECEIVED)

# (what is odd, the row, what the record says)
ODD_BUT_READABLE: list[tuple[str, dict[str, Any], dict[str, object]]] = [
    ("summary is an object", trade(summary={"items_count": 3}), {"summary": ""}),
    ("summary is null", trade(summary=None), {"summary": ""}),
    ("an unknown status", trade(status="on_hold"), {"status": "on_hold", "phase": Phase.UNKNOWN}),
    ("an unlisted error status", trade(status="error"), {"phase": Phase.UNKNOWN}),
    ("a numeric status", trade(status=5), {"status": "5", "phase": Phase.UNKNOWN}),
    ("no status", trade(status=None), {"status": "", "phase": Phase.UNKNOWN}),
    ("an unknown summary", trade(summary="Paused"), {"summary": "Paused"}),
    ("no custom id", trade(custom_id=None), {"custom_id": None}),
    ("an empty custom id", trade(custom_id=""), {"custom_id": ""}),
    ("a numeric custom id", trade(custom_id=17), {"custom_id": "17"}),
    (
        "a custom id of another alphabet",
        trade(custom_id="продажа,1%_"),
        {"custom_id": "продажа,1%_"},
    ),
    ("a numeric trade id", trade(trade_id=123), {"upstream_id": "123"}),
    ("no bot", trade(selected_bot=None), {"bot_steamid": "", "bot_name": ""}),
    ("an empty bot", trade(selected_bot={}), {"bot_steamid": ""}),
    (
        "a numeric bot",
        trade(selected_bot={"steamid64": 76561198000000001}),
        {"bot_steamid": "76561198000000001"},
    ),
    ("a long bot name", trade(selected_bot={"profile_name": "x" * 500}), {"bot_name": "x" * 128}),
    (
        "nothing processed",
        trade(processed_trade=None),
        {"game_id": None, "items": (), "offer_id": "", "phase": Phase.FROZEN},
    ),
    (
        "processed as a create shows it",
        trade(processed_trade={"id": TRADE_ID, "status": "processing"}),
        {"steam_status": None, "items": ()},
    ),
    ("a textual Steam status", processed(status="11"), {"steam_status": 11}),
    (
        "a Steam status by name",
        processed(status="RolledBack"),
        {"steam_status": None, "phase": Phase.REVERTED},
    ),
    ("an unnamed Steam status", processed(status=99), {"steam_status": 99}),
    ("a Steam status with a fraction of zero", processed(status=3.0), {"steam_status": 3}),
    ("no Steam status", processed(status=None), {"steam_status": None}),
    ("a textual game", processed(game_id="570"), {"game_id": 570}),
    ("an unknown game", processed(game_id=12345), {"game_id": 12345}),
    ("an empty game", processed(game_id=""), {"game_id": None}),
    (
        "no offer yet",
        processed(tradeoffer_id=None, trade_id=None),
        {"offer_id": "", "steam_trade_id": ""},
    ),
    (
        "numeric Steam ids",
        processed(tradeoffer_id=5234567890, trade_id=401234567890123456),
        {"offer_id": "5234567890", "steam_trade_id": "401234567890123456"},
    ),
    (
        "no items",
        processed(items_to_receive=None, items_to_give=None),
        {"items": (), "direction": Direction.SELL},
    ),
    ("no settlement", processed(settlement=None), {"settles_at": None, "phase": Phase.FROZEN}),
    ("an empty settlement", processed(settlement=""), {"settles_at": None}),
    ("accepted outside CS2", processed(game_id=570, settlement=None), {"phase": Phase.OPEN}),
    ("no dates", trade(created_at=None, updated_at=None), {"created_at": None, "updated_at": None}),
    ("an empty date", trade(created_at=""), {"created_at": None}),
    ("milliseconds", trade(created_at="2026-01-15T10:00:00.000Z"), {"created_at": NOW}),
    ("an offset", trade(created_at="2026-01-15T12:00:00+02:00"), {"created_at": NOW}),
    ("no offset", trade(created_at="2026-01-15T10:00:00"), {"created_at": NOW}),
    ("a space for T", trade(created_at="2026-01-15 10:00:00Z"), {"created_at": NOW}),
    (
        "nanoseconds",
        trade(created_at="2026-01-15T10:00:00.123456789Z"),
        {"created_at": NOW.replace(microsecond=123456)},
    ),
    ("an error text", trade(error="Item is gone"), {"error": "Item is gone"}),
    ("an error object", trade(error={"message": "gone", "code": 3}), {"error": "gone"}),
    ("an error list", trade(error=["gone"]), {"error": ""}),
    (
        "an error that quotes a trade link",
        trade(error="bad link ?partner=5&token=aB3-_xYz"),
        {"error": "bad link ?partner=5&token=[cut]"},
    ),
    ("no partner", processed(partner_id=None), {"partner_steamid": ""}),
    ("a partner that is no URL", processed(partner_id="XXXXX"), {"partner_steamid": ""}),
    (
        "a masked partner",
        processed(partner_id="https://x/?partner=XXXXX&token=YYYYY"),
        {"partner_steamid": ""},
    ),
    (
        "a partner of 0",
        processed(partner_id="https://x/?partner=0&token=Y"),
        {"partner_steamid": ""},
    ),
    (
        "a partner beyond 32 bits",
        processed(partner_id="https://x/?partner=4294967296"),
        {"partner_steamid": ""},
    ),
    (
        "the largest partner",
        processed(partner_id="https://x/?token=Y&partner=4294967295"),
        {"partner_steamid": "76561202255233023"},
    ),
    (
        "a name with symbols, untrimmed",
        item(market_hash_name=" ★ StatTrak™ Bowie | Fade "),
        {"items": (replace(GIVEN, name=" ★ StatTrak™ Bowie | Fade "),)},
    ),
    (
        "numbers where texts should be",
        item(assetid=30000000001, contextid=2, amount=4, appid="730"),
        {"items": (replace(GIVEN, amount=4),)},
    ),
    (
        "an item of nothing",
        processed(items_to_receive=[{}]),
        {"items": (ItemRecord(Side.GIVEN, "", "", None, "", 1),)},
    ),
    ("a protected item", item(contextid="16"), {"items": (replace(GIVEN, context_id="16"),)}),
    (
        "a purchase",
        processed(items_to_give=[ITEM], items_to_receive=[]),
        {"direction": Direction.PURCHASE, "items": (RECEIVED,)},
    ),
    (
        "a purchase with a swap",
        processed(items_to_give=[ITEM]),
        {"direction": Direction.PURCHASE, "items": (GIVEN, RECEIVED)},
    ),
    (
        "unknown fields",
        trade(price=14500, trade_status="Active", new={"deep": [1]}),
        {"status": "accepted"},
    ),
    (
        "a row of the older edition",
        {
            "trade_id": "1",
            "status": "completed",
            "trade_url": "u",
            "amount": 5,
            "items": [{"asset_id": "1"}],
            "has_more": True,
        },
        {"phase": Phase.DONE, "items": ()},
    ),
    (
        "an id alone",
        {"trade_id": TRADE_ID},
        {"status": "", "phase": Phase.UNKNOWN, "direction": Direction.SELL},
    ),
]


@pytest.mark.parametrize(
    ("row", "expected"),
    [pytest.param(row, expected, id=name) for name, row, expected in ODD_BUT_READABLE],
)
def test_odd_rows_are_read(row: dict[str, Any], expected: dict[str, object]) -> None:
    record = parse.trade(as_json(row))
    assert {name: getattr(record, name) for name in expected} == expected
