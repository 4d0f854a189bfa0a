"""Trades from the newest to the oldest, some at a time: each step goes on below the last row."""

from datetime import datetime
from typing import NamedTuple, Self

from django.db.models import Q

from trades.models.trade import TradeQuerySet


class Place(NamedTuple):
    sort_at: datetime
    id: int

    def to_json(self) -> list[str | int]:
        return [self.sort_at.isoformat(), self.id]

    @classmethod
    def from_json(cls, stored: list[str | int] | None) -> Self | None:
        """None is above the newest."""
        return cls(datetime.fromisoformat(str(stored[0])), int(stored[1])) if stored else None


class Row(NamedTuple):
    sort_at: datetime
    id: int
    upstream_id: str

    @property
    def place(self) -> Place:
        return Place(self.sort_at, self.id)


def rows_below(trades: TradeQuerySet, place: Place | None, count: int | None = None) -> list[Row]:
    """The next ``count`` of them, or all."""
    rows = below(trades, place).order_by("-sort_at", "-id")
    return [Row(*each) for each in rows.values_list("sort_at", "id", "upstream_id")[:count]]


def below(trades: TradeQuerySet, place: Place | None) -> TradeQuerySet:
    if place is None:
        return trades
    same = Q(sort_at=place.sort_at, id__lt=place.id)
    return trades.filter(Q(sort_at__lt=place.sort_at) | same, sort_at__lte=place.sort_at)
