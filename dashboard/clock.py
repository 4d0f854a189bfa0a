"""The one clock that our own waits read, so that tests can move it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_shift = timedelta()
_stopped_at: datetime | None = None


def now() -> datetime:
    """Aware UTC."""
    return (_stopped_at or datetime.now(UTC)) + _shift


@contextmanager
def stopped() -> Iterator[None]:
    """Our clock moves by ``shifted`` alone; for tests whose figures a slow machine would change."""
    global _stopped_at
    _stopped_at = datetime.now(UTC)
    try:
        yield
    finally:
        _stopped_at = None


@contextmanager
def shifted(by: timedelta) -> Iterator[None]:
    """Move our clock; for tests of waits, never for what an upstream says."""
    global _shift
    before = _shift
    _shift = before + by
    try:
        yield
    finally:
        _shift = before
