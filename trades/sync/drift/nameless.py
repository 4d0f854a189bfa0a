"""The market counts fewer trades than we do: rows without an id may be there no more.

They count as trades of ours, and nobody can ask for them, so their stretches are read again. The
notes, as JSON: ``todo``, what is still to be read; ``rows``, how many of ours a window may hold;
``calls``. What these do not settle is left to the daily round.
"""

from typing import Any

from django.db import transaction

from accounts.models import MarketAccount
from trades.sync import whereabouts, windows
from trades.sync.drift import walk
from trades.sync.lease import fence
from trades.sync.run import Run
from trades.sync.windows import Window
from trades.upstreams.records import Page

Notes = dict[str, Any]

MOST_CALLS = 60


def begin(account: MarketAccount) -> Notes | None:
    """None where there is no such row whose stretch is known."""
    todo = whereabouts.stretches(account)
    notes = {"todo": windows.to_json(todo), "rows": walk.WINDOW_ROWS, "calls": 0}
    return notes if todo else None


def step(run: Run, notes: Notes) -> bool:
    """One call; True when there is nothing more to ask."""
    notes["calls"] += 1
    todo = windows.from_json(notes["todo"])
    window = walk.newest_rows(run.account, todo[-1], notes["rows"])
    page = walk.read(run, window)
    is_whole = page.total == len(page)
    if is_whole:
        _take_in(run, window, page)
    if is_whole or notes["rows"] == 1:  # else time cannot part these
        notes["todo"] = windows.to_json(windows.without(todo, window))
    else:
        notes["rows"] = max(1, min(notes["rows"] // 2, len(page) // 2))
    return not notes["todo"] or notes["calls"] >= MOST_CALLS


def _take_in(run: Run, window: Window, page: Page) -> None:
    with transaction.atomic():
        fence(run.lease)
        if whereabouts.are_known(run.account, page):
            whereabouts.narrow(run.account, window, page)
