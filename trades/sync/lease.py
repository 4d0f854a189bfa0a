"""One worker at a time for an account: a lease with a token, taken by a conditional UPDATE.

Whoever lost the lease loses the page: ``fence`` runs inside each page's transaction, locks the
account row and refuses a token that is no longer the account's.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import MarketAccount
from dashboard import clock

# Longer than a slice, its last call with its retries and the storing of that page together;
# shorter than the broker's visibility timeout.
LEASE_TIME = timedelta(seconds=90)
RENEWED_EVERY = timedelta(seconds=2)  # at most: a first load calls several times a second


class LeaseLostError(Exception):
    """Another worker holds the account now: what we have in hand must not be written."""


@dataclass
class Lease:
    account_id: int
    token: uuid.UUID
    renewed_at: datetime = field(compare=False)


def take(account_id: int) -> Lease | None:
    """The lease, or None while another holds it."""
    now, token = clock.now(), uuid.uuid4()
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    taken = MarketAccount.objects.filter(free, pk=account_id, is_active=True).update(
        lease_token=token, lease_until=now + LEASE_TIME
    )
    return Lease(account_id, token, now) if taken else None


def renew(lease: Lease) -> None:
    """Raises ``LeaseLostError``; what was renewed a moment ago is not asked for again."""
    now = clock.now()
    if timedelta() <= now - lease.renewed_at < RENEWED_EVERY:
        return
    if not _held(lease).update(lease_until=now + LEASE_TIME):
        raise LeaseLostError
    lease.renewed_at = now


def release(lease: Lease) -> None:
    _held(lease).update(lease_token=None, lease_until=None)


def fence(lease: Lease) -> None:
    """Inside a transaction: lock the account row and make sure that it is still ours."""
    if not locked(lease).first():
        raise LeaseLostError


def locked(lease: Lease) -> QuerySet[MarketAccount, tuple[int]]:
    """The id of the account, its row locked; none where it is no longer ours."""
    held = _held(lease)
    if connection.features.has_select_for_update:
        held = held.select_for_update(no_key=connection.features.has_select_for_no_key_update)
    return held.values_list("pk")


def _held(lease: Lease) -> QuerySet[MarketAccount]:
    return MarketAccount.objects.filter(pk=lease.account_id, lease_token=lease.token)
