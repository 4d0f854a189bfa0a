"""Pages that are open on a trade: what they look at is read again every two seconds."""

from datetime import timedelta

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import Stream, Trade, Watch
from trades.models.trade import STILL_MOVING
from trades.sync import cursors

EVERY = timedelta(seconds=2)
KEPT = timedelta(seconds=15)  # since the page was last heard of
WRITTEN_EVERY = timedelta(seconds=5)  # at most, however often the page asks


def note_watching(trade: Trade) -> bool:
    """A page shows this trade now. True when it was not known, and so a worker should be woken."""
    now = clock.now()
    known = Watch.objects.filter(trade=trade.pk).values_list("until", flat=True).first()
    if known and known > now + KEPT - WRITTEN_EVERY:
        return False
    Watch.objects.update_or_create(
        trade_id=trade.pk, defaults={"account_id": trade.account_id, "until": now + KEPT}
    )
    cursors.wake_account(trade.account_id, [Stream.OPEN, Stream.ACTIVE])
    if is_new := known is None or known <= now:
        cursors.wake_account(trade.account_id, [Stream.RECENT])
    return is_new


def watched(account: MarketAccount) -> list[str]:
    """The upstream's ids of what is looked at and may still change."""
    watches = Watch.objects.filter(account=account, until__gt=clock.now())
    moving = watches.filter(trade__account=account, trade__phase__in=STILL_MOVING)
    return list(moving.values_list("trade__upstream_id", flat=True))


def is_watched(account: MarketAccount) -> bool:
    return Watch.objects.filter(account=account, until__gt=clock.now()).exists()
