"""How far each stream of an account is, and when it is due next."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import KeyState, MarketAccount, UpstreamKey
from dashboard import clock
from trades.models import Stream, SyncState

URGENCY = (Stream.OPEN, Stream.RECENT, Stream.STATISTICS, Stream.BACKFILL, Stream.UNDATED)
_FIRST_DUE: dict[Stream, timedelta | None] = {
    Stream.BACKFILL: timedelta(),
    Stream.STATISTICS: timedelta(),
    Stream.OPEN: timedelta(seconds=5),
    Stream.RECENT: timedelta(seconds=10),
    Stream.UNDATED: None,  # the backfill wakes it when the dated rows are in
}


def ensure(account: MarketAccount) -> None:
    """Make the streams of a new account; those that exist stay as they are."""
    now = clock.now()
    SyncState.objects.bulk_create(
        [
            SyncState(account=account, stream=stream, due_at=None if wait is None else now + wait)
            for stream, wait in _FIRST_DUE.items()
        ],
        ignore_conflicts=True,
    )


def hasten(account: MarketAccount) -> None:
    """Sync now: all that the account does regularly is due at once, waits after errors included.

    Open trades are all read again and the market is asked all its statistics.
    """
    due = SyncState.objects.filter(account=account, due_at__isnull=False)
    due.filter(stream__in=[Stream.OPEN, Stream.STATISTICS]).update(cursor={})
    due.update(due_at=clock.now())


def due_accounts() -> QuerySet[MarketAccount]:
    """Accounts with something due, a key to do it with, and nobody at it."""
    now = clock.now()
    usable = UpstreamKey.objects.filter(account=OuterRef("pk"), state=KeyState.ACTIVE)
    waiting = SyncState.objects.filter(account=OuterRef("pk"), due_at__lte=now)
    return MarketAccount.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=now),
        Exists(waiting),
        Exists(usable),
        is_active=True,
    )


def anything_due(account_id: int) -> bool:
    """Something is due that a key could serve, even while another worker is at it."""
    usable = UpstreamKey.objects.filter(account=account_id, state=KeyState.ACTIVE)
    due = SyncState.objects.filter(account=account_id, due_at__lte=clock.now())
    return due.exists() and usable.exists()


def next_due(account: MarketAccount) -> SyncState | None:
    """The most urgent of the account's due streams."""
    due = SyncState.objects.filter(account=account, due_at__lte=clock.now())
    return min(due, key=lambda state: URGENCY.index(Stream(state.stream)), default=None)


def wake(account: MarketAccount, streams: Iterable[Stream], at: datetime | None = None) -> None:
    """Make streams due at ``at`` (now), unless they are due earlier anyway."""
    at = at or clock.now()
    later = Q(due_at__isnull=True) | Q(due_at__gt=at)
    SyncState.objects.filter(later, account=account, stream__in=list(streams)).update(due_at=at)


def postpone(account: MarketAccount, until: datetime) -> None:
    """Nothing of this account before ``until``: its key or its host asks for a pause."""
    SyncState.objects.filter(account=account, due_at__lt=until).update(due_at=until)
