"""Trades that are not in a final phase, read again until they are, with as few calls as can be.

A sweep goes from the newest to the oldest. Where a window of the list holds more of them than a
batch of ids, it is asked for; what its answer lacks, trades without a date among it, goes by ids.
A batch answer that lacks an asked id says nothing about it: the row stays as it is.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any
from urllib.parse import quote

from dashboard import clock
from trades.budget import Share
from trades.models import Phase
from trades.models.trade import STILL_MOVING
from trades.sync import watching
from trades.sync.run import PAGE_ROWS, Run
from trades.sync.streams import still_moving
from trades.sync.streams.still_moving import Kind, Place, Row
from trades.sync.windows import FULLNESS, Window
from trades.upstreams.records import Page, TradeQuery

BATCH = 100
LONGEST_LIST = 4_000  # characters in an address; a hundred UUIDs fit, servers refuse about 8,000
STUCK_AFTER = timedelta(days=14)
WINDOW_ROWS = int(FULLNESS * PAGE_ROWS)  # trades of every phase that a window is planned for
# How often each kind is read again. Frozen money moves once a week, a live offer any moment.
EVERY = {
    "open": timedelta(seconds=5),
    "waiting": timedelta(minutes=1),  # frozen, or in a status that no document names
    "stuck": timedelta(days=1),
}
PHASES = {
    "open": (Phase.OPEN,),
    "waiting": (Phase.FROZEN, Phase.UNKNOWN),
    "stuck": STILL_MOVING,
}
Sweep = dict[str, Any]


def step(run: Run) -> None:
    """What somebody looks at, or one call for the most urgent kind that is due."""
    if ids := _due_and_watched(run):
        _read_watched(run, ids)
        return
    sweeps = run.state.cursor.setdefault("sweeps", {})
    now = clock.now()
    for kind in EVERY:  # all of them at first: the next turn is that of the earliest
        sweeps.setdefault(kind, {"due": now.isoformat()})
    for kind in EVERY:
        if datetime.fromisoformat(sweeps[kind]["due"]) <= now:
            _read_some(run, kind)
            return
    _sleep(run)
    run.save()


def _read_some(run: Run, kind: str) -> None:
    """What a window's answer lacked, else the newest rows that the sweep has not come to yet."""
    sweep = run.state.cursor["sweeps"][kind]
    sweep.setdefault("began", clock.now().isoformat())
    if left := sweep.get("left"):
        fit = _how_many_fit(left[:BATCH])
        page = _ask_for(run, left[:fit])
        sweep["left"] = [*cut_off(page, left[:fit]), *left[fit:]]
        _answer(run, sweep, page)
        return
    of_kind = _of_kind(run, kind)
    place = _place(sweep)
    newest = still_moving.newest(of_kind, place, BATCH)
    if window := _window_worth_a_call(run, of_kind, newest):
        _read_window(run, sweep, still_moving.within(of_kind, place, window.low), window)
    else:
        _read_batch(run, kind, newest)


def _of_kind(run: Run, kind: str) -> Kind:
    return Kind(run.account, PHASES[kind], clock.now() - STUCK_AFTER, is_older=kind == "stuck")


def _place(sweep: Sweep) -> Place | None:
    """Where the sweep stands: older rows than this are still to be read, None = all."""
    at, pk = sweep.get("place") or (None, 0)
    return Place(datetime.fromisoformat(at), pk) if at else None


def _read_batch(run: Run, kind: str, newest: Sequence[Row]) -> None:
    sweep = run.state.cursor["sweeps"][kind]
    batch = newest[: _how_many_fit([row.upstream_id for row in newest])]
    ids = [row.upstream_id for row in batch]
    page = _ask_for(run, ids) if ids else None
    if page is not None:
        _go_on_after(sweep, Place(batch[-1].sort_at, batch[-1].id))
        sweep["left"] = cut_off(page, ids)
    if batch == newest and len(batch) < BATCH and not sweep.get("left"):
        _end_sweep(run, kind, calls=sweep.get("calls", 0) + (page is not None))
    _answer(run, sweep, page)


def cut_off(page: Page, ids: Sequence[str]) -> list[str]:
    """Ids that a server left out because it gives no more rows at once."""
    told = page.ids
    if told.isdisjoint(ids) or page.total is None or page.total <= len(page):
        return []
    return [each for each in ids if each not in told]


