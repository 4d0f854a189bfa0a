"""Rows that we could not read are kept with their reason until a later answer reads well."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import BadRecord, Trade
from trades.sync.rows import pack
from trades.upstreams.readings import READINGS
from trades.upstreams.records import BadRow, TradeRecord


def accounted_for(account: MarketAccount) -> int:
    """Trades of the market that we hold, readable or not: each counted once."""
    held = Trade.objects.filter(account=account)
    bad = BadRecord.objects.filter(account=account)
    is_held = Exists(held.filter(upstream_id=OuterRef("upstream_id")))
    unheld = bad.exclude(upstream_id="").exclude(is_held)
    named = unheld.values("upstream_id").distinct().count()
    return held.count() + named + bad.filter(upstream_id="").count()


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
        for fingerprint in [hashlib.blake2b(row.raw, digest_size=16).digest()]
    }
    BadRecord.objects.bulk_create(
        [kept[fingerprint] for fingerprint in sorted(kept)],
        update_conflicts=True,
        unique_fields=["account", "content_hash"],
        update_fields=["last_seen_at", "reason", "asked_at", "parser"],
    )


def forget_read(account: MarketAccount, records: Sequence[TradeRecord], asked_at: datetime) -> None:
    """A trade that reads well now is no longer missing; a newer answer that does not still is."""
    forget_ids(account, [record.upstream_id for record in records], asked_at)


def forget_ids(account: MarketAccount, upstream_ids: Sequence[str], asked_at: datetime) -> None:
    waiting = BadRecord.objects.filter(account=account).exclude(upstream_id="")
    if not waiting.exists():
        return
    not_newer = waiting.filter(Q(asked_at__isnull=True) | Q(asked_at__lte=asked_at))
    not_newer.filter(upstream_id__in=upstream_ids).delete()


def _storable(text: str) -> str:
    """What every database takes: no NUL, no lone surrogate."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
