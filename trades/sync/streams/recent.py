"""New trades: an overlapping window without an end, from the newest row that we have seen."""

from datetime import datetime, timedelta

from dashboard import clock
from trades.models import Trade
from trades.sync import doubts, pace, windows
from trades.sync.doubts import Judged
from trades.sync.run import PAGE_ROWS, Run
from trades.sync.store import Outcome
from trades.sync.streams import backfill
from trades.sync.windows import EPOCH, Window
from trades.upstreams.records import Page, TradeQuery

OVERLAP = timedelta(minutes=15)
NEWEST = "newest"  # the one question of this stream
WHILE_BUSY = timedelta(seconds=10)
WHILE_LIVELY = timedelta(seconds=30)
WHILE_QUIET = timedelta(minutes=1)


def step(run: Run) -> None:
    if not backfill.has_begun(run.account):
        run.due_in(WHILE_BUSY)
        run.save()
        return
    start = _start(run)
    page = run.trades(TradeQuery(start=start, limit=PAGE_ROWS, offset=0))
    too_many = [start.isoformat(), page.total]
    is_new = page.total != len(page) and too_many != run.state.cursor.get("reopened")
    if is_new:  # as long as the same trades stand there, the history has nothing to read again
        run.state.cursor["reopened"] = too_many
    judged = Judged(is_settled=False) if is_new else _judged(run, start, page)

    def note(outcome: Outcome) -> None:
        if is_new:
            backfill.reopen(run.account, Window(start, None))
        judged.note(run.account)
        _note_news(run, outcome)

    run.store(page, note)


def _note_news(run: Run, outcome: Outcome) -> None:
    notes = run.state.cursor
    if outcome.wrote or "news_at" not in notes:
        notes["news_at"] = clock.now().isoformat()
    is_lively = clock.now() - datetime.fromisoformat(notes["news_at"]) < pace.LIVELY_FOR
    usual = WHILE_LIVELY if is_lively else WHILE_QUIET
    run.due_in(WHILE_BUSY if pace.is_busy(run.account) else usual)


def _start(run: Run) -> datetime:
    start = windows.whole_second(newest_seen(run) - OVERLAP)
    doubtful = run.state.cursor.get("doubtful_from")
    return min(start, datetime.fromisoformat(doubtful)) if doubtful else start


def _judged(run: Run, start: datetime, page: Page) -> Judged:
    """Rows without an id hold the start back until readings agree on them."""
    notes = run.state.cursor
    judged = doubts.judge(notes, NEWEST, page, Window(start + windows.MARGIN, None))
    if judged.is_settled:
        notes.pop("doubtful_from", None)
    else:
        notes["doubtful_from"] = start.isoformat()
    return judged


def newest_seen(run: Run) -> datetime:
    """The covered end comes from rows seen; one dated in the future must not blind us."""
    dated = Trade.objects.filter(
        account=run.account, created_at__isnull=False, sort_at__lte=clock.now()
    )
    newest = dated.order_by("-sort_at", "-id").values_list("sort_at", flat=True).first()
    return newest or EPOCH + OVERLAP + windows.MARGIN
