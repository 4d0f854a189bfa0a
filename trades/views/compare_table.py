"""The market's thirteen statistics beside the mirror's, game by game, ready to print."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import MarketAccount
from dashboard.templatetags.ui import ago_html, count_text, game_text, money_text, percent_text
from trades import stats
from trades.filters import OTHER_GAMES
from trades.stats import ALL_GAMES, Comparison, MarketFigures, Total
from trades.views.home_parts import Links

LABELS = {
    "total_transactions": ("Trades", ""),
    "total_volume": ("Volume", "of successful trades"),
    "total_revenue": ("Revenue", "of successful trades"),
    "avg_transaction": ("Average", "volume over all trades"),
    "success_rate_milli": ("Success rate", "accepted and completed over all"),
    "processing_count": ("Processing", ""),
    "accepted_count": ("Accepted", ""),
    "completed_count": ("Completed", ""),
    "cancelled_count": ("Cancelled", "failed on the seller's side"),
    "declined_count": ("Declined", "failed on the buyer's side"),
    "rolled_back_by_user_count": ("Rolled back by user", ""),
    "rolled_back_by_bot_count": ("Rolled back by bot", ""),
    "error_count": ("Errors", "ours: every other status"),
}
_VALUES = {"total_volume", "total_revenue", "avg_transaction"}


@dataclass(frozen=True, slots=True)
class Column:
    label: str
    age: str  # markup
    note: str
    differs: int


@dataclass(frozen=True, slots=True)
class Cell:
    column: str
    market: str
    mirror: str
    difference: str  # "" where one of the two is unknown
    differs: bool
    note: str
    url: str  # the list that proves ours, "" for figures that no list counts


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    note: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    columns: Sequence[Column]
    lines: Sequence[Line]


def compare_table(
    totals: Sequence[Total],
    market: dict[str, MarketFigures],
    accounts: Sequence[MarketAccount],
    link: Links,
) -> Table:
    games = stats.games_to_compare(totals, market)
    by_game = {
        game: stats.compare(totals, market.get(game, MarketFigures()), game) for game in games
    }
    columns = [
        _column(game, market.get(game, MarketFigures()), by_game[game], len(accounts))
        for game in games
    ]
    lines = [
        Line(*LABELS[figure], [_cell(by_game[game][place], link) for game in games])
        for place, figure in enumerate(stats.FIGURES)
    ]
    return Table(columns, lines)


def _column(
    game: str, figures: MarketFigures, compared: Sequence[Comparison], accounts: int
) -> Column:
    note = ""
    if game == OTHER_GAMES:
        note = "the market is not asked"
    elif 0 < figures.told_by < accounts:
        note = f"{figures.told_by} of {accounts} accounts told"
    return Column(
        label=_game_label(game),
        age=ago_html(figures.asked_at, "" if game == OTHER_GAMES else "not asked yet"),
        note=note,
        differs=sum(bool(one.difference) for one in compared),
    )


def _game_label(game: str) -> str:
    if game == ALL_GAMES:
        return "All games"
    return "Other games" if game == OTHER_GAMES else game_text(int(game))


def _cell(one: Comparison, link: Links) -> Cell:
    is_count = bool(one.status) or one.figure == "total_transactions"
    return Cell(
        column=_game_label(one.game),
        market=_text(one.figure, one.market),
        mirror=_text(one.figure, one.mirror),
        difference=_difference(one),
        differs=bool(one.difference),
        note=f"{count_text(one.unknown_count)} unknown"
        if one.unknown_count and one.mirror is not None
        else "",
        url=link.sells(game=one.game, status=one.status) if is_count else "",
    )


def _text(figure: str, value: int | None) -> str:
    if figure in _VALUES:
        return money_text(value)
    return percent_text(value) if figure == "success_rate_milli" else count_text(value)


def _difference(one: Comparison) -> str:
    """Ours minus theirs, with its sign."""
    if one.difference is None:
        return ""
    sign = "+" if one.difference > 0 else "−"
    text = _text(one.figure, abs(one.difference))
    return f"{sign}{text}" if one.difference else "equal"
