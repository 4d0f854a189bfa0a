"""Figures of the home page: ours rolled up from day statistics, the market's as it told them.

Everything here is an aggregate in SQL over active accounts; nothing loops over trades.
None is unknown and is never counted as 0. The arithmetic is the market's own, checked on the
example of its Sell API page: success rate and average are over all trades, volume over successes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum, Value

from accounts.models import MarketAccount
from trades.filters import (
    KNOWN_GAMES,
    KNOWN_STATUSES,
    OTHER_GAMES,
    OTHER_STATUSES,
    TradeFilter,
)
from trades.models import DayStat, MarketStatistic, Phase, SellTotal
from trades.models.stat import NO_GAME
from trades.periods import Span

Question = tuple[Sequence[MarketAccount], Span | None]  # whose totals; None is all days

ALL_GAMES = ""
SUCCESSES = ("accepted", "completed")
FIGURES = (
    "total_transactions",
    "total_volume",
    "total_revenue",
    "avg_transaction",
    "success_rate_milli",
    "processing_count",
    "accepted_count",
    "completed_count",
    "cancelled_count",
    "declined_count",
    "rolled_back_by_user_count",
    "rolled_back_by_bot_count",
    "error_count",
)


BEHIND = {
    "success_rate_milli": ("total_transactions", "accepted_count", "completed_count"),
    "avg_transaction": ("total_transactions", "total_volume"),
}


@dataclass(frozen=True, slots=True)
class Total:
    """Sells of one game, status and phase, over all days."""

    game_id: int
    status: str
    phase: str
    count: int
    value_milli: int  # of those whose value is known
    unknown_count: int  # those whose value is not


@dataclass(frozen=True, slots=True)
class Tally:
    """A sum of totals. ``value_milli`` is None when no value is known at all."""

    count: int
    value_milli: int | None
    unknown_count: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Which sells a figure counts, in words that the history's filter has too."""

    phases: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    game: str = ""

    def of(self, totals: Iterable[Total]) -> list[Total]:
        return [
            total
            for total in totals
            if (not self.phases or total.phase in self.phases)
            and (not self.statuses or total.status in self.statuses)
            and _is_of(total, self.game)
        ]

    def asked_of(self, wanted: TradeFilter) -> TradeFilter:
        """The list that proves the figure."""
        games = (self.game,) if self.game else wanted.games
        return wanted.with_(phases=self.phases, statuses=self.statuses, games=games)


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    count: int
    won: int  # done or frozen
    open: int  # neither won nor failed nor rolled back
    lost: int
    value_milli: int | None  # of the known ones; None when none is known
    unknown_count: int
    won_milli: int  # of those won whose value is known
    won_unknown: int


@dataclass(frozen=True, slots=True)
class MarketFigures:
    """The market's statistics of one game, summed over the accounts; None = not told by all."""

    values: dict[str, int | None] = field(default_factory=dict)
    asked_at: datetime | None = None  # the oldest of the answers in the sum
    told_by: int = 0  # how many accounts have an answer at all


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure of one game: the market's, ours, and what lies between (ours minus theirs)."""

    figure: str
    game: str
    market: int | None
    mirror: int | None
    difference: int | None
    unknown_count: int = 0  # sells whose missing value keeps ours from being whole
    status: str = ""  # the history's status filter whose list equals ours


def totals_of(accounts: Sequence[MarketAccount]) -> list[Total]:
    """Over all days: a row a game, status and phase."""
    return totals_over(accounts, [None])[0]


def totals_over(
    accounts: Sequence[MarketAccount], spans: Sequence[Span | None]
) -> list[list[Total]]:
    """The same for several spans in one query; None is all days."""
    return totals_asked([(accounts, span) for span in spans])


def totals_asked(asked: Sequence[Question]) -> list[list[Total]]:
    """The same for several questions in one query."""
    found: list[list[Total]] = [[] for _ in asked]
    first, *others = [_summed(*question, place) for place, question in enumerate(asked)]
    for place, *row in first.union(*others, all=True) if others else first:
        if row[3]:
            found[place].append(Total(*row))
    return found


