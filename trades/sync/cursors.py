"""How far each stream of an account is, and when it is due next."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from accounts.models import KeyState, MarketAccount, UpstreamKey
from dashboard import clock
from trades.models import Stream, SyncState
from trades.sync.schedule import URGENCY, streams_of

STARVES_AFTER = timedelta(minutes=1)  # where the urgent ones use up all that may be asked
_NEVER_STARVED = (Stream.RECENT, Stream.BACKFILL)
_STARTS_OVER = (Stream.OPEN, Stream.RECENT, Stream.STATISTICS, Stream.UNDATED, Stream.OFFERS)
# These never end.
_POLLED = (
    *(Stream.OPEN, Stream.RECENT, Stream.STATISTICS, Stream.RECONCILE),
    *(Stream.ACTIVE, Stream.NEWEST),
    *(Stream.OFFERS, Stream.EXCHANGES),
)


def ensure(account: MarketAccount) -> None:
    """Make the streams of a new account; those that exist stay as they are."""
    now = clock.now()
    SyncState.objects.bulk_create(
        [
            SyncState(account=account, stream=stream, due_at=None if wait is None else now + wait)
            for stream, wait in streams_of(account.upstream).items()
        ],
        ignore_conflicts=True,
    )


def hasten(account: MarketAccount, *, thorough: bool = False) -> None:
    """Sync now: all that the account does regularly is due at once, waits after errors included.

    Open trades are all read again, the market is asked all its statistics, and a difference in
    the counts is followed at once; ``thorough`` also where that needs the whole list again.
    """
    due = SyncState.objects.filter(account=account, due_at__isnull=False)
    for state in due.filter(stream__in=_STARTS_OVER):
        cursor = hastened(Stream(state.stream), state.cursor, thorough=thorough)
        due.filter(pk=state.pk).update(cursor=cursor)
    due.update(due_at=clock.now())


def hasten_open(account: MarketAccount) -> None:
    """Every open trade is read again, now."""
    mine = SyncState.objects.filter(account=account, stream=Stream.OPEN)
    mine.update(cursor=hastened(Stream.OPEN, {}), due_at=clock.now())


def hastened(stream: Stream, cursor: dict[str, Any], *, thorough: bool = False) -> dict[str, Any]:
    """The notes of a stream after "sync now"."""
    match stream:
        case Stream.OPEN | Stream.STATISTICS:
            return {}
        case Stream.RECENT:  # somebody wants to see news: they are asked for more often for a while
            return {**cursor, "news_at": clock.now().isoformat()}
        case Stream.OFFERS:
            planned = ("poll_at", "all_at") if thorough else ("poll_at",)
            return {name: note for name, note in cursor.items() if name not in planned}
        case Stream.UNDATED:
            kept = {name: note for name, note in cursor.items() if name != "passed_at"}
            return {**(kept if thorough else cursor), "short": True}
        case _:
            return cursor


def due_accounts() -> QuerySet[MarketAccount]:
    """Accounts with something due, a key to do it with, and nobody at it; longest waiting first."""
    now = clock.now()
    usable = UpstreamKey.objects.filter(account=OuterRef("pk"), state=KeyState.ACTIVE)
    due = SyncState.objects.filter(_not_held(), account=OuterRef("pk"), due_at__lte=now)
    waiting = MarketAccount.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=now), Exists(usable), is_active=True
    ).annotate(waiting_since=Subquery(due.order_by("due_at").values("due_at")[:1]))
    return waiting.filter(waiting_since__isnull=False).order_by("waiting_since", "pk")


def longest_waiting_beside(account_id: int) -> int | None:
    """The account of the same upstream whose turn is next, perhaps this one again."""
    upstream = MarketAccount.objects.filter(pk=account_id).values("upstream")
    return due_accounts().filter(upstream__in=upstream).values_list("pk", flat=True).first()


def queue_again(account_id: int) -> None:
    """After its turn: what is still due waits behind the accounts that have waited longer."""
    now = clock.now()
    SyncState.objects.filter(account=account_id, due_at__lt=now).update(due_at=now)


def anything_due(account_id: int, *, besides: Iterable[Stream] = ()) -> bool:
    """Something is due that a key could serve, even while another worker is at it or it is held."""
    usable = UpstreamKey.objects.filter(account=account_id, state=KeyState.ACTIVE)
    due = SyncState.objects.filter(account=account_id, due_at__lte=clock.now())
    return due.exclude(stream__in=list(besides)).exists() and usable.exists()


def polled_at_rest(account_id: int) -> set[Stream]:
    """Streams without an end that wait for their next turn."""
    waiting = SyncState.objects.filter(account=account_id, due_at__gt=clock.now())
    return {Stream(each.stream) for each in waiting.filter(stream__in=_POLLED)}


def next_due(account: MarketAccount) -> SyncState | None:
    """The account's due stream whose turn it is; one that failed comes after the others."""
    due = SyncState.objects.filter(_not_held(), account=account, due_at__lte=clock.now())
    return min(due, key=_turn, default=None)


def _not_held() -> Q:
    return Q(held_until__isnull=True) | Q(held_until__lte=clock.now())


def _turn(state: SyncState) -> tuple[bool, bool, int]:
    """What is urgent goes first, but for what had no answer for a while and must not starve."""
    stream, last = Stream(state.stream), state.last_good_at
    starves = stream in _NEVER_STARVED and (last is None or clock.now() - last > STARVES_AFTER)
    return state.failures > 0, not starves, URGENCY.index(stream)


def wake(account: MarketAccount, streams: Iterable[Stream], at: datetime | None = None) -> None:
    """Make streams due at ``at`` (now), unless they are due earlier anyway."""
    wake_account(account.pk, streams, at)


def wake_account(account_id: int, streams: Iterable[Stream], at: datetime | None = None) -> None:
    at = at or clock.now()
    later = Q(due_at__isnull=True) | Q(due_at__gt=at)
    SyncState.objects.filter(later, account=account_id, stream__in=list(streams)).update(due_at=at)


def postpone(account: MarketAccount, until: datetime) -> None:
    """Nothing of this account before ``until``: its key or its host asks for a pause."""
    SyncState.objects.filter(account=account, due_at__lt=until).update(due_at=until)


def hold(account: MarketAccount, streams: Iterable[Stream], wait: timedelta) -> None:
    """These stay due and are not served before ``wait`` is over: the minute's calls are used up."""
    states = SyncState.objects.filter(account=account, stream__in=list(streams))
    states.update(held_until=clock.now() + wait)
