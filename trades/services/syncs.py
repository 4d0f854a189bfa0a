"""What a person may ask of the mirror."""

from django.db import transaction

from accounts import audit
from accounts.models import MarketAccount, User
from trades.models import BadRecord, Stream, Trade
from trades.sync import cursors, watching


def read_bad_rows_again(*, account: MarketAccount, by: User) -> int:
    """Ask the market once more for each trade whose answer could not be read; returns how many.

    A row without an id cannot be asked for.
    """
    with transaction.atomic():
        rows = BadRecord.objects.filter(account=account).exclude(upstream_id="")
        count = rows.values("upstream_id").distinct().count()
        rows.update(ask_again=True)
        cursors.wake(account, [Stream.RECONCILE])
        audit.record("account.bad-rows-again", team=account.team, actor=by, obj=account)
    return count


def sync_now(*, account: MarketAccount, by: User) -> None:
    """Everything that the account does regularly becomes due; who calls this wakes a worker."""
    with transaction.atomic():
        cursors.ensure(account)
        cursors.hasten(account)
        audit.record("account.sync-now", team=account.team, actor=by, obj=account)


def note_watching(trade: Trade) -> bool:
    """A page is open on a trade that may change. True when a worker should be woken for it."""
    return trade.is_still_moving and watching.note_watching(trade)
