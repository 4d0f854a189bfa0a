"""How many trades a filter finds, for a bounded price: exact where that is cheap, and it says so.

The day figures count sells by account, day, game, status and phase; what they cannot tell is
counted among the rows of one condition, at most ``COUNT_CAP`` of them.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import MarketAccount, Team
from trades import contains, narrowing, queries
from trades.conditions import Condition, conditions, shown_accounts
from trades.filters import PARAMS, TradeFilter
from trades.models import DayStat, Direction, SellTotal, Trade
from trades.models.trade import TradeQuerySet
from trades.queries import COUNT_CAP

MOST_LEADERS = 2
_IN_DAY_FIGURES = {
    *("upstreams", "accounts", "games", "statuses", "phases", "directions", "since", "until"),
    *("sort", "is_ascending", "id_kind"),
}
_EMPTY = TradeFilter()
_NOT_SELLS = [str(each) for each in Direction if each != Direction.SELL]


class Counted(NamedTuple):
    """``number`` is all there are, or where not ``is_exact`` as many as were met."""

    number: int
    is_exact: bool


def count(team: Team, wanted: TradeFilter, accounts: Sequence[MarketAccount]) -> Counted:
    if wanted.ids:
        return Counted(queries.matching(team, wanted, accounts).count(), is_exact=True)
    if _is_in_day_figures(wanted, accounts):
        found = _from_day_figures(team, wanted, accounts)
        if found is not None:
            return Counted(found, is_exact=True)
    return _by_looking(team, queries.asked_of(team, wanted, accounts))


# -- from the day figures --


def _is_in_day_figures(wanted: TradeFilter, accounts: Sequence[MarketAccount]) -> bool:
    """Asked by what they are kept by, and by days as they are cut."""
    others = (name for name in PARAMS if name not in _IN_DAY_FIGURES)
    if any(getattr(wanted, name) != getattr(_EMPTY, name) for name in others):
        return False
    zones = {account.stat_zone for account in shown_accounts(wanted, accounts)}
    return not (wanted.since or wanted.until) or zones <= {str(wanted.zone)}


def _from_day_figures(
    team: Team, wanted: TradeFilter, accounts: Sequence[MarketAccount]
) -> int | None:
    """None where too many trades are no sells, which have no day figures."""
    shown = [account.pk for account in shown_accounts(wanted, accounts)]
    others = [each for each in wanted.directions or _NOT_SELLS if each in _NOT_SELLS]
    odd = Trade.objects.filter(account__in=shown, direction__in=others).order_by()
    odd_ones = list(odd.values_list("pk", flat=True)[: narrowing.RARE + 1])
    if len(odd_ones) > narrowing.RARE:
        return None
    asked = queries.asked_of(team, wanted, accounts)
    found = narrowing.among(odd_ones, asked).count()
    if not wanted.directions or Direction.SELL in wanted.directions:
        found += _sells(wanted, shown)
    return found


def _sells(wanted: TradeFilter, shown: Sequence[int]) -> int:
    kept: QuerySet[Any] = SellTotal.objects.all()
    if wanted.since or wanted.until:
        kept = DayStat.objects.all()
    if wanted.since:
        kept = kept.filter(day__gte=wanted.since)
    if wanted.until:
        kept = kept.filter(day__lte=wanted.until)
    words = TradeFilter(games=wanted.games, statuses=wanted.statuses, phases=wanted.phases)
    asked = [condition.found for condition in conditions(words, ())]
    found = kept.filter(*asked, account__in=shown).aggregate(Sum("count", default=0))
    return int(found["count__sum"])


# -- by looking at trades --


def _by_looking(team: Team, asked: Sequence[Condition]) -> Counted:
    """Among the rows of one condition after the other, until one has no more of them."""
    if len(asked) == 1 and contains.is_part_of_a_name(asked[0]):
        found = len(contains.by_items(team, asked[0], COUNT_CAP + 1))
        return Counted(min(found, COUNT_CAP), is_exact=found <= COUNT_CAP)
    best = Counted(0, is_exact=False)
    for leader in narrowing.leaders(asked, indexed=True)[:MOST_LEADERS] or [Condition("", Q())]:
        counted = _among(narrowing.led(team, leader, COUNT_CAP + 1), asked)
        if counted.is_exact:
            return counted
        best = max(best, counted)
    return best


def _among(rows: TradeQuerySet, asked: Sequence[Condition]) -> Counted:
    every = Q(*(condition.found for condition in asked)) if asked else Q(pk__isnull=False)
    met = rows.aggregate(looked_at=Count("pk"), found=Count("pk", filter=every))
    return Counted(min(met["found"], COUNT_CAP), is_exact=met["looked_at"] <= COUNT_CAP)
