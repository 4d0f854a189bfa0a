"""The roll-ups counted anew from the rows: verified, mended, and moved to another zone.

The rows are counted beside live traffic, without a lock: the account's lease keeps its pages away,
and what is written without the lease (a reversal that Steam told) shows in the stored figures, so
a count is used only when they stand as they stood before it. Figures and their zone change in one
transaction, so no account's are ever half of one zone and half of another.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import DayStat, Direction, FrozenStat, Phase, SellTotal, Trade
from trades.models.stat import NO_DAY, NO_GAME
from trades.sync import lease as leases
from trades.sync.day_stats import KEYS, SUMS, Key
from trades.sync.lease import Lease, LeaseLostError, fence

STRETCH = timedelta(days=60)  # of rows counted between two looks at the lease
TRIES = 3  # beside live traffic; then the account is held while its rows are counted
ROWS_A_STATEMENT = 500
Sums = tuple[int, int, int]  # count, value of the known ones, count of the unknown ones
Figures = dict[type[models.Model], dict[Key, Sums]]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One row of a roll-up that does not count what the trades hold; None = there is no row."""

    rollup: str
    key: Key
    kept: Sums | None
    counted: Sums | None


@dataclass(frozen=True, slots=True)
class Recount:
    trades: int
    wrong: list[Wrong]
    zone_before: str
    zone: str


def accounts_to_move() -> QuerySet[MarketAccount]:
    """Accounts whose figures are of another zone than their team's, and nobody at them."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=clock.now())
    return awaiting_move().filter(free)


def awaiting_move() -> QuerySet[MarketAccount]:
    return MarketAccount.objects.filter(is_active=True).exclude(stat_zone=F("team__time_zone"))


def follow_zone(account_id: int) -> str:
    """Count in the team's zone; the zone then, "" when somebody else is at the account."""
    lease = leases.take(account_id)
    if lease is None:
        return ""
    try:
        return recount(lease).zone
    except LeaseLostError:
        return ""
    finally:
        leases.release(lease)


def recount(lease: Lease, *, only_look: bool = False, anyhow: bool = False) -> Recount:
    """Compare the figures with the rows and, unless ``only_look``, put right what differs.

    The team's zone is taken over on the way; ``anyhow`` writes them even where nothing differs.
    """
    for _ in range(TRIES):
        account = _account(lease)
        before = stored(account)
        figures = _in_both_zones(account, lambda: leases.renew(lease))
        with transaction.atomic():
            fence(lease)
            if stored(account) == before:
                return _settle(account, before, figures, only_look=only_look, anyhow=anyhow)
    with transaction.atomic():  # what keeps moving is counted while nothing can move it
        fence(lease)
        account = _account(lease)
        figures = _in_both_zones(account)
        return _settle(account, stored(account), figures, only_look=only_look, anyhow=anyhow)


def _in_both_zones(
    account: MarketAccount, between: Callable[[], None] = lambda: None
) -> dict[str, Figures]:
    """By the zone that the figures are kept in, and by the team's where that is another."""
    zones = {account.stat_zone, account.team.time_zone}
    return {zone: count(account, zone, between) for zone in sorted(zones)}


def _settle(
    account: MarketAccount,
    kept: Figures,
    figures: dict[str, Figures],
    *,
    only_look: bool,
    anyhow: bool,
) -> Recount:
    counted = figures[account.stat_zone]
    before, after = account.stat_zone, account.team.time_zone
    found = Recount(_trades(counted), _wrong(kept, counted), before, after)
    if not only_look and (anyhow or found.wrong or before != after):
        put(account, figures[after], after)
    return found


def rebuild(account: MarketAccount) -> None:
    """Count every row anew; inside the caller's transaction, which holds the account."""
    put(account, count(account, account.stat_zone), account.stat_zone)


def _account(lease: Lease) -> MarketAccount:
    return MarketAccount.objects.select_related("team").get(pk=lease.account_id)


