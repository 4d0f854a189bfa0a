"""The slow rotation: once a day every row of ours beside the market's, newest first, in windows.

Counts cannot see two errors that cancel; rows can. One answer a step, spread over the day.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import Trade
from trades.models.trade import TradeQuerySet
from trades.sync import doubts, unreadable, whereabouts, windows
from trades.sync.drift import confirm
from trades.sync.drift.verdicts import held_rows, verdict
from trades.sync.newest_first import Place, rows_below
from trades.sync.run import PAGE_ROWS, Run
from trades.sync.streams.recent import OVERLAP, newest_seen
from trades.sync.windows import Window
from trades.upstreams.records import Page, TradeQuery

Notes = dict[str, Any]

WINDOW_ROWS = 1800
FEWEST_ROWS = 25
ROUND = timedelta(hours=21)  # what is left of the day is for narrower windows and errors
MOST_OFTEN = timedelta(seconds=10)
WHERE_FEW_FIT = timedelta(seconds=30)  # most often there, however long the round takes then
LEAST_OFTEN = timedelta(hours=1)
IN_HAND = "window"  # the one that may have to be read again


def step(run: Run, notes: Notes) -> list[str]:
    """One window, or a batch of rows that no window holds; returns the ids under suspicion.

    ``notes``: ``end`` of what is still to be read, None at a round's start; ``fits``, how many
    rows a window is planned for where the market gives few at once; ``given``, how many it gave
    when that was not all; ``span``, whose rows are gone through by their ids, ``below``, the
    last of them, and ``dated`` while they are a window's; ``wait``, seconds between two steps;
    ``due``, when the next one is.
    """
    if "wait" not in notes:
        notes["wait"] = _pace(run.account, _fits(notes)).total_seconds()
        notes["began"] = clock.now().isoformat()
    notes["due"] = _next_due(notes).isoformat()
    return _by_ids(run, notes) if "span" in notes else _by_window(run, notes)


def _next_due(notes: Notes) -> datetime:
    """A wait after the last one was due, so that small delays do not make a round longer."""
    now, wait = clock.now(), timedelta(seconds=notes["wait"])
    due = datetime.fromisoformat(notes["due"]) if "due" in notes else now
    return max(due, now - wait / 2) + wait


def _fits(notes: Notes) -> int:
    return int(notes.get("fits", WINDOW_ROWS))


def _pace(account: MarketAccount, fits: int) -> timedelta:
    """The wait between two steps, so that a round takes less than a day."""
    rows = Trade.objects.filter(account=account)
    steps = 3 + rows.count() // fits + _in_no_window(account).count() // confirm.BATCH
    return max(MOST_OFTEN, min(LEAST_OFTEN, ROUND / steps))


def _by_window(run: Run, notes: Notes) -> list[str]:
    window = _next_window(run, notes)
    page = read(run, window)
    if page.total != len(page):
        _narrow(run, notes, window, page)
        return []
    suspects = _of_page(run, page, window)
    judged = doubts.judge(notes, IN_HAND, page, window)
    if judged.is_settled:
        doubts.close(notes, IN_HAND)
        _go_on_before(notes, window)
    else:
        notes["due"] = clock.now().isoformat()
    confirm.store_news(run, page, suspects, judged)
    if whereabouts.is_cut_at(run.account, window.start):  # a row without an id is there or gone
        notes["due"] = clock.now().isoformat()
    return sorted(suspects)


def read(run: Run, window: Window) -> Page:
    start, end = window.dated()
    return run.trades(TradeQuery(start=start, end=end, limit=PAGE_ROWS, offset=0))


def _next_window(run: Run, notes: Notes) -> Window:
    end = windows.from_json([[None, notes.get("end")]])[0].end
    return newest_rows(run.account, Window(None, end), notes.get("rows", _fits(notes)))


def newest_rows(account: MarketAccount, window: Window, rows: int) -> Window:
    """The newest part of a window that holds so many rows of ours."""
    dated = Trade.objects.filter(account=account, created_at__isnull=False)
    if window.end:
        dated = dated.filter(sort_at__lt=window.end)
    newest_first = dated.order_by("-sort_at", "-id").values_list("sort_at", flat=True)
    start = next(iter(newest_first[rows : rows + 1]), None)
    if start is None or start <= window.low:
        return window
    return Window(windows.whole_second(start), window.end)


def _go_on_before(notes: Notes, window: Window) -> None:
    start = windows.to_json([window])[0][0]
    notes["end"] = start
    notes.pop("rows", None)
    if start is None:  # all dated rows are through: now those that no window holds
        notes.update(span=[None, None])


def _narrow(run: Run, notes: Notes, window: Window, page: Page) -> None:
    """Too much for one answer: a narrower window, and at last our own rows in it by their ids."""
    rows = notes.get("rows", _fits(notes))
    notes["due"] = clock.now().isoformat()
    if rows > FEWEST_ROWS:
        notes["rows"] = max(FEWEST_ROWS, min(rows // 2, len(page) // 2))
        _learn_from(run, notes, page)
    else:
        notes.update(span=windows.to_json([window])[0], dated=True)
    run.save()


def _learn_from(run: Run, notes: Notes, page: Page) -> None:
    """As many rows as the last time where there are more: the market gives no more at once."""
    fits = len(page) * WINDOW_ROWS // PAGE_ROWS
    if notes.get("given") == len(page) and FEWEST_ROWS <= fits < _fits(notes):
        notes["fits"] = fits
        notes["wait"] = max(WHERE_FEW_FIT, _pace(run.account, fits)).total_seconds()
    notes["given"] = len(page)


def _of_page(run: Run, page: Page, window: Window) -> set[str]:
    """Rows that the page contradicts, and rows of ours in the window that it lacks."""
    settled_before = newest_seen(run) - OVERLAP
    held = held_rows(run.account, [row.upstream_id for row in page.trades])
    wrong = {
        row.upstream_id
        for row in page.trades
        if verdict(row, held.get(row.upstream_id), settled_before)
    }
    return wrong | (_ours_within(run.account, page, window) - page.ids)


def _ours_within(account: MarketAccount, page: Page, window: Window) -> set[str]:
    """Which date the market's filter sees is not documented: its own rows tell."""
    rows, asked = page.trades, window.dated()
    if all(row.created_at is None or asked.holds(row.created_at) for row in rows):
        ours = _created_within(account, window)
    elif all(row.updated_at is None or asked.holds(row.updated_at) for row in rows):
        of_team = Trade.objects.filter(team=account.team_id, account=account)
        ours = _between(of_team, "updated_at", window)
    else:
        return set()
    return set(ours.values_list("upstream_id", flat=True))


