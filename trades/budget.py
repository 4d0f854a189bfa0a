"""How often accounts and hosts may be asked, counted in the database by all machines together.

Calls are counted in slots of a few seconds. A slot counts until the last call that it can hold is
a minute old, so that no minute, wherever it starts, sees more calls than allowed. A change is one
conditional UPDATE of a row that nobody changed since it was read.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.db import transaction
from django.db.models import F, Q

from dashboard import clock
from trades.models import CallBudget

MINUTE = 60
SLOT_SECONDS = 5
COUNTS_FOR = MINUTE + SLOT_SECONDS
MOST_TRIES = 100  # each lost try means that somebody else's succeeded

Spent = list[list[int]]
Rows = dict[tuple[int | None, str | None], CallBudget]


class Share(float, Enum):
    """How much of what a minute allows may be gone before this kind of call has to wait."""

    HISTORY = 0.6
    POLLED = 0.75  # a quarter is kept for what people do
    WATCHED = 0.9  # somebody looks at it this moment
    PERSON = 1.0


@dataclass(frozen=True, slots=True)
class Scope:
    """An account or a host, and how many calls a minute it allows (0 = any number)."""

    limit: int
    account_id: int | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """Calls that may be made now; with none, the seconds until there are some, and why."""

    calls: int
    wait: float = 0.0
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a minute's calls; ``limit`` 0 = not counted."""

    calls: int
    limit: int
    paused_until: datetime | None
    changed_at: datetime | None


def reserve(scopes: Sequence[Scope], wanted: int, share: Share) -> Grant:
    """At most ``wanted`` calls, of every scope at once. One read and one write."""
    for _ in range(MOST_TRIES):
        rows = _rows(scopes)
        now = clock.now()
        if wait := max(_seconds_paused(row, now) for row in rows):
            return Grant(0, wait, is_paused=True)
        grant = _grant(scopes, rows, wanted, share, now)
        if not grant.calls or _note(scopes, rows, grant.calls, now):
            return grant
    return Grant(0, 1.0)


def give_back(scopes: Sequence[Scope], calls: int) -> None:
    """Calls that were reserved and not made."""
    _charge(scopes, -calls)


def charge(scopes: Sequence[Scope], calls: int) -> None:
    """Calls that were made without having been reserved (a read that was sent again)."""
    _charge(scopes, calls)


def pause(scope: Scope, until: datetime) -> None:
    """Nobody asks before ``until``; a longer pause that stands already is kept."""
    _ensure([scope])
    shorter = Q(paused_until__isnull=True) | Q(paused_until__lt=until)
    CallBudget.objects.filter(shorter, _key(scope)).update(
        paused_until=until, version=F("version") + 1, changed_at=clock.now()
    )


def left(row: CallBudget | None, limit: int) -> Left:
    """For the page, from a row that it has read; None = never asked."""
    if row is None:
        return Left(limit, limit, None, None)
    now = clock.now()
    free = max(0, limit - _total(_recent(row.spent, now)))
    paused = row.paused_until if row.paused_until and row.paused_until > now else None
    return Left(free, limit, paused, row.changed_at)


def _charge(scopes: Sequence[Scope], calls: int) -> None:
    if not any(scope.limit for scope in scopes):
        return
    for _ in range(MOST_TRIES):
        if _note(scopes, _rows(scopes), calls, clock.now()):
            return


def _grant(
    scopes: Sequence[Scope],
    rows: Sequence[CallBudget],
    wanted: int,
    share: Share,
    now: datetime,
) -> Grant:
    calls, wait = wanted, 0.0
    for scope, row in zip(scopes, rows, strict=True):
        if not scope.limit:
            continue
        spent = _recent(row.spent, now)
        at_most = max(1, int(scope.limit * share))
        calls = min(calls, max(0, at_most - _total(spent)))
        wait = max(wait, _seconds_until_free(spent, at_most, now))
    return Grant(calls, 0.0 if calls else wait)


def _recent(spent: Spent, now: datetime) -> Spent:
    """What still counts; slots of a far future are those of a clock that was set back."""
    at = now.timestamp()
    return [[slot, calls] for slot, calls in spent if at - COUNTS_FOR < slot <= at + MINUTE]


def _total(spent: Spent) -> int:
    return sum(calls for _, calls in spent)


def _seconds_until_free(spent: Spent, at_most: int, now: datetime) -> float:
    """When one call is free again, should nobody make another one."""
    total = _total(spent)
    if total < at_most:
        return 0.0
    for slot, calls in spent:
        total -= calls
        if total < at_most:
            return max(0.1, slot + COUNTS_FOR - now.timestamp())
    return float(COUNTS_FOR)


def _moved(spent: Spent, calls: int, now: datetime) -> Spent:
    """With so many calls more in this slot, or so many fewer in the newest ones."""
    kept = _recent(spent, now)
    slot = math.floor(now.timestamp() / SLOT_SECONDS) * SLOT_SECONDS
    if calls > 0:
        newest = next((each for each in kept if each[0] == slot), None)
        if newest is None:
            return sorted([*kept, [slot, calls]])
        newest[1] += calls
        return kept
    for each in reversed(kept):
        taken = min(each[1], -calls)
        each[1] -= taken
        calls += taken
    return [each for each in kept if each[1]]


def _rows(scopes: Sequence[Scope]) -> list[CallBudget]:
    """In the order of the scopes; made where they are missing."""
    found = rows_of(scopes)
    if len(found) < len(scopes):
        _ensure(scopes)
        found = rows_of(scopes)
    return [found[scope.account_id, scope.host] for scope in scopes]


def rows_of(scopes: Iterable[Scope]) -> Rows:
    """What is known of each, by account or host. One query."""
    wanted = Q()
    for scope in scopes:
        wanted |= _key(scope)
    return {(row.account_id, row.host): row for row in CallBudget.objects.filter(wanted)}


def _key(scope: Scope) -> Q:
    return Q(host=scope.host) if scope.host else Q(account=scope.account_id)


def _ensure(scopes: Iterable[Scope]) -> None:
    rows = [CallBudget(account_id=scope.account_id, host=scope.host) for scope in scopes]
    CallBudget.objects.bulk_create(rows, ignore_conflicts=True)


def _note(scopes: Sequence[Scope], rows: Sequence[CallBudget], calls: int, now: datetime) -> bool:
    """False when another changed one of them since we read it: then none of them is changed."""
    limited = [row for scope, row in zip(scopes, rows, strict=True) if scope.limit]
    if not limited:
        return True
    with transaction.atomic():
        for row in sorted(limited, key=lambda row: row.pk):
            unchanged = CallBudget.objects.filter(pk=row.pk, version=row.version)
            if not unchanged.update(
                spent=_moved(row.spent, calls, now), version=F("version") + 1, changed_at=now
            ):
                transaction.set_rollback(True)
                return False
    return True


def _seconds_paused(row: CallBudget, now: datetime) -> float:
    if row.paused_until is None:
        return 0.0
    return max(0.0, (row.paused_until - now).total_seconds())
