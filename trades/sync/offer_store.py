"""The only writer of what Steam tells of offers: one page, one transaction, fenced by the lease.

Nothing is deleted because an answer lacks it, an older answer never overwrites a newer one, and an
answer without descriptions takes no name away.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import SteamOffer, SteamOfferItem
from trades.sync.rows import item_names
from trades.sync.store import Outcome
from trades.sync.unreadable import forget_read, keep_bad
from trades.upstreams.records import ItemRecord, OfferPage, OfferRecord, Side

MIRRORED = (
    "state", "is_ours", "partner_steamid", "message", "steam_trade_id", "confirmation", "gives",
    "receives", "item_names", "is_described", "created_at", "updated_at", "expires_at",
    "escrow_ends_at", "content_hash", "changed_at", "asked_at",
)  # fmt: skip
CHUNK = 500


def store_offers(account: MarketAccount, page: OfferPage) -> tuple[Outcome, list[int]]:
    """Inside a transaction that holds the lease. Also the ids of the rows that changed."""
    outcome, touched = Outcome(bad=len(page.bad)), []
    for start in range(0, len(page.offers), CHUNK):
        touched += _store(account, page.offers[start : start + CHUNK], page.asked_at, outcome)
    keep_bad(account, page.bad, page.asked_at)
    forget_read(account, [record.offer_id for record in page.offers], page.asked_at)
    return outcome, touched


def _store(
    account: MarketAccount, records: Sequence[OfferRecord], asked_at: datetime, outcome: Outcome
) -> list[int]:
    ids = [record.offer_id for record in records]
    held = {
        row.offer_id: row for row in SteamOffer.objects.filter(account=account, offer_id__in=ids)
    }
    fresh = [record for record in records if record.offer_id not in held]
    changed = [
        (held[record.offer_id], record)
        for record in records
        if record.offer_id in held and _differs(held[record.offer_id], record, asked_at)
    ]
    outcome.new += len(fresh)
    outcome.changed += len(changed)
    outcome.unchanged += len(records) - len(fresh) - len(changed)
    return _insert(account, fresh, asked_at) + _update(changed, asked_at)


def _differs(row: SteamOffer, record: OfferRecord, asked_at: datetime) -> bool:
    if asked_at < row.asked_at:
        return False
    learns_names = not row.is_described and _is_described(record)
    return bytes(row.content_hash) != record.content_hash or learns_names


def _insert(
    account: MarketAccount, records: Sequence[OfferRecord], asked_at: datetime
) -> list[int]:
    seen_at = clock.now()
    rows = SteamOffer.objects.bulk_create(
        SteamOffer(
            account=account,
            team_id=account.team_id,
            offer_id=record.offer_id,
            sort_at=record.created_at or seen_at,
            first_seen_at=seen_at,
            **_mirrored(record, seen_at, asked_at),
        )
        for record in records
    )
    _write_items(zip(rows, records, strict=True))
    return [row.pk for row in rows]


def _update(changed: Sequence[tuple[SteamOffer, OfferRecord]], asked_at: datetime) -> list[int]:
    seen_at = clock.now()
    looks = _looks([row.pk for row, record in changed if not _is_described(record)])
    for row, record in changed:
        for name, value in _mirrored(record, seen_at, asked_at).items():
            setattr(row, name, value)
        if row.pk in looks:
            row.item_names = "\n".join(
                dict.fromkeys(each["name"].lower() for each in looks[row.pk].values())
            )
    rows = [row for row, _ in changed]
    SteamOffer.objects.bulk_update(rows, MIRRORED, batch_size=CHUNK)
    SteamOfferItem.objects.filter(offer__in=rows).delete()
    _write_items(changed, looks)
    return [row.pk for row in rows]


def _mirrored(record: OfferRecord, seen_at: datetime, asked_at: datetime) -> dict[str, Any]:
    sides = [item.side for item in record.items]
    return {
        "state": record.state,
        "is_ours": record.is_ours,
        "partner_steamid": record.partner_steamid,
        "message": record.message,
        "steam_trade_id": record.steam_trade_id,
        "confirmation": record.confirmation,
        "gives": sides.count(Side.GIVEN),
        "receives": sides.count(Side.RECEIVED),
        "item_names": item_names([ItemRecord(one.side, "", one.name) for one in record.items]),
        "is_described": _is_described(record),
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "expires_at": record.expires_at,
        "escrow_ends_at": record.escrow_ends_at,
        "content_hash": record.content_hash,
        "changed_at": seen_at,
        "asked_at": asked_at,
    }


def _is_described(record: OfferRecord) -> bool:
    return all(item.name for item in record.items)


_Kind = tuple[str, str]
_Looks = dict[int, dict[_Kind, dict[str, str]]]


def _looks(offer_ids: Sequence[int]) -> _Looks:
    """What is stored of items that the new answer does not describe."""
    found: _Looks = {}
    rows = SteamOfferItem.objects.filter(offer__in=offer_ids).exclude(name="")
    for row in rows:
        look = {"name": row.name, "icon": row.icon, "rarity_colour": row.rarity_colour}
        found.setdefault(row.offer_id, {})[row.class_id, row.instance_id] = look
    return found


def _write_items(rows: Any, looks: _Looks | None = None) -> None:
    kept = looks or {}
    items = [
        SteamOfferItem(
            offer=row,
            side=item.side,
            app_id=item.app_id,
            context_id=item.context_id,
            asset_id=item.asset_id,
            currency_id=item.currency_id,
            class_id=item.class_id,
            instance_id=item.instance_id,
            amount=item.amount,
            is_missing=item.is_missing,
            estimate_milli=item.estimate_milli,
            **_look(item, kept.get(row.pk, {})),
        )
        for row, record in rows
        for item in record.items
    ]
    SteamOfferItem.objects.bulk_create(items, batch_size=CHUNK)


def _look(item: Any, kept: dict[_Kind, dict[str, str]]) -> dict[str, str]:
    told = {"name": item.name, "icon": item.icon, "rarity_colour": item.rarity_colour}
    return told if item.name else kept.get((item.class_id, item.instance_id), told)
