"""What is frozen, by the day it becomes free: the soonest days, and what all of them come to.

One query, and as few rows however many days there are. None is unknown and is never counted as 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, Q, QuerySet, Subquery, Sum, Value, When

from accounts.models import MarketAccount
from trades.models import FrozenStat
from trades.models.stat import NO_DAY
from trades.stats import Tally

MOST_DAYS = 14
LATER = date.max  # stands for all days beyond the soonest


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


class _Group(NamedTuple):
    """One of the soonest days, ``NO_DAY``, or ``LATER``."""

    day: date
    days: int
    sells: int
    value_milli: int  # of the known ones
    unknown_count: int
    late: int


def settling(accounts: Sequence[MarketAccount], today: date) -> Settling:
    """All frozen sells of the active accounts; ``today`` in the team's accounting zone."""
    active = [account.pk for account in accounts if account.is_active]
    rows = FrozenStat.objects.filter(account__in=active, count__gt=0)
    groups = [_Group(*group) for group in _grouped(rows, today)]
    dated = [_free(group) for group in groups if NO_DAY < group.day < LATER]
    undated = [_free(group) for group in groups if group.day == NO_DAY]
    return Settling(
        days=[*dated, *undated][:MOST_DAYS],
        day_count=sum(group.days for group in groups),
        whole=_whole(groups),
        late=sum(group.late for group in groups),
        undated=sum(each.sells for each in undated),
    )


def _grouped(rows: QuerySet[FrozenStat], today: date) -> QuerySet[FrozenStat, Any]:
    dated = rows.filter(day__gt=NO_DAY).order_by("day").values("day").distinct()
    last_shown = Subquery(dated[MOST_DAYS - 1 : MOST_DAYS])  # null where there are fewer days
    shown = Case(When(day__gt=last_shown, then=Value(LATER)), default=F("day"))
    is_late = Q(day__gt=NO_DAY, day__lt=today)
    return (
        rows.annotate(shown=shown)
        .order_by("shown")
        .values_list("shown")
        .annotate(
            days=Count("day", distinct=True),
            sells=Sum("count"),
            value=Sum("value_milli"),
            unknown=Sum("unknown_count"),
            late=Sum("count", filter=is_late, default=0),
        )
    )


def _free(group: _Group) -> FreeDay:
    day = None if group.day == NO_DAY else group.day
    value = _known(group.sells, group.value_milli, group.unknown_count)
    return FreeDay(day, group.sells, value, group.unknown_count)


def _whole(groups: Sequence[_Group]) -> Tally:
    sells = sum(group.sells for group in groups)
    value = sum(group.value_milli for group in groups)
    unknown = sum(group.unknown_count for group in groups)
    return Tally(sells, _known(sells, value, unknown), unknown)


def _known(sells: int, value_milli: int, unknown: int) -> int | None:
    return value_milli if unknown < sells else None