def count(account: MarketAccount, zone: str, between: Callable[[], None] = lambda: None) -> Figures:
    """The figures that the rows give; ``between`` is called after each stretch of them."""
    days: dict[Key, Sums] = defaultdict(lambda: (0, 0, 0))
    totals: dict[Key, Sums] = defaultdict(lambda: (0, 0, 0))
    for sells in _stretches(account):
        counted = sells.annotate(
            day=TruncDate("sort_at", tzinfo=ZoneInfo(zone)), game=Coalesce("game_id", NO_GAME)
        ).values_list("day", "game", "status", "phase")
        for *key, sums in _summed(counted):
            days[tuple(key)] = _plus(days[tuple(key)], sums)
            totals[tuple(key[1:])] = _plus(totals[tuple(key[1:])], sums)
        between()
    return {DayStat: dict(days), SellTotal: dict(totals), FrozenStat: _frozen(account, zone)}


def _stretches(account: MarketAccount) -> Iterator[QuerySet[Trade]]:
    sells = Trade.objects.filter(account=account, direction=Direction.SELL).order_by()
    ends = Trade.objects.filter(account=account).aggregate(Min("sort_at"), Max("sort_at"))
    start: datetime | None = ends["sort_at__min"]
    while start and start <= ends["sort_at__max"]:
        until = start + STRETCH
        yield sells.filter(sort_at__gte=start, sort_at__lt=until)
        following = Trade.objects.filter(account=account, sort_at__gte=until)
        start = following.aggregate(Min("sort_at"))["sort_at__min"]


def _frozen(account: MarketAccount, zone: str) -> dict[Key, Sums]:
    frozen = Trade.objects.filter(account=account, direction=Direction.SELL, phase=Phase.FROZEN)
    by_day = frozen.order_by().annotate(day=TruncDate("settles_at", tzinfo=ZoneInfo(zone)))
    return {(day or NO_DAY,): sums for day, sums in _summed(by_day.values_list("day"))}


def _summed(grouped: Any) -> Iterator[tuple[Any, ...]]:
    rows = grouped.annotate(
        trades=Count("*"), known=Sum("value_milli"), valued=Count("value_milli")
    )
    for *key, trades, known, valued in rows:
        yield (*key, (trades, known or 0, trades - valued))


def _plus(one: Sums, other: Sums) -> Sums:
    return (one[0] + other[0], one[1] + other[1], one[2] + other[2])


def stored(account: MarketAccount) -> Figures:
    """The figures as they are kept."""
    kept: Figures = {}
    for model, names in KEYS.items():
        rows = model._default_manager.filter(account=account).values_list(*names, *SUMS)
        kept[model] = {tuple(row[: len(names)]): tuple(row[len(names) :]) for row in rows}
    return kept


def put(account: MarketAccount, figures: Figures, zone: str) -> None:
    """In the caller's transaction: these figures and their zone in place of what is kept."""
    for model, rows in figures.items():
        model._default_manager.filter(account=account).delete()
        owner = {"team_id": account.team_id, "account_id": account.pk}
        made = [
            model(**owner, **dict(zip((*KEYS[model], *SUMS), (*key, *sums), strict=True)))
            for key, sums in sorted(rows.items())
        ]
        model._default_manager.bulk_create(made, batch_size=ROWS_A_STATEMENT)
    MarketAccount.objects.filter(pk=account.pk).update(stat_zone=zone)


def _wrong(kept: Figures, counted: Figures) -> list[Wrong]:
    found = []
    for model in KEYS:
        ours, theirs = kept[model], counted[model]
        keys = sorted(set(ours) | set(theirs))
        found += [
            Wrong(model.__name__, key, ours.get(key), theirs.get(key))
            for key in keys
            if ours.get(key) != theirs.get(key)
        ]
    return found


def _trades(figures: Figures) -> int:
    return sum(sums[0] for sums in figures[SellTotal].values())
