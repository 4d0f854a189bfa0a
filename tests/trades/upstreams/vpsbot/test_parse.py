import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.trades.upstreams.vpsbot.rows import (
    ITEM,
    TRADE,
    TRADE_ID,
    as_json,
    item,
    page,
    processed,
    trade,
)
from trades.upstreams.records import Direction, ItemRecord, Phase, Side
from trades.upstreams.scalars import Unreadable
from trades.upstreams.vpsbot import parse

NOW = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
NAME = "AK-47 | Redline (Field-Tested)"


def test_the_seed_row_is_read_whole() -> None:
    record = parse.trade(as_json(TRADE))
    assert record.upstream_id == TRADE_ID
    assert (record.phase, record.direction) == (Phase.FROZEN, Direction.SELL)
    assert (record.status, record.summary, record.steam_status) == ("accepted", "Accepted", 3)
    assert (record.game_id, record.custom_id, record.error) == (730, "order-001", "")
    assert record.offer_id == "5234567890"
    assert record.steam_trade_id == "4012345678_76561198012345678"
    assert record.partner_steamid == "76561198012345678"
    assert (record.bot_steamid, record.bot_name) == ("76561198000000001", "VPSBot #5")
    assert record.created_at == datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
    assert record.updated_at == datetime(2026, 1, 15, 10, 5, tzinfo=UTC)
    assert record.settles_at == datetime(2026, 1, 22, 10, 5, tzinfo=UTC)
    assert record.items == (ItemRecord(Side.GIVEN, "30000000001", NAME, 730, "2", 1),)
    assert len(record.content_hash) == 16


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"trades":null}',
        b'{"trades":{}}',
        b'{"trades":"none"}',
        b'{"items":[]}',
        b'{"trades":[NaN]}',
        b'{"trades":[{}',
        b'{"trades":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
        b"\xff\xfe",
    ],
)
def test_a_page_of_another_shape_is_no_empty_page(data: bytes) -> None:
    with pytest.raises(Unreadable):
        parse.page(data, NOW)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (42, 42),
        ("42", 42),
        (42.0, 42),
        (None, None),
        ("many", None),
        (-1, None),
        ({}, None),
        (0, 0),
    ],
)
def test_the_counts_of_a_page(told: object, expected: int | None) -> None:
    answer = parse.page(page(total=told, limit=told, offset=told), NOW)
    assert (answer.total, answer.limit, answer.offset) == (expected,) * 3
    assert (len(answer), answer.asked_at) == (0, NOW)


def test_a_page_without_counts() -> None:
    answer = parse.page(b'{"trades":[]}', NOW)
    assert (answer.total, answer.limit, answer.offset) == (None, None, None)


@pytest.mark.parametrize("data", [TRADE, {"trade": TRADE}, {"trade": TRADE, "extra": 1}])
def test_a_single_trade_comes_bare_or_nested(data: object) -> None:
    assert parse.single(as_json(data)).upstream_id == TRADE_ID


@pytest.mark.parametrize("data", [None, [], {}, {"trade": None}, {"trade": []}, [TRADE]])
def test_no_single_trade_is_unreadable(data: object) -> None:
    with pytest.raises(Unreadable):
        parse.single(as_json(data))


def test_the_raw_answer_is_kept_as_it_came_without_its_token() -> None:
    raw = json.dumps({**TRADE, "unknown": [1, {"a": "★"}]}, indent=1).encode()
    assert parse.trade(raw).raw == raw.replace(b"aB3-_xYz", b"[cut]")


SAME_CONTENT: list[dict[str, Any]] = [
    dict(reversed(TRADE.items())),
    trade(selected_bot={**TRADE["selected_bot"], "avatar": "https://other"}),  # type: ignore[dict-item]
    trade(unknown="field"),
    trade(created_at="2026-01-15T10:00:00.000Z"),
    trade(created_at="2026-01-15T12:00:00+02:00"),
    processed(status="3", game_id="730"),
    item(amount=1, appid="730"),
    processed(partner_id="https://steamcommunity.com/tradeoffer/new/?partner=52079950&token=new"),
    trade(error=""),
]


@pytest.mark.parametrize("row", SAME_CONTENT)
def test_what_changes_no_column_changes_no_hash(row: dict[str, Any]) -> None:
    assert _hash(row) == _hash(TRADE)


OTHER_CONTENT: list[dict[str, Any]] = [
    trade(trade_id="other"),
    trade(custom_id=None),
    trade(summary="InProgress"),
    trade(status="completed"),
    trade(error="x"),
    trade(created_at="2026-01-15T10:00:00.001Z"),
    trade(updated_at=None),
    trade(selected_bot=None),
    trade(selected_bot={**TRADE["selected_bot"], "profile_name": "VPSBot #6"}),  # type: ignore[dict-item]
    processed(status=4),
    processed(game_id=570),
    processed(settlement="2026-01-22T10:05:01Z"),
    processed(tradeoffer_id="1"),
    processed(trade_id="1"),
    processed(partner_id=None),
    processed(items_to_receive=[]),
    processed(items_to_receive=[ITEM, ITEM]),
    processed(items_to_receive=[], items_to_give=[ITEM]),
    item(assetid="30000000002"),
    item(market_hash_name="other"),
    item(contextid="16"),
    item(amount="2"),
    item(appid=570),
]


def test_every_change_of_a_column_changes_the_hash() -> None:
    hashes = {_hash(row) for row in (TRADE, *OTHER_CONTENT)}
    assert len(hashes) == len(OTHER_CONTENT) + 1


def test_the_hash_is_the_same_in_another_process() -> None:
    code = (
        "import sys; from trades.upstreams.vpsbot import parse;"
        "print(parse.trade(sys.stdin.buffer.read()).content_hash.hex())"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], input=as_json(TRADE), capture_output=True, check=True
    )
    assert other.stdout.decode().strip() == _hash(TRADE).hex()


def _hash(row: dict[str, Any]) -> bytes:
    return parse.trade(as_json(row)).content_hash
