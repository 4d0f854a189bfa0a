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
from trades.sync.newest_first import Place, Row
from trades.sync.run import PAGE_ROWS, Run
from trades.sync.schedule import WHILE_OPEN
from trades.sync.streams import still_moving
from trades.sync.streams.still_moving import Kind
from trades.sync.windows import FULLNESS, Window
from trades.upstreams.records import Page, TradeQuery

BATCH = 100
LONGEST_LIST = 4_000  # characters in an address; a hundred UUIDs fit, servers refuse about 8,000
STUCK_AFTER = timedelta(days=14)
WINDOW_ROWS = int(FULLNESS * PAGE_ROWS)  # trades of every phase that a window is planned for
# How often each kind is read again. Frozen money moves once a week, a live offer any moment.
EVERY = {
    "open": WHILE_OPEN,
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
    """The newest rows that the sweep has not come to yet, and what answers lacked."""
    sweep = run.state.cursor["sweeps"][kind]
    sweep.setdefault("began", clock.now().isoformat())
    of_kind = _of_kind(run, kind)
    place = Place.from_json(sweep.get("place"))
    newest = still_moving.newest(of_kind, place, BATCH)
    is_batch_left = len(sweep.get("left", [])) >= BATCH
    if not is_batch_left and (window := _window_worth_a_call(run, of_kind, newest)):
        _read_window(run, sweep, still_moving.within(of_kind, place, window.low), window)
    else:
        _read_batch(run, kind, newest)


def _of_kind(run: Run, kind: str) -> Kind:
    return Kind(run.account, PHASES[kind], clock.now() - STUCK_AFTER, is_older=kind == "stuck")


def _read_batch(run: Run, kind: str, newest: Sequence[Row]) -> None:
    """What is left goes first; the rest of the batch are rows that the sweep has come to."""
    sweep = run.state.cursor["sweeps"][kind]
    left: list[str] = sweep.get("left", [])
    ids = [*left, *(row.upstream_id for row in newest)][:BATCH]
    ids = ids[: _how_many_fit(ids)]
    page = _ask_for(run, ids) if ids else None
    batch = newest[: max(0, len(ids) - len(left))]
    if batch:
        sweep["place"] = batch[-1].place.to_json()
    if page is not None:
        sweep["left"] = [*cut_off(page, ids), *left[len(ids) :]]
    if len(batch) == len(newest) < BATCH and not sweep.get("left"):
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
    sweeps[kind] = {"due": due.isoformat(), "read": sweeps[kind]["began"], "is_empty": not calls}


def were_read_since(notes: dict[str, Any], moment: datetime) -> bool:
    """Whether all that moves, but for what is stuck, was asked for after ``moment`` and told."""
    sweeps = notes.get("sweeps", {})
    read = [sweeps.get(kind, {}).get("read") for kind in EVERY if kind != "stuck"]
    return all(each and datetime.fromisoformat(each) > moment for each in read)


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
    lacking = [row.upstream_id for row in wanted if row.upstream_id not in told]
    sweep["left"] = [*sweep.get("left", []), *lacking]
    sweep["place"] = Place(window.low, 0).to_json()
    _learn_from(run, page, gained=len(wanted) - len(lacking))
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
    """Due when the first kind is. While nothing is on its way, whatever brings such a row wakes it
    (``Run.store``), and it looks for itself as often as it reads what waits.
    """
    notes = run.state.cursor
    sweeps = notes.get("sweeps", {})
    dues = [sweeps[kind]["due"] for kind in sweeps if not _rests(run, kind)]
    dues += [notes["watched"]] if "watched" in notes else []
    first = min(map(datetime.fromisoformat, dues))
    run.state.due_at = max(first, clock.now())


def _rests(run: Run, kind: str) -> bool:
    was_empty = run.state.cursor["sweeps"][kind].get("is_empty")
    return bool(
        kind == "open" and was_empty and not still_moving.newest(_of_kind(run, kind), None, 1)
    )
