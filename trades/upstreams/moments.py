"""Points in time as the upstreams write them, to aware UTC and back."""

from datetime import UTC, datetime

from trades.upstreams.scalars import Unreadable, whole

FIRST_YEAR = 1970
LAST_YEAR = 2100
MILLISECONDS_FROM = 10**11  # below, a number of this century is one of seconds


def from_iso(value: object, name: str) -> datetime | None:
    """ISO 8601 text; without an offset it is UTC; null and "" are None."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not a text")
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo is not UTC:
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Unreadable(f"{name} is not a point in time") from None
    return _within_reach(moment, name)


def from_unix(value: object, name: str) -> datetime | None:
    """Unix seconds or milliseconds, number or text; null, "" and 0 are None."""
    number = whole(value, name)
    if not number:
        return None
    seconds, milliseconds = divmod(number, 1000) if number >= MILLISECONDS_FROM else (number, 0)
    try:
        moment = datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=milliseconds * 1000)
    except (ValueError, OverflowError, OSError):
        raise Unreadable(f"{name} is not a point in time") from None
    return _within_reach(moment, name)


def as_iso(moment: datetime) -> str:
    """With Z, and with a fraction only where there is one, so that no bound moves."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be asked for")
    text = moment.astimezone(UTC).isoformat().removesuffix("+00:00")
    return f"{text.removesuffix('000') if '.' in text else text}Z"


def _within_reach(moment: datetime, name: str) -> datetime:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Unreadable(f"{name} is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment
