"""What an answer means for the row that we hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from trades.sync.plan import Stored, Verdict, decide, newest_of_each
from trades.upstreams.records import Direction, Phase, TradeRecord

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
LATER, EARLIER = NOON + timedelta(seconds=1), NOON - timedelta(seconds=1)

RECORD = TradeRecord(
    upstream_id="a", phase=Phase.OPEN, direction=Direction.SELL, status="processing",
    summary="InProgress", raw=b"{}", content_hash=b"new", updated_at=NOON,
)  # fmt: skip
STORED = Stored(
    id=1, content_hash=b"old", updated_at=NOON, asked_at=NOON, sort_at=NOON, game_id=730,
    direction="sell", phase="open", status="processing", summary="", steam_status=None,
    value_milli=None, settles_at=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("theirs", "ours", "asked_at", "verdict"),
    [
        (LATER, NOON, EARLIER, Verdict.UPDATE),
        (EARLIER, NOON, LATER, Verdict.STALE),
        (NOON, NOON, LATER, Verdict.UPDATE),
        (NOON, NOON, EARLIER, Verdict.STALE),
        (None, NOON, LATER, Verdict.UPDATE),
        (None, NOON, EARLIER, Verdict.STALE),
        (NOON, None, LATER, Verdict.UPDATE),
        (NOON, None, EARLIER, Verdict.STALE),
        (None, None, LATER, Verdict.UPDATE),
        (None, None, NOON, Verdict.STALE),
    ],
)
def test_an_older_answer_never_overwrites_a_newer_one(
    theirs: datetime | None, ours: datetime | None, asked_at: datetime, verdict: Verdict
) -> None:
    record, stored = structs.replace(RECORD, updated_at=theirs), replace(STORED, updated_at=ours)
    assert decide(record, stored, asked_at) is verdict


def test_equal_content_is_the_same_whatever_the_times_say() -> None:
    assert decide(RECORD, replace(STORED, content_hash=b"new"), EARLIER) is Verdict.SAME


def test_an_unknown_trade_is_inserted() -> None:
    assert decide(RECORD, None, NOON) is Verdict.INSERT


def test_a_row_that_came_twice_counts_once_in_its_newest_form() -> None:
    newer = structs.replace(RECORD, updated_at=LATER, content_hash=b"newer")
    undated = structs.replace(RECORD, updated_at=None, content_hash=b"undated")
    made_later = structs.replace(RECORD, upstream_id="A", created_at=LATER)
    assert newest_of_each([newer, RECORD, undated, made_later]) == [made_later, newer]
