"""How often an account is asked for news: seldom where nothing happens, often where it does."""

from datetime import datetime, timedelta

from django.db.models import Max

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import Phase, Stream, SyncState, Trade
from trades.sync import watching
from trades.sync.run import Run

# Since the last news, or since somebody asked to "sync now".
LIVELY_FOR = timedelta(minutes=10)
AWAKE_FOR = timedelta(hours=1)
SLOT = timedelta(minutes=1)
LONGEST_WAIT = 5 * SLOT
_IN_ROTATION = (Stream.STATISTICS, Stream.RECONCILE)


def is_busy(account: MarketAccount) -> bool:
    """Something is on its way, or somebody looks at what may change."""
    on_its_way = Trade.objects.filter(account=account, phase=Phase.OPEN)
    return on_its_way.exists() or watching.is_watched(account)


def quiet_for(account: MarketAccount) -> timedelta:
    """How long nothing new has come; none while that is not known."""
    recent = SyncState.objects.filter(account=account, stream=Stream.RECENT)
    notes = recent.values_list("cursor", flat=True).first() or {}
    return clock.now() - datetime.fromisoformat(notes.get("news_at") or clock.now().isoformat())


def is_calm(account: MarketAccount) -> bool:
    return quiet_for(account) >= AWAKE_FOR and not is_busy(account)


def is_its_turn(run: Run, due_at: datetime | None) -> bool:
    """At a calm account the market's counts are asked and compared, one call a minute.

    What nobody came to for minutes waits no longer.
    """
    now = clock.now()
    if (due_at and now - due_at > LONGEST_WAIT) or not is_calm(run.account):
        return True
    free_at = _next_slot(run.account)
    if now >= free_at:
        return True
    run.state.due_at = free_at
    run.save()
    return False


def _next_slot(account: MarketAccount) -> datetime:
    states = SyncState.objects.filter(account=account, stream__in=_IN_ROTATION)
    last: datetime | None = states.aggregate(last=Max("last_good_at"))["last"]
    return last + SLOT if last else clock.now()
