"""How far back a market's list went, and what it had forgotten before it could be read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from dashboard.templatetags.ui import age_text
from trades.models import Stream, SyncState


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which trades may be missing."""

    begin: str  # ISO
    sentence: str
    seen: str  # who acknowledged it and when, "" for nobody


def reach(state: SyncState) -> str:
    """A market may tell no more than its newest trades, and forget some before they are read."""
    if state.stream == Stream.NEWEST and len(state.covered) > 1:
        return "with a gap"
    begins = state.covered[0][0] if state.covered and state.stream == Stream.NEWEST else None
    return f"since {_day(begins)}" if begins else "complete"


def gaps_in(states: Iterable[SyncState]) -> list[Gap]:
    """The oldest first, those that somebody acknowledged too."""
    return [
        Gap(
            begin=begin,
            sentence=f"{_days(begin, end)} trades may be missing: more of them happened between two"
            " reads than the market tells of, and it tells of them no more.",
            seen=_seen(state, begin),
        )
        for state in states
        for begin, end in state.gaps
    ]


def _seen(state: SyncState, begin: str) -> str:
    for since, _, at, email in state.gaps_seen:
        if since == begin:
            return f"Seen by {email} {age_text(datetime.fromisoformat(at))}."
    return ""


def _days(begin: str, end: str) -> str:
    first, last = _day(begin), _day(end)
    return f"On {first}" if first == last else f"From {first} to {last}"


def _day(moment: str) -> str:
    return f"{timezone.localtime(datetime.fromisoformat(moment)):%Y-%m-%d}"
