"""Mannco's newest 500 trades: all that it tells. What fell out before we looked is a gap.

The mirror accumulates: a trade that this list forgot stays as it was seen last.
"""

from datetime import datetime, timedelta

from dashboard import clock
from trades.connect import narrowed
from trades.models import Trade
from trades.sync.resends import settle_resends
from trades.sync.run import Run
from trades.sync.store import Outcome
from trades.upstreams.mannco.client import MOST_ROWS, ManncoClient
from trades.upstreams.records import Page

EVERY = timedelta(minutes=2)


def step(run: Run) -> None:
    client = narrowed(run.client, ManncoClient)
    run.state.started_at = run.state.started_at or clock.now()
    page = run.ask(client.all)
    run.state.covered = _covered(run, page)
    run.state.finished_at = clock.now()
    run.due_in(EVERY)

    def note(_: Outcome) -> None:
        run.state.cursor["read_at"] = clock.now().isoformat()
        settle_resends(run.account, page)

    run.store(page, note)


def _covered(run: Run, page: Page) -> list[list[str | None]]:
    """The stretches of time of which every trade was seen; between two of them lies a gap."""
    before: list[list[str | None]] = run.state.covered
    oldest = min((each.created_at for each in page.trades if each.created_at), default=None)
    is_cut_off = len(page) >= MOST_ROWS and oldest is not None
    if not before:
        return [[oldest.isoformat() if is_cut_off and oldest else None, None]]
    if not is_cut_off or oldest is None or _known(run, page):
        return before
    *earlier, (begin, _) = before
    return [*earlier, [begin, _last_seen(run).isoformat()], [oldest.isoformat(), None]]


def _read_at(run: Run) -> datetime:
    return datetime.fromisoformat(run.state.cursor["read_at"])


def _known(run: Run, page: Page) -> bool:
    """Whether the list reaches back to what it held last time.

    What the active trades brought meanwhile proves nothing: it may be newer than the gap.
    """
    held = Trade.objects.filter(account=run.account, upstream_id__in=page.ids)
    return held.filter(first_seen_at__lte=_read_at(run)).exists()


def _last_seen(run: Run) -> datetime:
    """The newest trade of the last list; the moment of that list where there was none."""
    held = Trade.objects.filter(account=run.account, first_seen_at__lte=_read_at(run))
    dated = held.filter(created_at__isnull=False, sort_at__lte=clock.now()).order_by("-sort_at")
    newest = dated.values_list("created_at", flat=True).first()
    return newest or _read_at(run)
