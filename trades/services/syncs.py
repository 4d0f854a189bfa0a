"""What a person may ask of the mirror."""

from django.db import transaction

from accounts import audit
from accounts.models import MarketAccount, User
from trades.models import Trade
from trades.sync import cursors, watching


def sync_now(*, account: MarketAccount, by: User) -> None:
    """Everything that the account does regularly becomes due; who calls this wakes a worker."""
    with transaction.atomic():
        cursors.ensure(account)
        cursors.hasten(account)
        audit.record("account.sync-now", team=account.team, actor=by, obj=account)


def note_watching(trade: Trade) -> bool:
    """A page is open on a trade that may change. True when a worker should be woken for it."""
    return trade.is_still_moving and watching.note_watching(trade)
