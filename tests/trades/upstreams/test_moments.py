from datetime import UTC, datetime, timedelta, timezone

import pytest

from trades.upstreams.moments import as_iso, from_iso, from_unix
from trades.upstreams.scalars import Unreadable

SEED = datetime(2024, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1706745600000", SEED),
        (1706745600000, SEED),
        ("1706745600", SEED),
        (1706745600, SEED),
        (1706745600.0, SEED),
        ("1706745600123", SEED.replace(microsecond=123000)),
        (99_999_999_999 // 100, datetime(2001, 9, 9, 1, 46, 39, tzinfo=UTC)),
        (10**11, datetime(1973, 3, 3, 9, 46, 40, tzinfo=UTC)),
        (0, None),
        ("0", None),
        ("", None),
        (None, None),
    ],
)
def test_unix_seconds_and_milliseconds(value: object, expected: datetime | None) -> None:
    assert from_unix(value, "timestamp") == expected


@pytest.mark.parametrize(
    "value", [-1, 10**11 - 1, 5 * 10**12, 10**17, 2**63, "soon", True, [], 1.5]
)
def test_absurd_unix_times_are_unreadable(value: object) -> None:
    with pytest.raises(Unreadable):
        from_unix(value, "timestamp")


@pytest.mark.parametrize(
    "value", [5, True, [], "soon", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-05:00"]
)
def test_absurd_iso_times_are_unreadable(value: object) -> None:
    with pytest.raises(Unreadable):
        from_iso(value, "created_at")


@pytest.mark.parametrize(
    "moment",
    [
        SEED,
        SEED.replace(microsecond=1),
        SEED.replace(microsecond=500_000),
        SEED.replace(microsecond=20),
    ],
)
def test_what_is_written_reads_back_the_same(moment: datetime) -> None:
    assert from_iso(as_iso(moment), "start") == moment
    assert from_iso(as_iso(moment.astimezone(timezone(timedelta(hours=-5)))), "start") == moment
    assert as_iso(moment).endswith("Z")
