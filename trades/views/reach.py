"""How far back a market's list went, and what it had forgotten before it could be read."""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from django.utils import timezone

from trades.models import Stream, SyncState


def reach(state: SyncState) -> str:
    """A market may tell no more than its newest trades, and forget some before they are read."""
    if state.stream == Stream.NEWEST and len(state.covered) > 1:
        return "with a gap"
    begins = state.covered[0][0] if state.covered and state.stream == Stream.NEWEST else None
    return f"since {_day(begins)}" if begins else "complete"


def gap_sentences(states: Iterable[SyncState]) -> list[str]:
    """One for each stretch in which trades may be missing, with its days."""
    return [
        f"{_days(begin, end)} trades may be missing: more of them happened between two reads than"
        " the market tells of, and it tells of them no more."
        for state in states
        if state.stream == Stream.NEWEST
        for (_, begin), (end, _) in pairwise(state.covered)
        if begin and end
    ]


def _days(begin: str, end: str) -> str:
    first, last = _day(begin), _day(end)
    return f"On {first}" if first == last else f"From {first} to {last}"


def _day(moment: str) -> str:
    return f"{timezone.localtime(datetime.fromisoformat(moment)):%Y-%m-%d}"
