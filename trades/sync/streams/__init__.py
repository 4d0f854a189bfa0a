"""What is read of an account, one module a stream; ``step(run)`` makes a call or a few."""

from collections.abc import Callable

from trades.models import Stream
from trades.sync.run import Run
from trades.sync.streams import (
    active,
    backfill,
    exchanges,
    moving,
    newest,
    offers,
    recent,
    reconcile,
    statistics,
    undated,
)

STEPS: dict[Stream, Callable[[Run], None]] = {
    Stream.OFFERS: offers.step,
    Stream.EXCHANGES: exchanges.step,
    Stream.OPEN: moving.step,
    Stream.RECENT: recent.step,
    Stream.STATISTICS: statistics.step,
    Stream.BACKFILL: backfill.step,
    Stream.UNDATED: undated.step,
    Stream.RECONCILE: reconcile.step,
    Stream.ACTIVE: active.step,
    Stream.NEWEST: newest.step,
}
