"""One call and its answer, free of any HTTP library."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Protocol, TypeVar

from trades.upstreams.errors import OutcomeUnknown, UpstreamError

LONGEST_RETRY_AFTER = 86_400.0

E = TypeVar("E", bound=UpstreamError)


class Effect(Enum):
    """What a call does to the upstream, and so what a lost answer means."""

    READ = "changes nothing, may be sent again"
    ASK = "changes nothing, is sent once"
    WRITE = "changes something, is sent once"


@dataclass(frozen=True, slots=True)
class Call:
    """``route`` names the call in errors and logs; ``path`` is what is sent, percent-encoded."""

    upstream: str
    method: str
    route: str
    effect: Effect
    path: str = field(repr=False)
    params: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)

    def failure(self, kind: type[E], reason: str, status: int | None = None) -> E:
        return kind(
            reason, upstream=self.upstream, method=self.method, path=self.route, status=status
        )

    def lost(self, kind: type[E], reason: str, status: int | None = None) -> E | OutcomeUnknown:
        """The failure after something was sent: of a write nobody knows whether it happened."""
        if self.effect is Effect.WRITE:
            return self.failure(OutcomeUnknown, reason, status)
        return self.failure(kind, reason, status)


class Gate(Protocol):
    """Stands before every exchange and around it; raises HeldBack where it may not be made now."""

    def __call__(self, call: Call, seconds_left: float) -> AbstractContextManager[None]: ...


def always_open(call: Call, seconds_left: float) -> AbstractContextManager[None]:
    del call, seconds_left
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer that is neither 429 nor 5xx; ``asked_at`` is when its request was started."""

    call: Call
    status: int
    body: bytes = field(repr=False)
    asked_at: datetime
    result: str = ""  # Steam's header X-eresult, "" where there is none

    def failure(self, kind: type[E], reason: str) -> E:
        return self.call.failure(kind, reason, self.status)


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header (seconds or an HTTP date), None when unreadable."""
    if header is None:
        return None
    seconds = _plain_seconds(header.strip())
    if seconds is None:
        seconds = _seconds_until(header, now)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _plain_seconds(text: str) -> float | None:
    if not text.isascii() or not text.replace(".", "", 1).isdigit():
        return None
    return float(text)


def _seconds_until(header: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(header)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (aware - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
