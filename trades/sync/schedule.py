"""Which streams the account of an upstream has: most urgent first, with its first wait."""

from collections.abc import Mapping
from datetime import timedelta

from trades.models import Stream

WHILE_OPEN = timedelta(seconds=5)  # how often trades on their way are read

Schedule = Mapping[Stream, timedelta | None]  # None = another stream wakes it

VPSBOT: Schedule = {
    Stream.OPEN: WHILE_OPEN,
    Stream.RECENT: timedelta(seconds=10),
    Stream.STATISTICS: timedelta(),
    Stream.BACKFILL: timedelta(),
    Stream.UNDATED: None,  # the backfill wakes it when the dated rows are in
    Stream.RECONCILE: timedelta(minutes=1),
}
MANNCO: Schedule = {
    Stream.ACTIVE: timedelta(seconds=5),
    Stream.NEWEST: timedelta(),
}
STEAM: Schedule = {
    Stream.OFFERS: timedelta(),
    Stream.EXCHANGES: timedelta(seconds=30),
}
SCHEDULES: Mapping[str, Schedule] = {"vpsbot": VPSBOT, "mannco": MANNCO, "steam": STEAM}
URGENCY = tuple(stream for schedule in SCHEDULES.values() for stream in schedule)


def streams_of(upstream: str) -> Schedule:
    return SCHEDULES[upstream]
