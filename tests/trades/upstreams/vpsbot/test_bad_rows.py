"""Rows that do not fit the mirror: kept with a reason, each by itself."""

from datetime import UTC, datetime

import pytest

from tests.trades.upstreams.vpsbot.rows import (
    TRADE,
    TRADE_ID,
    item,
    page,
    processed,
    trade,
)
from trades.upstreams.vpsbot import parse

NOW = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)


# (the row, a part of the reason, the id that could still be read)
UNREADABLE: list[tuple[object, str, str]] = [
    (trade(trade_id=None), "trade_id is missing", ""),
    (trade(trade_id=""), "trade_id is missing", ""),
    (trade(trade_id="  "), "trade_id is missing", "  "),
    ({k: v for k, v in TRADE.items() if k != "trade_id"}, "trade_id is missing", ""),
    (trade(trade_id={}), "trade_id is not a text", ""),
    (trade(trade_id="x" * 65), "trade_id is longer", ""),
    (trade(trade_id="a\0b"), "cannot be stored", ""),
    (trade(custom_id="a\0b"), "cannot be stored", TRADE_ID),
    (trade(custom_id="x" * 201), "custom_id is longer", TRADE_ID),
    (trade(error="a\0b"), "cannot be stored", TRADE_ID),
    (item(market_hash_name="a\0b"), "cannot be stored", TRADE_ID),
    (item(market_hash_name="x" * 257), "market_hash_name is longer", TRADE_ID),
    (item(assetid=["1"]), "assetid is not a text", TRADE_ID),
    (item(assetid=True), "assetid is not a text", TRADE_ID),
    (item(amount=-1), "amount is negative", TRADE_ID),
    (item(amount=2**31), "amount is too large", TRADE_ID),
    (item(amount="many"), "amount is not a whole number", TRADE_ID),
    (item(appid=2**31), "appid is too large", TRADE_ID),
    (processed(items_to_receive=[None]), "Expected `object`, got `null`", TRADE_ID),
    (processed(items_to_receive={}), "Expected `array", TRADE_ID),
    (processed(game_id=2**31), "game_id is too large", TRADE_ID),
    (processed(game_id="cs2"), "game_id is not a whole number", TRADE_ID),
    (processed(game_id=730.5), "game_id is not a whole number", TRADE_ID),
    (processed(game_id=True), "game_id is not a whole number", TRADE_ID),
    (processed(status=-(2**31) - 1), "processed_trade.status is too large", TRADE_ID),
    (processed(status=10**40), "processed_trade.status is too large", TRADE_ID),
    (processed(trade_id="4" * 33), "no Steam trade id", TRADE_ID),
    (processed(tradeoffer_id="5" * 65), "tradeoffer_id is longer", TRADE_ID),
    (processed(tradeoffer_id=10**70), "tradeoffer_id is longer", TRADE_ID),
    (processed(settlement="soon"), "settlement is not a point in time", TRADE_ID),
    (processed(settlement=1769076300), "settlement is not a text", TRADE_ID),
    (trade(created_at="1969-12-31T23:59:59Z"), "outside the years", TRADE_ID),
    (trade(created_at="2101-01-01T00:00:00Z"), "outside the years", TRADE_ID),
    (trade(created_at="0001-01-01T00:00:00+01:00"), "created_at is not a point", TRADE_ID),
    (trade(updated_at="2026-13-01T00:00:00Z"), "updated_at is not a point", TRADE_ID),
    (trade(status="x" * 65), "status is longer", TRADE_ID),
    (trade(status=["accepted"]), "status is not a text", TRADE_ID),
    (trade(summary=["Accepted"]), "summary is not a text", TRADE_ID),
    (trade(processed_trade="none"), "Expected `object | null`, got `str`", TRADE_ID),
    (trade(selected_bot=[]), "Expected `object | null`, got `array`", TRADE_ID),
    (None, "Expected `object`, got `null`", ""),
    ([], "Expected `object`, got `array`", ""),
    ("trade", "Expected `object`, got `str`", ""),
    (7, "Expected `object`, got `int`", ""),
]


@pytest.mark.parametrize(("row", "reason", "upstream_id"), UNREADABLE)
def test_a_bad_row_is_kept_and_costs_no_other(row: object, reason: str, upstream_id: str) -> None:
    answer = parse.page(page(trade(trade_id="before"), row, trade(trade_id="after")), NOW)
    assert [each.upstream_id for each in answer.trades] == ["before", "after"]
    assert [each.upstream_id for each in answer.bad] == [upstream_id]
    assert reason in answer.bad[0].reason
    assert len(answer.bad[0].reason) <= 300
    assert b"aB3-_xYz" not in answer.bad[0].raw
    assert len(answer) == 3


@pytest.mark.parametrize(
    "row",
    [
        b'{"trade_id":"x","error":"\xff"}',
        b'{"trade_id":"x","error":"\xed\xa0\x80"}',
        b'{"trade_id":"x","processed_trade":{"status":1e400}}',
        b'{"trade_id":"x","processed_trade":{"status":' + b"9" * 5000 + b"}}",
    ],
)
def test_rows_that_only_a_broken_encoder_makes_are_bad_rows(row: bytes) -> None:
    answer = parse.page(b'{"trades":[' + row + b',{"trade_id":"fine"}],"total":2}', NOW)
    assert [each.upstream_id for each in answer.trades] == ["fine"]
    assert len(answer.bad) == 1
