"""New trades: an overlapping window without an end, from the newest row that we have seen."""

from datetime import datetime, timedelta

from dashboard import clock
from trades.models import Phase, Trade
from trades.sync import windows
from trades.sync.run import PAGE_ROWS, Run
from trades.sync.streams import backfill
from trades.sync.windows import EPOCH, Window
from trades.upstreams.records import TradeQuery

OVERLAP = timedelta(minutes=15)
WHILE_BUSY = timedelta(seconds=10)
WHILE_QUIET = timedelta(seconds=30)


def step(run: Run) -> None:
    if not backfill.has_begun(run.account):
        run.due_in(WHILE_BUSY)
        run.save()
        return
    start = windows.whole_second(newest_seen(run) - OVERLAP)
    page = run.trades(TradeQuery(start=start, limit=PAGE_ROWS, offset=0))
    busy = Trade.objects.filter(account=run.account, phase=Phase.OPEN).exists()
    run.due_in(WHILE_BUSY if busy else WHILE_QUIET)
    too_many = [start.isoformat(), page.total]
    if page.total == len(page) or too_many == run.state.cursor.get("reopened"):
        run.store(page)
        return
    # Once: as long as the same trades stand there, the history has nothing to read again.
    run.state.cursor["reopened"] = too_many
    run.store(page, lambda _: backfill.reopen(run.account, Window(start, None)))


def newest_seen(run: Run) -> datetime:
    """The covered end comes from rows seen; one dated in the future must not blind us."""
    dated = Trade.objects.filter(
        account=run.account, created_at__isnull=False, sort_at__lte=clock.now()
    )
    newest = dated.order_by("-sort_at", "-id").values_list("sort_at", flat=True).first()
    return newest or EPOCH + OVERLAP + windows.MARGIN
