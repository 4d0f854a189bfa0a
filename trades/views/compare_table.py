"""The market's thirteen statistics beside the mirror's, game by game, ready to print."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import MarketAccount
from dashboard.templatetags.ui import ago_html, count_text, game_text, money_text, percent_text
from trades import stats
from trades.filters import OTHER_GAMES
from trades.stats import ALL_GAMES, Comparison, MarketFigures, Total
from trades.views.home_links import Links

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
class Reasons:
    """What is known of why figures may differ."""

    is_arriving: bool
    standing: int  # differences that were looked for and found
    differences_url: str


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    note: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why some of the figures differ."""

    figures: str
    sentence: str
    url: str


@dataclass(frozen=True, slots=True)
class Table:
    columns: Sequence[Column]
    lines: Sequence[Line]
    causes: Sequence[Cause]


def compare_table(
    totals: Sequence[Total],
    market: dict[str, MarketFigures],
    accounts: Sequence[MarketAccount],
    link: Links,
    *,
    is_arriving: bool,
) -> Table:
    reasons = _reasons(accounts, link, is_arriving=is_arriving)
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
    return Table(columns, lines, _causes([one for game in games for one in by_game[game]], reasons))


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


def game_labels(totals: Sequence[Total]) -> dict[str, str]:
    """The games of these sells, the known ones first, each with its name."""
    games = [game for game in stats.games_to_compare(totals, {}) if game != ALL_GAMES]
    return {game: _game_label(game) for game in games}


def _game_label(game: str) -> str:
    if game == ALL_GAMES:
        return "All games"
    return "Other games" if game == OTHER_GAMES else game_text(int(game))


def _reasons(accounts: Sequence[MarketAccount], link: Links, *, is_arriving: bool) -> Reasons:
    """The page of differences is an account's: that of the one with the most."""
    most = max(accounts, key=lambda each: getattr(each, "differences_standing", 0))
    standing = sum(getattr(each, "differences_standing", 0) for each in accounts)
    return Reasons(is_arriving, standing, link.differences(most.pk))


def _causes(compared: Sequence[Comparison], reasons: Reasons) -> list[Cause]:
    """Each cause once, with the figures that it explains, game by game; rates follow from these."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for one in compared:
        if one.difference and one.figure not in stats.BEHIND:
            by_game = found.setdefault(_cause(one, reasons), {})
            words = f"{LABELS[one.figure][0]} {_difference(one)}"
            by_game.setdefault(_game_label(one.game), []).append(words)
    return [
        Cause("; ".join(f"{game}: {', '.join(words)}" for game, words in by_game.items()), *cause)
        for cause, by_game in found.items()
    ]


def _cause(one: Comparison, reasons: Reasons) -> tuple[str, str]:
    """A sentence, and the page that shows more, if any."""
    if reasons.is_arriving:
        return "The history is still arriving.", ""
    if one.figure in _VALUES:
        return "Ours are the values that were agreed on, theirs what the market counts.", ""
    if one.figure == "error_count":
        return "Ours are statuses that no document names; what it counts as errors none says.", ""
    if reasons.standing:
        many = f"{count_text(reasons.standing)} differences stand"
        stands = "One difference stands" if reasons.standing == 1 else many
        return f"{stands}, each named with its size.", reasons.differences_url
    return (
        "News since the market's answer, or about to be looked for: what stays is named.",
        reasons.differences_url,
    )


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