def _summed(accounts: Sequence[MarketAccount], span: Span | None, place: int) -> QuerySet[Any]:
    rows: QuerySet[Any] = SellTotal.objects.all()
    if span:
        rows = DayStat.objects.filter(day__range=(span.since, span.until))
    grouped = rows.filter(account__in=_active(accounts)).order_by()
    named = grouped.annotate(place=Value(place)).values_list("place", "game_id", "status", "phase")
    summed: QuerySet[Any] = named.annotate(Sum("count"), Sum("value_milli"), Sum("unknown_count"))
    return summed


def tally(totals: Iterable[Total], *, phases: Sequence[str] | None = None) -> Tally:
    wanted = [total for total in totals if phases is None or total.phase in phases]
    count = sum(total.count for total in wanted)
    unknown = sum(total.unknown_count for total in wanted)
    value = sum(total.value_milli for total in wanted) if unknown < count else None
    return Tally(count=count, value_milli=value, unknown_count=unknown)


def days_of(accounts: Sequence[MarketAccount], since: date, until: date) -> list[Day]:
    """Sells by day, both ends included, only days that have some; one query."""
    rows = (
        DayStat.objects.filter(account__in=_active(accounts), day__range=(since, until))
        .values("day")
        .annotate(
            total=Sum("count"),
            won=Sum("count", filter=Q(phase__in=[Phase.DONE, Phase.FROZEN]), default=0),
            lost=Sum("count", filter=Q(phase__in=[Phase.FAILED, Phase.REVERTED]), default=0),
            value=Sum("value_milli"),
            unknown=Sum("unknown_count"),
            won_value=Sum("value_milli", filter=Q(phase__in=[Phase.DONE, Phase.FROZEN]), default=0),
            won_unknown=Sum(
                "unknown_count", filter=Q(phase__in=[Phase.DONE, Phase.FROZEN]), default=0
            ),
        )
        .order_by("day")
    )
    return [
        Day(
            day=row["day"],
            count=row["total"],
            won=row["won"],
            open=row["total"] - row["won"] - row["lost"],
            lost=row["lost"],
            value_milli=row["value"] if row["unknown"] < row["total"] else None,
            unknown_count=row["unknown"],
            won_milli=row["won_value"],
            won_unknown=row["won_unknown"],
        )
        for row in rows
        if row["total"]
    ]


def market_of(accounts: Sequence[MarketAccount]) -> dict[str, MarketFigures]:
    """The market's figures by game (``ALL_GAMES`` for its total), summed over the accounts.

    A figure that some account has not told is None: a sum without it would pass for the whole.
    """
    active = _active(accounts)
    told = {f"{name}_told": Count(name) for name in FIGURES}
    sums = {f"{name}_sum": Sum(name) for name in FIGURES}
    asked = MarketStatistic.objects.filter(account__in=active).values("game_id")
    rows: Iterable[Any] = asked.annotate(
        asked=Min("asked_at"), answers=Count("pk"), **told, **sums
    ).order_by("game_id")
    found = {}
    for row in rows:
        values = {
            name: row[f"{name}_sum"] if row[f"{name}_told"] == len(active) else None
            for name in FIGURES
        }
        if len(active) > 1:
            values |= _ratios(values)
        game = ALL_GAMES if row["game_id"] == NO_GAME else str(row["game_id"])
        found[game] = MarketFigures(values, row["asked"], row["answers"])
    return found


def games_to_compare(totals: Iterable[Total], market: dict[str, MarketFigures]) -> list[str]:
    """Over all games first, then the known ones in use, then all others in one."""
    ours = {total.game_id for total in totals}
    told = {game for game, figures in market.items() if figures.values.get("total_transactions")}
    known = [str(game) for game in KNOWN_GAMES if game in ours or str(game) in told]
    return [ALL_GAMES, *known, *([OTHER_GAMES] if ours - set(KNOWN_GAMES) else [])]


