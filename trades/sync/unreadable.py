"""Rows that we could not read are kept with their reason until a later answer reads well."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import BadRecord, Trade
from trades.raw_answers import pack
from trades.upstreams.readings import READINGS
from trades.upstreams.records import BadRow

REST = timedelta(minutes=1)


def accounted_for(account: MarketAccount) -> int:
    """Trades of the market that we hold, readable or not: each counted once.

    A row without an id counts once readings agree on it (``sync/doubts.py``): one that was damaged
    on its way would hide the trade that it was.
    """
    held = Trade.objects.filter(account=account)
    bad = BadRecord.objects.filter(account=account)
    is_held = Exists(held.filter(upstream_id=OuterRef("upstream_id")))
    unheld = bad.exclude(upstream_id="").exclude(is_held)
    named = unheld.values("upstream_id").distinct().count()
    return held.count() + named + bad.filter(upstream_id="", is_agreed=True).count()


def keep_bad(account: MarketAccount, bad: Iterable[BadRow], asked_at: datetime) -> None:
    """``asked_at``: the start of the request whose answer these rows were in."""
    now = clock.now()
    reading = READINGS.get(account.upstream)
    kept = {
        fingerprint: BadRecord(
            account=account,
            upstream_id=_storable(row.upstream_id)[:64],
            reason=_storable(row.reason)[:300],
            packed=pack(row.raw),
            content_hash=fingerprint,
            first_seen_at=now,
            last_seen_at=now,
            asked_at=asked_at,
            parser=reading.version if reading else 0,
        )
        for row in bad
        for fingerprint in [_fingerprint(row)]
    }
    BadRecord.objects.bulk_create(
        [kept[fingerprint] for fingerprint in sorted(kept)],
        update_conflicts=True,
        unique_fields=["account", "content_hash"],
        update_fields=["last_seen_at", "reason", "asked_at", "parser"],
    )


def waiting_for(account: MarketAccount) -> QuerySet[BadRecord]:
    """Those whose id we know."""
    return BadRecord.objects.filter(account=account).exclude(upstream_id="")


def forget_read(account: MarketAccount, upstream_ids: Sequence[str], asked_at: datetime) -> None:
    """What reads well now is no longer missing; a newer answer that does not still is."""
    waiting = waiting_for(account)
    if not waiting.exists():
        return
    not_newer = waiting.filter(Q(asked_at__isnull=True) | Q(asked_at__lte=asked_at))
    not_newer.filter(upstream_id__in=upstream_ids).delete()


def due_again(account: MarketAccount, most: int) -> list[str]:
    """Ids to ask for again: soon after a row came unreadable, then after twice its age each time.

    Most are damaged on their way, and the next answer reads well.
    """
    now = clock.now()
    known_for = F("last_seen_at") - F("first_seen_at")
    rested = Q(last_seen_at__lte=Value(now, DateTimeField()) - known_for)
    waiting = BadRecord.objects.filter(rested, account=account, last_seen_at__lte=now - REST)
    named = waiting.exclude(upstream_id="").order_by("last_seen_at")
    return list(named.values_list("upstream_id", flat=True)[:most])


def is_known(account: MarketAccount, upstream_id: str) -> bool:
    """Whether we know of the trade by a row that we could not read."""
    return BadRecord.objects.filter(account=account, upstream_id=upstream_id).exists()


def nameless(bad: Iterable[BadRow]) -> list[str]:
    """Fingerprints of the rows whose id could not be read."""
    return [_fingerprint(row).hex() for row in bad if not _storable(row.upstream_id)]


def agree_on(account: MarketAccount, fingerprints: Iterable[str]) -> None:
    """These are rows of the market that come without an id each time."""
    _nameless(account, fingerprints).update(is_agreed=True)


def agree_on_seen(account: MarketAccount, since: datetime) -> None:
    """Two passes over a list that agree showed these twice."""
    nameless = BadRecord.objects.filter(account=account, upstream_id="")
    nameless.filter(last_seen_at__gte=since).update(is_agreed=True)


def forget_nameless(account: MarketAccount, fingerprints: Iterable[str]) -> None:
    """Their question was asked again, and its answer lacked them."""
    _nameless(account, fingerprints).delete()


def forget_unseen(account: MarketAccount, since: datetime) -> None:
    """Everything was read since, and no answer held them."""
    nameless = BadRecord.objects.filter(account=account, upstream_id="")
    nameless.filter(last_seen_at__lt=since).delete()


def _nameless(account: MarketAccount, fingerprints: Iterable[str]) -> QuerySet[BadRecord]:
    wanted = [bytes.fromhex(each) for each in fingerprints]
    return BadRecord.objects.filter(account=account, upstream_id="", content_hash__in=wanted)


def _fingerprint(row: BadRow) -> bytes:
    return hashlib.blake2b(row.raw, digest_size=16).digest()


def _storable(text: str) -> str:
    """What every database takes: no NUL, no lone surrogate."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
