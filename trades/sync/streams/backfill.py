"""The whole dated history, newest first, in windows of time over ``/api/trades``.

A window counts as covered only when one answer held all its rows; else it is read again narrower.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import Stream
from trades.sync import cursors, doubts, windows
from trades.sync.doubts import Judged
from trades.sync.passes import Passes, StillMovingError
from trades.sync.run import PAGE_ROWS, Run
from trades.sync.unreadable import agree_on_seen
from trades.sync.windows import EPOCH, Window
from trades.upstreams.errors import HeldBack
from trades.upstreams.records import Page, TradeQuery

FIRST_WIDTH = timedelta(days=30)
SAMPLE_ROWS = 500  # of a history that one answer cannot hold: its first is read again, in windows
SPEED_OVER = timedelta(minutes=2)  # longer than the pauses of a minute's budget
TRY_AGAIN_LATER = timedelta(days=1)
# Further than the margins reach, so that the next window does not meet the same crowd again.
CLEAR_OF_A_CROWD = timedelta(seconds=4)
MOST_UNMATCHED = 10
SHORTEST_WITH_STRAYS = timedelta(days=1, seconds=4)


def step(run: Run) -> None:
    """One window, or one page of a window that time cannot cut any further."""
    notes = run.state.cursor
    if "todo" not in notes:
        _begin(run)
    elif not notes["todo"]:
        _finish(run)
    elif "passes" in notes:
        _page_by_offset(run)
    else:
        _read_window(run)


def has_begun(account: MarketAccount) -> bool:
    return "todo" in account.sync_states.get(stream=Stream.BACKFILL).cursor


def reopen(account: MarketAccount, window: Window) -> None:
    """Another stream found a stretch that one answer could not hold: read it here, in windows."""
    state = account.sync_states.get(stream=Stream.BACKFILL)
    todo = windows.joined([*windows.from_json(state.cursor["todo"]), window])
    state.cursor["todo"] = windows.to_json(todo)
    state.cursor["edition"] = _edition(state.cursor) + 1
    state.due_at = clock.now()
    state.save(update_fields=["cursor", "due_at"])


def _begin(run: Run) -> None:
    """How many trades there are, and everything at once where one answer can hold it."""
    state = run.state
    state.started_at = clock.now()
    total = state.progress_total = run.trades(TradeQuery(limit=1)).total
    limit = SAMPLE_ROWS if total and total > PAGE_ROWS else PAGE_ROWS
    page = run.trades(TradeQuery(start=EPOCH, limit=limit, offset=0))
    is_capped = (page.total or 0) > PAGE_ROWS and 0 < len(page) < limit
    at_most = len(page) if is_capped else PAGE_ROWS
    notes = state.cursor
    notes["width"] = _width_of(page, at_most).total_seconds()
    notes["at_most"] = at_most
    notes["left"] = page.total
    notes["todo"] = windows.to_json([Window(None, None)])
    if page.total and page.total > PAGE_ROWS:  # its rows are read again, and would be looked up
        run.save()
        return
    judged = _covered_if_whole(run, Window(None, None), page)
    run.store(page, lambda _: judged.note(run.account))


def _width_of(page: Page, at_most: int) -> timedelta:
    """How much time an answer of ``at_most`` rows takes, by the rows of the first one.

    A list in order of time has no others in that span; of one that is not, all may be in it.
    """
    dates = [record.created_at for record in page.trades if record.created_at]
    if len(dates) < 2 or not page.total:
        return FIRST_WIDTH
    span = max(dates) - min(dates)
    rows = len(page) if dates == sorted(dates, reverse=True) else page.total
    return windows.next_width(max(span, windows.SHORTEST), rows, at_most)


def _read_window(run: Run) -> None:
    _ask_ahead(run)
    land(run)


def _ask_ahead(run: Run) -> None:
    edition = _edition(run.state.cursor)
    while run.flight.has_room and (asked := _next_window(run)):
        start, end = asked.dated()
        query = TradeQuery(start=start, end=end, limit=PAGE_ROWS, offset=0)
        try:
            run.send(asked, edition, query)
        except HeldBack:
            if not run.flight:
                raise
            return  # what is in flight comes first


def land(run: Run) -> None:
    """Store one answer that was asked for ahead, and plan by what it held.

    An answer proves nothing about a stretch that somebody opened again after it was asked for.
    """
    notes = run.state.cursor
    landed = run.flight.take()
    asked, page = landed.window, landed.ready.page
    is_late = landed.edition != _edition(notes) or "passes" in notes
    judged = Judged(is_settled=False)
    if not is_late and _is_whole(page):
        judged = _covered_if_whole(run, asked, page)
        _widen(run, asked, len(page))
    elif not is_late:
        doubts.close(notes, _question(asked))
        _plan_again(run, asked, page)
    _note_arrival(run, len(page))
    run.store(landed.ready, lambda _: judged.note(run.account))


def _covered_if_whole(run: Run, asked: Window, page: Page) -> Judged:
    """One answer held all, and no row of it may be another one that was damaged on its way."""
    notes = run.state.cursor
    if not _is_whole(page):
        return Judged(is_settled=False)
    judged = doubts.judge(notes, _question(asked), page, asked)
    if judged.is_settled:
        doubts.close(notes, _question(asked))
        _cover(run, asked)
        notes["left"] = max(0, (notes["left"] or 0) - len(page))
    # What is gone the daily round sees; a clean load asks nothing for it.
    return judged if page.bad else judged._replace(whole=None)


def _question(asked: Window) -> str:
    return json.dumps(windows.to_json([asked])[0])


def _note_arrival(run: Run, found: int) -> None:
    """How many rows have come, and when: the newest minutes tell how long the rest takes."""
    now = clock.now()
    since = (now - SPEED_OVER).timestamp()
    marks = [mark for mark in run.state.cursor.get("arrived", []) if mark[0] >= since]
    rows = marks[-1][1] if marks else 0
    run.state.cursor["arrived"] = [*marks, [round(now.timestamp(), 1), rows + found]]


def _plan_again(run: Run, asked: Window, page: Page) -> None:
    if page.total is None or (_strays(page, asked.dated()) and _is_short(asked)):
        _give_up_on_dates(run)
    else:
        _narrow(run, asked, page)


def _next_window(run: Run) -> Window | None:
    """The newest stretch that is not asked for yet; None while what is in flight may be the end."""
    notes = run.state.cursor
    todo = windows.from_json(notes["todo"])
    for asked in run.flight.windows:
        todo = windows.without(todo, asked)
    if not todo:
        return None
    if in_doubt := _in_doubt(notes, todo):
        return in_doubt
    newest = todo[-1]
    usual = windows.FULLNESS * notes["at_most"]
    if newest.end and (notes["left"] or 0) <= usual * (1 + len(run.flight)):
        return None if run.flight else newest  # what is left fits into one answer
    return windows.newest_part(newest, timedelta(seconds=notes["width"]), clock.now())


def _in_doubt(notes: dict[str, Any], todo: list[Window]) -> Window | None:
    """A window to be read just as it was."""
    questions = windows.from_json([json.loads(each) for each in doubts.open_questions(notes)])
    return next((each for each in questions if windows.without(todo, each) != todo), None)


def _edition(notes: dict[str, Any]) -> int:
    """Changes whenever a stretch that was read is to be read again."""
    edition: int = notes.get("edition", 0)
    return edition


def _is_whole(page: Page) -> bool:
    """One answer held all: only then is a stretch of time known."""
    return page.total is not None and page.total == len(page)


def _strays(page: Page, asked: Window) -> bool:
    """Rows that no date of theirs puts into the window: the filters do not do as documented.

    A row without a date of creation proves nothing: some servers put it into every window.
    """
    return any(
        row.created_at is not None
        and not asked.holds(row.created_at)
        and not (row.updated_at and asked.holds(row.updated_at))
        for row in page.trades
    )


def _is_short(asked: Window) -> bool:
    """Too short to be cut where the filters see whole days."""
    return (asked.end or clock.now()) - asked.low <= SHORTEST_WITH_STRAYS


def _cover(run: Run, window: Window) -> None:
    state = run.state
    todo = windows.from_json(state.cursor["todo"])
    state.covered = windows.to_json(windows.joined([*windows.from_json(state.covered), window]))
    state.cursor["todo"] = windows.to_json(windows.without(todo, window))


def _widen(run: Run, asked: Window, found: int) -> None:
    notes = run.state.cursor
    width = timedelta(seconds=notes["width"])
    if asked.start and asked.end:
        width = asked.end - asked.start
    wider = windows.next_width(width, found, notes["at_most"])
    if notes.pop("narrowed", False):
        wider = min(
            wider, timedelta(seconds=notes["width"])
        )  # what was too much for a wider one is still ahead
    notes["width"] = wider.total_seconds()


def _narrow(run: Run, asked: Window, page: Page) -> None:
    notes = run.state.cursor
    _note_cap(run, len(page))
    planned = timedelta(seconds=notes["width"])
    end = asked.end or clock.now()
    width = end - asked.start if asked.start else min(planned, end - EPOCH)
    notes["narrowed"] = True
    if width <= windows.SHORTEST:
        _page_next(run, Window(asked.start and asked.start - CLEAR_OF_A_CROWD, asked.end))
        return
    narrower = windows.next_width(width, page.total or 0, notes["at_most"])
    if narrower >= width:  # it is not the number of rows that was too much
        narrower = width / 2
    narrower = max(windows.SHORTEST, min(planned, narrower))
    notes["width"] = narrower.total_seconds()
    notes["left"] = max(notes["left"] or 0, page.total or 0)


def _note_cap(run: Run, rows: int) -> None:
    """The server may cap below what we ask; a row that slipped in meanwhile looks the same once."""
    notes = run.state.cursor
    if rows and rows == notes.get("short"):
        notes["at_most"] = min(notes["at_most"], rows)
    notes["short"] = rows


def _give_up_on_dates(run: Run) -> None:
    """The whole list by offset, however long: slower, but right."""
    notes = run.state.cursor
    notes["todo"] = windows.to_json([Window(None, None)])
    notes["edition"] = _edition(notes) + 1
    _page_next(run, Window(None, None))


def _page_next(run: Run, window: Window) -> None:
    run.state.cursor.pop("doubts", None)  # passes agree for themselves
    run.state.cursor["passes"] = Passes().to_json()
    run.state.cursor["paged"] = windows.to_json([window])


def _page_by_offset(run: Run) -> None:
    notes = run.state.cursor
    passes = Passes.from_json(notes["passes"])
    paged = windows.from_json(notes["paged"])[0]
    start, end = paged.padded()
    if not passes.offset:
        notes["pass_since"] = clock.now().isoformat()
    page = run.trades(TradeQuery(start=start, end=end, limit=PAGE_ROWS, offset=passes.offset))
    try:
        agreed = passes.advance(page)
    except StillMovingError:
        _set_aside(run, paged)
        run.store(page)
        return
    notes["passes"] = passes.to_json()
    if not agreed:
        run.store(page)
        return
    notes.pop("passes"), notes.pop("paged")
    _cover(run, paged)
    _judge_total(run, page, passes.last_rows or 0)
    since = datetime.fromisoformat(notes["pass_since"])
    run.store(page, lambda _: agree_on_seen(run.account, since))


def _judge_total(run: Run, page: Page, found: int) -> None:
    """A row counted and never listed may be; ten times it is a total of something else."""
    notes = run.state.cursor
    if found != page.total and notes["todo"]:
        notes["unmatched"] = notes.get("unmatched", 0) + 1
        if notes["unmatched"] >= MOST_UNMATCHED:
            _give_up_on_dates(run)


def _set_aside(run: Run, paged: Window) -> None:
    """The list moved under every pass: a gap, which holds up nothing else."""
    notes = run.state.cursor
    notes.pop("passes"), notes.pop("paged")
    notes["aside"] = windows.to_json([*windows.from_json(notes.get("aside", [])), paged])
    notes["todo"] = windows.to_json(windows.without(windows.from_json(notes["todo"]), paged))


def _finish(run: Run) -> None:
    state = run.state
    if "aside" in state.cursor:
        aside = windows.from_json(state.cursor.pop("aside"))
        state.cursor["todo"] = windows.to_json(windows.joined(aside))
        run.due_in(TRY_AGAIN_LATER)
    else:
        state.cursor.pop("arrived", None)
        state.finished_at = clock.now()
        state.due_at = None
    run.save()
    cursors.wake(run.account, [Stream.UNDATED])
