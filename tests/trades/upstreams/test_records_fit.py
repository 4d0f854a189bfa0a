"""The records and phases also fit Mannco's trades and Steam's offers."""

from typing import Any

import pytest

from trades.upstreams.content import content_hash
from trades.upstreams.mannco.parse import phase_of_status
from trades.upstreams.moments import from_unix
from trades.upstreams.records import Direction, ItemRecord, Phase, Side, TradeRecord
from trades.upstreams.steam.parse import phase_of_offer_state

MANNCO_ROW = {
    "id": 123456,
    "items_received": "123456789,987654321",
    "status": 0,
    "items_send": "",
    "user": "76561198000000000",
    "bot": "76561198111111111",
    "code": "ABCDEFGH",
    "lasterror": "",
    "offerid": "5678901234",
    "timestamp": "1706745600000",
}
STEAM_OFFER = {
    "tradeofferid": "4990667216",
    "accountid_other": 119913840,
    "trade_offer_state": 11,
    "items_to_give": [{"appid": 440, "contextid": "2", "assetid": "11145843479", "amount": "1"}],
    "is_our_offer": False,
    "time_created": 1641951429,
    "time_updated": 1641951438,
    "tradeid": "401234567890123456",
    "escrow_end_date": 1643161029,
}


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        (0, Phase.OPEN),
        (3, Phase.DONE),
        (-1, Phase.FAILED),
        (4, Phase.FAILED),
        (5, Phase.FAILED),
        (6, Phase.FAILED),
        (7, Phase.FAILED),
        (10, Phase.FAILED),
        (-12, Phase.REVERTED),
        (-11, Phase.UNKNOWN),
        *((number, Phase.UNKNOWN) for number in (1, 2, 8, 9, 11, 12, 99, -2)),
    ],
)
def test_mannco_statuses(status: int, phase: Phase) -> None:
    assert phase_of_status(status) is phase


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        (1, Phase.FAILED),
        (2, Phase.OPEN),
        (3, Phase.DONE),
        (4, Phase.FAILED),
        (5, Phase.FAILED),
        (6, Phase.FAILED),
        (7, Phase.FAILED),
        (8, Phase.FAILED),
        (9, Phase.OPEN),
        (10, Phase.FAILED),
        (11, Phase.FROZEN),
        *((number, Phase.UNKNOWN) for number in (0, 12, 99, -1)),
    ],
)
def test_steam_offer_states(state: int, phase: Phase) -> None:
    assert phase_of_offer_state(state) is phase


@pytest.mark.parametrize(
    ("received", "sent", "direction", "items"),
    [
        ("123456789,987654321", "", Direction.DEPOSIT, 2),
        ("", "123456789;", Direction.WITHDRAWAL, 1),
        ("", "", Direction.UNKNOWN, 0),
    ],
)
def test_a_mannco_row_fits_a_record(
    received: str, sent: str, direction: Direction, items: int
) -> None:
    record = as_record(
        _mannco_fields({**MANNCO_ROW, "items_received": received, "items_send": sent})
    )
    assert (record.upstream_id, record.status, record.summary) == ("123456", "0", "")
    assert (record.direction, len(record.items), record.game_id) == (direction, items, None)
    assert record.created_at is not None
    assert record.created_at.isoformat() == "2024-02-01T00:00:00+00:00"
    assert (record.updated_at, record.settles_at, record.custom_id) == (None, None, None)


def test_a_steam_offer_fits_a_record() -> None:
    record = as_record(_offer_fields(STEAM_OFFER))
    assert (record.phase, record.status, record.steam_status) == (Phase.FROZEN, "11", 11)
    assert record.partner_steamid == "76561198080179568"
    assert record.items == (ItemRecord(Side.GIVEN, "11145843479", "", 440, "2", 1),)
    assert record.settles_at is not None
    assert record.settles_at.isoformat() == "2022-01-26T01:37:09+00:00"


def as_record(fields: dict[str, Any]) -> TradeRecord:
    return TradeRecord(**fields, raw=b"{}", content_hash=content_hash(fields))


def _mannco_fields(row: dict[str, Any]) -> dict[str, Any]:
    deposited, withdrawn = _ids(row["items_received"]), _ids(row["items_send"])
    moved = Direction.DEPOSIT if deposited else Direction.WITHDRAWAL
    return {
        "upstream_id": str(row["id"]),
        "phase": phase_of_status(row["status"]),
        "direction": moved if deposited or withdrawn else Direction.UNKNOWN,
        "status": str(row["status"]),
        "summary": "",
        "offer_id": row["offerid"],
        "bot_steamid": row["bot"],
        "error": row["lasterror"],
        "created_at": from_unix(row["timestamp"], "timestamp"),
        "items": (
            *(ItemRecord(Side.GIVEN, each, "") for each in deposited),
            *(ItemRecord(Side.RECEIVED, each, "") for each in withdrawn),
        ),
    }


def _ids(joined: str) -> list[str]:
    return [each.strip() for each in joined.replace(";", ",").split(",") if each.strip()]


def _offer_fields(offer: dict[str, Any]) -> dict[str, Any]:
    state = offer["trade_offer_state"]
    return {
        "upstream_id": offer["tradeofferid"],
        "phase": phase_of_offer_state(state),
        "direction": Direction.UNKNOWN,
        "status": str(state),
        "summary": "",
        "steam_status": state,
        "offer_id": offer["tradeofferid"],
        "steam_trade_id": offer["tradeid"],
        "partner_steamid": str(76561197960265728 + offer["accountid_other"]),
        "created_at": from_unix(offer["time_created"], "time_created"),
        "updated_at": from_unix(offer["time_updated"], "time_updated"),
        "settles_at": from_unix(offer["escrow_end_date"], "escrow_end_date"),
        "items": tuple(
            ItemRecord(Side.GIVEN, each["assetid"], "", each["appid"], each["contextid"], 1)
            for each in offer["items_to_give"]
        ),
    }
