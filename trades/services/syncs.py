"""What a person may ask of the mirror."""

from django.db import transaction

from accounts import audit
from accounts.models import MarketAccount, User
from trades.sync import cursors


def sync_now(*, account: MarketAccount, by: User) -> None:
    """Everything that the account does regularly becomes due; the next tick serves it."""
    with transaction.atomic():
        cursors.ensure(account)
        cursors.hasten(account)
        audit.record("account.sync-now", team=account.team, actor=by, obj=account)