def _end_sweep(run: Run, kind: str, calls: int) -> None:
    """The wait counts from the answer, which may be slow."""
    sweeps = run.state.cursor["sweeps"]
    due = clock.now() + max(EVERY[kind], run.allowance.pace(calls))
    sweeps[kind] = {"due": due.isoformat(), "read": sweeps[kind]["began"]}


def were_read_since(notes: dict[str, Any], moment: datetime) -> bool:
    """Whether all that moves, but for what is stuck, was asked for after ``moment`` and told."""
    sweeps = notes.get("sweeps", {})
    read = [sweeps.get(kind, {}).get("read") for kind in EVERY if kind != "stuck"]
    return all(each and datetime.fromisoformat(each) > moment for each in read)


def _go_on_after(sweep: Sweep, place: Place) -> None:
    sweep["place"] = [place.sort_at.isoformat(), place.id]


def _ask_for(run: Run, ids: Sequence[str]) -> Page:
    return run.trades(TradeQuery(trade_ids=ids, limit=len(ids)))


def _answer(run: Run, sweep: Sweep, page: Page | None) -> None:
    if page is not None:
        sweep["calls"] = sweep.get("calls", 0) + 1
    _sleep(run)
    run.store(page) if page else run.save()


def _window_worth_a_call(run: Run, of_kind: Kind, newest: Sequence[Row]) -> Window | None:
    """One that should fit into an answer and holds more of them than a batch of ids would."""
    rows = run.state.cursor.get("window_rows", WINDOW_ROWS)
    if len(newest) < BATCH or rows <= BATCH:
        return None
    window = still_moving.window_below(run.account, newest[0].sort_at, rows)
    count = still_moving.count_since(of_kind, newest[0], window.low)
    return window if count > BATCH else None


def _read_window(run: Run, sweep: Sweep, wanted: Sequence[Row], window: Window) -> None:
    start, end = window.padded()
    page = run.trades(TradeQuery(start=start, end=end, limit=PAGE_ROWS, offset=0))
    told = page.ids
    sweep["left"] = [row.upstream_id for row in wanted if row.upstream_id not in told]
    _go_on_after(sweep, Place(window.low, 0))
    _learn_from(run, page, gained=len(wanted) - len(sweep["left"]))
    _answer(run, sweep, page)


def _learn_from(run: Run, page: Page, gained: int) -> None:
    """Narrower where one answer did not hold all; none where the filters see another date."""
    notes = run.state.cursor
    rows = notes.get("window_rows", WINDOW_ROWS)
    if page.total is None or (page.total == len(page) and gained < BATCH):
        notes["window_rows"] = 0
    elif page.total != len(page):
        notes["window_rows"] = int(FULLNESS * min(rows * len(page) / max(1, page.total), len(page)))


def _due_and_watched(run: Run) -> list[str]:
    """Until when they rest is in the notes, so that other kinds have their turn in between."""
    notes = run.state.cursor
    if not (ids := watching.watched(run.account)):
        notes.pop("watched", None)
    elif "watched" not in notes or datetime.fromisoformat(notes["watched"]) <= clock.now():
        return ids[: min(BATCH, _how_many_fit(ids))]
    return []


def _read_watched(run: Run, ids: list[str]) -> None:
    query = TradeQuery(trade_ids=ids, limit=len(ids))
    page = run.ask(lambda: run.market.trades(query), Share.WATCHED)
    run.state.cursor["watched"] = (clock.now() + watching.EVERY).isoformat()
    _sleep(run)
    run.store(page)


def _how_many_fit(ids: Sequence[str]) -> int:
    """How many of these ids one address holds: foreign ids may be long and need escapes."""
    lengths = accumulate(len(quote(each)) + len("%2C") for each in ids)
    return max(1, bisect_right(list(lengths), LONGEST_LIST))


def _sleep(run: Run) -> None:
    """Due when the first kind is."""
    notes = run.state.cursor
    dues = [sweep["due"] for sweep in notes.get("sweeps", {}).values()]
    dues += [notes["watched"]] if "watched" in notes else []
    first = min(map(datetime.fromisoformat, dues))
    run.state.due_at = max(first, clock.now())