def _created_within(account: MarketAccount, window: Window) -> TradeQuerySet:
    """But for ``_in_no_window``. Only the time that a row is sorted by has an index of its own."""
    sorted_there = _between(Trade.objects.filter(account=account), "sort_at", window)
    return _between(sorted_there, "created_at", window)


def _in_no_window(account: MarketAccount) -> TradeQuerySet:
    """Without a date, or with another one than they had when they were seen first."""
    return Trade.objects.filter(account=account).exclude(created_at=F("sort_at"))


def _between(trades: TradeQuerySet, column: str, window: Window) -> TradeQuerySet:
    found = trades.filter(**{f"{column}__isnull": False})
    if window.start:
        found = found.filter(**{f"{column}__gte": window.start})
    return found.filter(**{f"{column}__lt": window.end}) if window.end else found


def _by_ids(run: Run, notes: Notes) -> list[str]:
    """The next rows of ours that are asked for by their ids; at the end the round begins anew."""
    window = windows.from_json([notes["span"]])[0]
    is_last = window == Window(None, None) and "dated" not in notes
    ours = _in_no_window(run.account) if is_last else _created_within(run.account, window)
    batch = rows_below(ours, Place.from_json(notes.get("below")), confirm.BATCH)
    if batch:
        notes["below"] = batch[-1].place.to_json()
        return [row.upstream_id for row in batch]
    notes.pop("below", None), notes.pop("span"), notes.pop("wait"), notes.pop("dated", None)
    if not is_last:
        _go_on_before(notes, window)
        return []
    if began := notes.pop("began", None):
        unreadable.forget_unseen(run.account, datetime.fromisoformat(began))
    notes.pop("fits", None), notes.pop("given", None)  # it may give more by then
    notes["round_at"] = clock.now().isoformat()
    return confirm.standing_phantoms(run.account)
