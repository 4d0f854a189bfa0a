"""Trades that are not in a final phase, read again by their ids until they are.

A batch answer that lacks an asked id says nothing about it: the row stays as it is.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from urllib.parse import quote

from dashboard import clock
from trades.budget import Share
from trades.models import Phase, Trade
from trades.models.trade import STILL_MOVING
from trades.sync import watching
from trades.sync.run import Run
from trades.upstreams.records import TradeQuery

BATCH = 100
LONGEST_LIST = 4_000  # characters in an address; a hundred UUIDs fit, servers refuse about 8,000
STUCK_AFTER = timedelta(days=14)
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


def step(run: Run) -> None:
    """What somebody looks at, or one batch of the most urgent kind that is due."""
    if ids := _due_and_watched(run):
        _read_watched(run, ids)
        return
    sweeps = run.state.cursor.setdefault("sweeps", {})
    now = clock.now()
    for kind in EVERY:  # all of them at first: the next turn is that of the earliest
        sweeps.setdefault(kind, {"due": now.isoformat(), "after": 0})
    for kind in EVERY:
        if datetime.fromisoformat(sweeps[kind]["due"]) <= now:
            _read_batch(run, kind)
            return
    _sleep(run)
    run.save()


def _read_batch(run: Run, kind: str) -> None:
    sweep = run.state.cursor["sweeps"][kind]
    found = _of_kind(run, kind, sweep["after"])
    batch = found[: _how_many_fit([upstream_id for _, upstream_id in found])]
    ids = [upstream_id for _, upstream_id in batch]
    page = run.trades(TradeQuery(trade_ids=ids, limit=len(ids))) if ids else None
    sweep["calls"] = sweep.get("calls", 0) + 1
    if batch == found and len(batch) < BATCH:  # the wait counts from the answer: it may be slow
        wait = max(EVERY[kind], run.allowance.pace(sweep["calls"]))
        sweep.update(due=(clock.now() + wait).isoformat(), after=0, calls=0)
    else:
        sweep["after"] = batch[-1][0]
    _sleep(run)
    run.store(page) if page else run.save()


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


def _of_kind(run: Run, kind: str, after: int) -> list[tuple[int, str]]:
    """(id, upstream id) in id order, so that a sweep goes on where it stopped.

    A query a phase: with several at once, both databases walk the whole table in id order.
    """
    of_account = Trade.objects.filter(account=run.account, id__gt=after)
    border = clock.now() - STUCK_AFTER
    of_kind = (
        of_account.filter(sort_at__lt=border)
        if kind == "stuck"
        else of_account.filter(sort_at__gte=border)
    )
    found: list[tuple[int, str]] = []
    for phase in PHASES[kind]:
        of_phase = of_kind.filter(phase=phase).order_by("id").values_list("id", "upstream_id")
        found += of_phase[:BATCH]
    return sorted(found)[:BATCH]


def _sleep(run: Run) -> None:
    """Due when the first kind is."""
    notes = run.state.cursor
    dues = [sweep["due"] for sweep in notes.get("sweeps", {}).values()]
    dues += [notes["watched"]] if "watched" in notes else []
    first = min(map(datetime.fromisoformat, dues))
    run.state.due_at = max(first, clock.now())
