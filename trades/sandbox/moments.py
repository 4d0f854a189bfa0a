"""Moments are whole seconds since 1970 inside the world and ISO 8601 UTC text outside."""

from datetime import UTC, datetime
from functools import lru_cache

DAY = 86_400


@lru_cache(maxsize=8192)
def _date(day: int) -> str:
    return datetime.fromtimestamp(day * DAY, UTC).strftime("%Y-%m-%d")


def iso(moment: int) -> str:
    """``2026-01-15T10:05:00Z``, the format of the seed pages."""
    day, rest = divmod(moment, DAY)
    hour, rest = divmod(rest, 3600)
    minute, second = divmod(rest, 60)
    return f"{_date(day)}T{hour:02d}:{minute:02d}:{second:02d}Z"


def parse_iso(text: str) -> float:
    """Seconds since 1970 of an ISO date or date-time, UTC without a zone; or ValueError."""
    moment = datetime.fromisoformat(text.strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def as_moment(value: object) -> int | None:
    """A stored moment from what a test hands in: seconds, ISO text or None."""
    if value is None:
        return None
    if isinstance(value, int | float):
        return int(value)
    return int(parse_iso(str(value)))
