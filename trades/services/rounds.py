"""The work of tick and workers in one process, for a machine without a broker and for commands."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db.models import QuerySet

from accounts.models import KeyState, UpstreamKey
from trades.models import Stream
from trades.services import exporting, inventory, keys, resending, sending
from trades.sync import cursors, engine, recount, replay
from trades.sync.engine import SliceReport

WHILE_HELD = 0.2  # seconds between looks at an account that another works on, or whose calls are up


@dataclass(slots=True)
class AccountReport:
    """What ``serve_until_idle`` did for one account."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0
    calls: int = 0
    errors: list[str] = field(default_factory=list)

    def add(self, report: SliceReport) -> None:
        for tally in report.tallies.values():
            self.new += tally.outcome.new
            self.changed += tally.outcome.changed
            self.unchanged += tally.outcome.unchanged
            self.bad += tally.outcome.bad
            self.calls += tally.calls
        self.errors.extend(report.errors)


Turn = tuple[str, int]


def turns() -> dict[Turn, Callable[[], object]]:
    """What waits for a turn, each by its kind and id."""
    waiting: list[tuple[str, Callable[[int], object], QuerySet[Any]]] = [
        ("key", keys.verify_in_turn, keys.keys_to_verify()),
        ("sell", sending.step, sending.requests_due()),
        ("inventory", inventory.read, inventory.due()),
        ("resend", resending.step, resending.requests_due()),
        ("bad rows", replay.retry_unreadable, replay.accounts_waiting()),
        ("zone", recount.follow_zone, recount.accounts_to_move()),
        ("account", engine.run_slice, cursors.due_accounts()),
        ("export", exporting.make, exporting.due()),
    ]
    return {
        (kind, pk): partial(serve, pk)
        for kind, serve, rows in waiting
        for pk in rows.values_list("pk", flat=True)
    }


def serve_round() -> int:
    """One turn for each, one after another; returns how many."""
    waiting = turns()
    for turn in waiting.values():
        turn()
    return len(waiting)


def serve_until_idle(
    account_ids: Iterable[int], pause: Callable[[float], None] = time.sleep
) -> dict[int, AccountReport]:
    """Work on these accounts until nothing of theirs is due, whoever else works on them too."""
    reports: dict[int, AccountReport] = {}
    for account_id in account_ids:
        report = reports[account_id] = AccountReport()
        served: set[Stream] = (
            set()
        )  # with a slow upstream, the first is due before the last is done
        while cursors.anything_due(account_id, besides=served):
            done = engine.run_slice(account_id)
            served |= cursors.polled_at_rest(account_id)
            if done is None or not done.tallies:
                pause(WHILE_HELD)
            if done:
                report.add(done)
    return reports


def verify_waiting(account_keys: Iterable[UpstreamKey]) -> None:
    """Ask about unverified and rejected keys now instead of when their time comes."""
    for key in account_keys:
        if key.state in {KeyState.UNVERIFIED, KeyState.REJECTED}:
            keys.verify(key)
