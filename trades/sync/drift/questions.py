"""What the market is asked about its own counts, and how far its answer is from ours."""

from dataclasses import asdict

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import MarketStatistic
from trades.models.stat import NO_GAME
from trades.sync.drift import census
from trades.sync.drift.census import OTHER, TOTAL, Cell, Counts
from trades.sync.run import Run
from trades.upstreams.errors import Garbled, Refused, Unreachable
from trades.upstreams.records import SellTradeQuery, TradeQuery

ALL = "all"  # the dashboard over all games; a game id as text is the dashboard of that game
SELLS = "sells"  # the total of the sell list
EVERYTHING = "everything"  # the unfiltered total of the list of all directions
TOTALS = (SELLS, EVERYTHING)


def of_statistic(told: MarketStatistic) -> str:
    return ALL if told.game_id == NO_GAME else str(told.game_id)


def ask(run: Run, question: str) -> Counts:
    """One call; an answer of the dashboard is kept where the pages show it."""
    if question == EVERYTHING:
        return {TOTAL: run.trades(TradeQuery(limit=1)).total}
    if question == SELLS:
        return {TOTAL: _sells_total(run)}
    asked_at, game_id = clock.now(), game_of(question)
    figures = run.ask(lambda: run.market.statistics(game_id))
    told, _ = MarketStatistic.objects.update_or_create(
        account=run.account,
        game_id=game_id or NO_GAME,
        defaults={**asdict(figures), "asked_at": asked_at},
    )
    return census.theirs(told)


def _sells_total(run: Run) -> int | None:
    """None where this list cannot be read: the other one holds the same trades."""
    try:
        return run.sell_trades(SellTradeQuery(limit=1)).total
    except (Refused, Garbled, Unreachable) as error:
        if isinstance(error, Unreachable) and error.status is None:
            raise
        return None


def ours(account: MarketAccount, question: str) -> Counts:
    """What the mirror would answer."""
    if question == EVERYTHING:
        return {TOTAL: census.everything(account) + census.unread(account)}
    return census.ours(account, game_of(question))


def apart(account: MarketAccount, question: str, told: Counts, held: Counts) -> dict[str, int]:
    """Cell -> theirs minus ours; empty when both agree."""
    unread = 0 if question == EVERYTHING else census.unread(account)
    return census.disagreement(told, held, unread)


def cell_of(question: str, cell: str) -> Cell:
    """The list in which the trades of a differing count stand."""
    status = "" if cell in (OTHER, TOTAL) else cell
    return Cell(game_of(question), status, is_everything=question == EVERYTHING)


def game_of(question: str) -> int | None:
    return int(question) if question.isdigit() else None


def mark(question: str, *parts: str) -> str:
    """Of a difference in this question's counts; see ``Difference.mark``."""
    return ":".join(["count", question, *parts])