def compare(totals: Iterable[Total], market: MarketFigures, game: str) -> list[Comparison]:
    """The thirteen figures of one game, the market's beside ours."""
    ours = [total for total in totals if _is_of(total, game)]
    won = _sum_up(ours, lambda total: total.status in SUCCESSES)
    return _without_rounding([_compared(figure, game, market, ours, won) for figure in FIGURES])


def _without_rounding(rows: list[Comparison]) -> list[Comparison]:
    """A rate differs only when a figure behind it does: the rest is how the market rounds."""
    differences = {row.figure: row.difference for row in rows}
    return [
        replace(row, difference=0)
        if row.difference
        and all(differences[each] == 0 for each in BEHIND.get(row.figure, (row.figure,)))
        else row
        for row in rows
    ]


def _compared(
    figure: str, game: str, market: MarketFigures, ours: Sequence[Total], won: Tally
) -> Comparison:
    theirs = market.values.get(figure)
    status = status_behind(figure)
    mirror = _ours(figure, ours, won)
    is_value = figure in {"total_volume", "total_revenue", "avg_transaction"}
    missing = won.unknown_count if is_value else 0
    comparable = theirs is not None and mirror is not None and not missing
    return Comparison(
        figure=figure,
        game=game,
        market=theirs,
        mirror=mirror,
        difference=mirror - theirs if comparable else None,  # type: ignore[operator]
        unknown_count=missing,
        status=status,
    )


def status_behind(figure: str) -> str:
    """The status a count stands for; the market's errors stand beside all that no page lists."""
    if figure == "error_count":
        return OTHER_STATUSES
    name, is_count, _ = figure.partition("_count")
    return name if is_count else ""


def _ours(figure: str, ours: Sequence[Total], won: Tally) -> int | None:
    everything = sum(total.count for total in ours)
    if figure == "total_transactions":
        return everything
    if figure in {"total_volume", "total_revenue"}:
        return won.value_milli if won.count else 0
    if figure == "avg_transaction":
        if won.unknown_count:
            return None  # a part of the value over all trades would be no average
        return _average(won.value_milli if won.count else 0, everything)
    if figure == "success_rate_milli":
        return rate(won.count, everything)
    status = status_behind(figure)
    return _sum_up(ours, lambda total: _has_status(total, status)).count


def _sum_up(totals: Sequence[Total], wanted: Callable[[Total], bool]) -> Tally:
    return tally([total for total in totals if wanted(total)])


def _has_status(total: Total, status: str) -> bool:
    if status == OTHER_STATUSES:
        return total.status not in KNOWN_STATUSES
    return total.status == status


def _is_of(total: Total, game: str) -> bool:
    if game == OTHER_GAMES:
        return total.game_id not in KNOWN_GAMES
    return game == ALL_GAMES or str(total.game_id) == game


def _ratios(values: dict[str, int | None]) -> dict[str, int | None]:
    """Averages and rates do not add up: over several accounts they are taken from the sums."""
    count = values["total_transactions"]
    accepted, completed = values["accepted_count"], values["completed_count"]
    won = None if accepted is None or completed is None else accepted + completed
    return {
        "avg_transaction": _average(values["total_volume"], count),
        "success_rate_milli": rate(won, count),
    }


def _average(value_milli: int | None, count: int | None) -> int | None:
    if value_milli is None or not count:
        return None
    return _divided(value_milli, count)


def rate(won: int | None, count: int | None) -> int | None:
    """In 1/1000 percent, as the market's answer is stored."""
    if won is None or not count:
        return None
    return _divided(won * 100_000, count)


def _divided(amount: int, parts: int) -> int:
    """To the nearest whole one, without a float on the way."""
    return (2 * amount + parts) // (2 * parts)


def _active(accounts: Sequence[MarketAccount]) -> list[int]:
    return [account.pk for account in accounts if account.is_active]
