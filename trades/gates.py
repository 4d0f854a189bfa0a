"""What stands before the calls that people make: the budget, and how many are under way at once."""

import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta

from dashboard import clock
from trades import budget
from trades.budget import Grant, Scope, Share
from trades.upstreams.calls import Call
from trades.upstreams.errors import Crowded, HeldBack, OverBudget, RateLimited, Unreachable

MOST_AT_ONCE = 4  # of a web process's threads; the others go on serving pages
SHORTEST_CALL = 0.5  # seconds; with less left, a place is of no use
_places = threading.BoundedSemaphore(MOST_AT_ONCE)


class PersonsGate:
    """Each call is counted at once; where somebody waits for a page, it takes a place as well."""

    def __init__(self, scopes: Sequence[Scope], *, somebody_waits: bool) -> None:
        self._scopes = scopes
        self._somebody_waits = somebody_waits

    @contextmanager
    def __call__(self, call: Call, seconds_left: float) -> Iterator[None]:
        with self._place(call, seconds_left):
            grant = budget.reserve(self._scopes, 1, Share.PERSON)
            if not grant.calls:
                raise held_back(call, grant)
            try:
                yield
            except (RateLimited, Unreachable) as error:
                note_pause(self._scopes, error)
                raise

    def _place(self, call: Call, seconds_left: float) -> AbstractContextManager[None]:
        return _taken_place(call, seconds_left) if self._somebody_waits else nullcontext()


@contextmanager
def _taken_place(call: Call, seconds_left: float) -> Iterator[None]:
    if not _places.acquire(timeout=max(0.0, seconds_left - SHORTEST_CALL)):
        reason = "is being asked for others right now; try again in a moment"
        raise call.failure(Crowded, reason)
    try:
        yield
    finally:
        _places.release()


def held_back(call: Call, grant: Grant) -> HeldBack:
    """The error that says why a call is not made now, and for how long."""
    seconds = math.ceil(grant.wait)
    if grant.is_paused:
        error = call.failure(HeldBack, f"asked us to wait and is asked again in {seconds} s")
    else:
        reason = f"is asked again in {seconds} s, as this minute's calls are used up"
        error = call.failure(OverBudget, reason)
    error.retry_after = grant.wait
    return error


def note_pause(scopes: Sequence[Scope], error: RateLimited | Unreachable) -> None:
    """Keep a Retry-After for everybody: of whoever is counted, or of a host in trouble."""
    if not error.retry_after or isinstance(error, HeldBack):
        return
    until = clock.now() + timedelta(seconds=error.retry_after)
    for scope in scopes:
        is_counted = scope.limit or scope.account_id
        if is_counted if isinstance(error, RateLimited) else scope.host:
            budget.pause(scope, until)
