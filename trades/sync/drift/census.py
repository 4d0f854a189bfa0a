"""What the mirror holds, counted as the market counts it; every count reads one index."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db.models import Count, QuerySet, Sum

from accounts.models import MarketAccount
from trades.models import (
    BadRecord,
    DayStat,
    Difference,
    DifferenceKind,
    Direction,
    FrozenStat,
    MarketStatistic,
    Phase,
    SellTotal,
    Trade,
)
from trades.models.stat import NO_GAME
from trades.sync.day_stats import batched
from trades.sync.windows import Window

# The seven of the seed pages; the market counts every other status as an error.
LISTED = (
    "processing",
    "accepted",
    "completed",
    "cancelled",
    "declined",
    "rolled_back_by_user",
    "rolled_back_by_bot",
)
OTHER = "(other)"
TOTAL = ""
IDS_A_QUERY = 500

Counts = Mapping[str, int | None]  # a listed status, OTHER or TOTAL -> trades; None = not told


class Cell(NamedTuple):
    """What a list of the market is asked for; empty fields ask for everything."""

    game_id: int | None = None
    status: str = ""
    is_everything: bool = False  # trades of all directions, as ``/api/trades`` lists them


def of_cell(account: MarketAccount, cell: Cell, window: Window | None = None) -> QuerySet[Trade]:
    """The trades of a cell; with a window those created in it, its end left out."""
    found = Trade.objects.filter(account=account)
    if not cell.is_everything:
        found = found.filter(direction=Direction.SELL)
    if cell.game_id is not None:
        found = found.filter(game_id=cell.game_id)
    if cell.status:
        found = found.filter(status=cell.status)
    if window is None:
        return found
    if window.start:
        found = found.filter(created_at__gte=window.start)
    if window.end:
        found = found.filter(created_at__lt=window.end)
    return found.filter(created_at__isnull=False)


def theirs(told: MarketStatistic) -> Counts:
    """The counts of one dashboard answer."""
    listed: dict[str, int | None] = {status: getattr(told, f"{status}_count") for status in LISTED}
    return {**listed, OTHER: told.error_count, TOTAL: told.total_transactions}


def ours(account: MarketAccount, game_id: int | None) -> Counts:
    """Sells as the dashboard counts them, without those whose newest answer we could not take.

    From the day figures, which are held against the rows themselves once a rotation.
    """
    counted = _by_day_figures(account)
    for part in batched(sorted(set_aside(account)), IDS_A_QUERY):
        for (game, status), count in _by_game_and_status(account, part).items():
            counted[NO_GAME if game is None else game, status] -= count
    found: dict[str, int] = dict.fromkeys((*LISTED, OTHER, TOTAL), 0)
    for (game, status), count in counted.items():
        if game_id is None or game == game_id:
            found[status if status in LISTED else OTHER] += count
            found[TOTAL] += count
    return found


def everything(account: MarketAccount) -> int:
    """Trades of all directions, those left out that the market no longer lists or we cannot read.

    What we cannot read is counted by ``unread``.
    """
    held = Trade.objects.filter(account=account)
    aside = sum(
        held.filter(upstream_id__in=part).count()
        for part in batched(sorted(set_aside(account)), IDS_A_QUERY)
    )
    return held.count() - aside


def set_aside(account: MarketAccount) -> set[str]:
    """Ids of trades that we may hold and that no count of the market can equal."""
    bad = BadRecord.objects.filter(account=account).exclude(upstream_id="")
    phantoms = Difference.objects.filter(
        account=account, kind=DifferenceKind.PHANTOM, mended_at__isnull=True
    )
    ids = set(bad.values_list("upstream_id", flat=True))
    return ids | set(phantoms.values_list("upstream_id", flat=True))


def unread(account: MarketAccount) -> int:
    """Trades of the market whose newest answer could not be read; see ``accounted_for``."""
    bad = BadRecord.objects.filter(account=account)
    named = bad.exclude(upstream_id="").values("upstream_id").distinct().count()
    return named + bad.filter(upstream_id="", is_agreed=True).count()


def disagreement(told: Counts, held: Counts, unreadable: int) -> dict[str, int]:
    """Cell -> theirs minus ours; empty when they agree. What one of them does not tell is left out.

    A row that we cannot read may stand in any cell: that many may be missing from ours.
    """
    apart = {
        cell: count - (held.get(cell) or 0)
        for cell, count in told.items()
        if count is not None and count != (held.get(cell) or 0)
    }
    missing = [apart[cell] for cell in apart if cell != TOTAL]
    is_explained = all(count > 0 for count in apart.values()) and sum(missing) <= unreadable
    if is_explained and apart.get(TOTAL, 0) <= unreadable:
        return {}
    if missing and sum(missing) == apart.get(TOTAL):
        apart.pop(TOTAL)  # it says nothing that the others do not
    return apart


def unknown_statuses(account: MarketAccount) -> dict[str, int]:
    """Statuses that no document names, as they came, and how many sells bear each."""
    totals = DayStat.objects.filter(account=account).exclude(status__in=LISTED)
    rows = totals.values_list("status").annotate(Sum("count")).order_by("status")
    return {status: count for status, count in rows if count}


def day_figures_agree(account: MarketAccount) -> bool:
    """Whether the day figures count what the rows hold; inside a transaction with the fence."""
    kept = _by_day_figures(account)
    rows: Counter[tuple[int | None, str]] = Counter()
    for (game, status), count in _by_game_and_status(account).items():
        rows[NO_GAME if game is None else game, status] += count
    negative = DayStat.objects.filter(account=account, count__lt=0).exists()
    return not negative and +kept == +rows and _rollups_agree(account, kept)


def _rollups_agree(account: MarketAccount, by_day: Counter[tuple[int | None, str]]) -> bool:
    """Whether the totals and the frozen money are those of the day figures."""
    totals: Counter[tuple[int | None, str]] = Counter()
    frozen = 0
    rows = SellTotal.objects.filter(account=account)
    for game, status, phase, count in rows.values_list("game_id", "status", "phase", "count"):
        totals[game, status] += count
        frozen += count if phase == Phase.FROZEN else 0
    waiting = FrozenStat.objects.filter(account=account).aggregate(Sum("count"))["count__sum"]
    return +totals == +by_day and frozen == (waiting or 0)


def _by_day_figures(account: MarketAccount) -> Counter[tuple[int | None, str]]:
    counted: Counter[tuple[int | None, str]] = Counter()
    stats = DayStat.objects.filter(account=account).values_list("game_id", "status")
    for game, status, count in stats.annotate(Sum("count")).order_by():
        counted[game, status] += count
    return counted


def _by_game_and_status(
    account: MarketAccount, ids: Iterable[str] | None = None
) -> Counter[tuple[int | None, str]]:
    sells = Trade.objects.filter(account=account, direction=Direction.SELL)
    if ids is not None:
        sells = sells.filter(upstream_id__in=list(ids))
    rows = sells.values_list("game_id", "status").annotate(trades=Count("*")).order_by()
    return Counter({(game, status): count for game, status, count in rows})
