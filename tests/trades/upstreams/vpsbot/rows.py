"""TradeData rows as the seed pages show them, with whatever a case changes."""

import json
from typing import Any

TRADE_ID = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
ITEM = {
    "appid": 730,
    "contextid": "2",
    "assetid": "30000000001",
    "market_hash_name": "AK-47 | Redline (Field-Tested)",
    "amount": "1",
}
PROCESSED = {
    "market": "market-vpsbot",
    "trade_id": "4012345678_76561198012345678",
    "tradeoffer_id": "5234567890",
    "request_id": TRADE_ID,
    "partner_id": "https://steamcommunity.com/tradeoffer/new/?partner=52079950&token=aB3-_xYz",
    "items_to_give": [],
    "items_to_receive": [ITEM],
    "status": 3,
    "game_id": 730,
    "settlement": "2026-01-22T10:05:00Z",
}
TRADE = {
    "trade_id": TRADE_ID,
    "custom_id": "order-001",
    "summary": "Accepted",
    "processed_trade": PROCESSED,
    "selected_bot": {
        "steamid64": "76561198000000001",
        "avatar": "https://avatars.steamstatic.com/a.jpg",
        "profile_name": "VPSBot #5",
    },
    "status": "accepted",
    "created_at": "2026-01-15T10:00:00Z",
    "updated_at": "2026-01-15T10:05:00Z",
    "error": None,
}


def trade(**changes: Any) -> dict[str, Any]:
    return {**TRADE, **changes}


def processed(**changes: Any) -> dict[str, Any]:
    return trade(processed_trade={**PROCESSED, **changes})


def item(**changes: Any) -> dict[str, Any]:
    return processed(items_to_receive=[{**ITEM, **changes}])


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def page(*rows: object, total: object = 0, limit: object = 50, offset: object = 0) -> bytes:
    return as_json({"trades": rows, "total": total, "limit": limit, "offset": offset})
