"""What is frozen, by the day it becomes free: the soonest days, and what all of them come to.

Two queries, and as few rows however many days there are. None is unknown and is never counted as 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import MarketAccount
from trades.models import FrozenStat
from trades.models.stat import NO_DAY
from trades.stats import Tally

MOST_DAYS = 14


class FreeDay(NamedTuple):
    """Frozen sells that become free on one day; None = the upstream gave no date."""

    day: date | None
    sells: int
    value_milli: int | None  # of the known ones; None when none is known
    unknown_count: int


@dataclass(frozen=True, slots=True)
class Settling:
    days: Sequence[FreeDay]  # the soonest ``MOST_DAYS``, those without a day last
    day_count: int  # of all days, the one of no date included
    whole: Tally
    late: int  # sells whose day has passed
    undated: int  # sells of no date

    @property
    def late_since(self) -> date | None:
        return self.days[0].day if self.late else None


def settling(accounts: Sequence[MarketAccount], today: date) -> Settling:
    """All frozen sells of the active accounts; ``today`` in the team's accounting zone."""
    active = [account.pk for account in accounts if account.is_active]
    rows = FrozenStat.objects.filter(account__in=active, count__gt=0)
    sums = _sums(rows, today)
    days = [*_soonest(rows), *_undated(sums)][:MOST_DAYS]
    whole = Tally(
        sums["sells"], _known(sums["sells"], sums["value"], sums["unknown"]), sums["unknown"]
    )
    return Settling(days, sums["days"], whole, sums["late"], sums["undated_sells"])


def _sums(rows: QuerySet[FrozenStat], today: date) -> dict[str, int]:
    undated = Q(day=NO_DAY)
    return rows.aggregate(
        days=Count("day", distinct=True),
        sells=Sum("count", default=0),
        value=Sum("value_milli", default=0),
        unknown=Sum("unknown_count", default=0),
        late=Sum("count", filter=Q(day__gt=NO_DAY, day__lt=today), default=0),
        undated_sells=Sum("count", filter=undated, default=0),
        undated_value=Sum("value_milli", filter=undated, default=0),
        undated_unknown=Sum("unknown_count", filter=undated, default=0),
    )


def _soonest(rows: QuerySet[FrozenStat]) -> list[FreeDay]:
    dated = rows.filter(day__gt=NO_DAY).order_by("day").values_list("day")
    summed = dated.annotate(Sum("count"), Sum("value_milli"), Sum("unknown_count"))
    return [
        FreeDay(day, sells, _known(sells, value, unknown), unknown)
        for day, sells, value, unknown in summed[:MOST_DAYS]
    ]


def _undated(sums: dict[str, int]) -> list[FreeDay]:
    sells, unknown = sums["undated_sells"], sums["undated_unknown"]
    found = FreeDay(None, sells, _known(sells, sums["undated_value"], unknown), unknown)
    return [found] if sells else []


def _known(sells: int, value_milli: int, unknown: int) -> int | None:
    return value_milli if unknown < sells else None
