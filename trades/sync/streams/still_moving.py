"""The rows of a sweep: trades of an account in some phases, newest first.

A query a phase: with several at once, both databases walk the whole table in order of time.
"""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from accounts.models import MarketAccount
from trades.models import Phase, Trade
from trades.models.trade import TradeQuerySet
from trades.sync import windows
from trades.sync.newest_first import Place, Row, rows_below
from trades.sync.windows import Window


class Kind(NamedTuple):
    account: MarketAccount
    phases: tuple[Phase, ...]
    border: datetime
    is_older: bool  # than the border; else the younger ones

    def of(self, phase: Phase) -> TradeQuerySet:
        found = Trade.objects.filter(account=self.account, phase=phase)
        if self.is_older:
            return found.filter(sort_at__lt=self.border)
        return found.filter(sort_at__gte=self.border)


def newest(kind: Kind, below: Place | None, count: int) -> list[Row]:
    found = [row for phase in kind.phases for row in rows_below(kind.of(phase), below, count)]
    return sorted(found, reverse=True)[:count]


def within(kind: Kind, below: Place | None, since: datetime) -> list[Row]:
    phases = [kind.of(phase).filter(sort_at__gte=since) for phase in kind.phases]
    return sorted((row for rows in phases for row in rows_below(rows, below)), reverse=True)


def count_since(kind: Kind, top: Row, since: datetime) -> int:
    """How many of them are as old as ``top`` or older, and not older than ``since``."""
    span = Q(sort_at__lte=top.sort_at, sort_at__gte=since)
    return sum(kind.of(phase).filter(span).count() for phase in kind.phases)


def window_below(account: MarketAccount, top: datetime, rows: int) -> Window:
    """The stretch that ends at ``top`` and held so many rows when we last looked."""
    older = Trade.objects.filter(account=account, sort_at__lte=top).order_by("-sort_at", "-id")
    start = next(iter(older.values_list("sort_at", flat=True)[rows : rows + 1]), windows.EPOCH)
    return Window(windows.whole_second(start), windows.whole_second(top))
