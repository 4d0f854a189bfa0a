"""The calls that a slice may make: reserved in lots, so that few of them cost a write."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Self

from accounts.models import MarketAccount, Upstream
from trades import budget
from trades.budget import Scope, Share
from trades.connect import scopes_of
from trades.gates import held_back
from trades.models import Stream
from trades.upstreams.calls import Call, Effect

FIRST_LOT = 2  # most slices of an idle account make a call or two
LOT = 10
ROUNDS = 0.25  # so that many open trades, read again and again, starve nothing else
_SHARES = dict.fromkeys((Stream.BACKFILL, Stream.UNDATED, Stream.RECONCILE), Share.HISTORY)


def share_of(stream: Stream) -> Share:
    return _SHARES.get(stream, Share.POLLED)


class Allowance:
    """``reserve`` in the slice's own thread before a call; ``gate`` in whichever thread makes it.

    A read that is sent again takes from the lot as well, and when that is empty, is charged later.
    """

    def __init__(self, scopes: Sequence[Scope], upstream: str) -> None:
        self.scopes = scopes
        self._next_call = Call(upstream, "GET", "the next call", Effect.READ, "")
        self._lock = threading.Lock()
        self._reserved = 0
        self._spent = 0
        self._promised = 0  # calls that were allowed and have not begun
        self._lot = FIRST_LOT
        self._share = Share.POLLED

    @classmethod
    def of(cls, account: MarketAccount) -> Self:
        return cls(scopes_of(Upstream(account.upstream), account.pk), account.upstream)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._settle()

    def pace(self, calls: int) -> timedelta:
        """How long a round of so many calls should last to use a quarter of what is allowed."""
        limits = [scope.limit for scope in self.scopes if scope.limit]
        return timedelta(minutes=calls / (min(limits) * ROUNDS) if limits else 0)

    def reserve(self, share: Share, calls: int = 1) -> int:
        """How many of ``calls`` may be made now; ``HeldBack`` where none may."""
        if share is not self._share:
            self._settle()  # what one kind of call may have is not the other's
            self._share = share
        left = self._left()
        if left < calls:
            left += self._take(max(self._lot, calls) - left, left)
        allowed = min(left, calls)
        with self._lock:
            self._promised += allowed
        return allowed

    @contextmanager
    def gate(self, call: Call, seconds_left: float) -> Iterator[None]:
        del call, seconds_left
        with self._lock:
            self._spent += 1
            self._promised = max(0, self._promised - 1)
        yield

    def _take(self, wanted: int, left: int) -> int:
        grant = budget.reserve(self.scopes, wanted, self._share)
        if not grant.calls and left < 1:
            raise held_back(self._next_call, grant)
        self._reserved += grant.calls
        self._lot = LOT
        return grant.calls

    def _left(self) -> int:
        with self._lock:
            return self._reserved - self._spent - self._promised

    def _settle(self) -> None:
        with self._lock:
            unused, self._reserved, self._spent, self._promised = (
                self._reserved - self._spent, 0, 0, 0
            )  # fmt: skip
        if unused > 0:
            budget.give_back(self.scopes, unused)
        elif unused < 0:
            budget.charge(self.scopes, -unused)
