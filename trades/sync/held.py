"""What we hold of the trades that an answer tells of, and what else a page must know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import MarketAccount
from trades.models import Trade
from trades.sync.bulk import bulk
from trades.sync.lease import Lease, LeaseLostError, locked
from trades.sync.plan import Stored
from trades.sync.reversals import reversed_offers
from trades.sync.unreadable import waiting_for
from trades.upstreams.records import TradeRecord

FEW = 200  # held already of the dates of a page that should be new


@dataclass(frozen=True, slots=True)
class Known:
    """What is asked for each page, once its account is locked."""

    reversed_offers: frozenset[str]
    has_unread: bool  # rows with an id that could not be read
    near: frozenset[str] | None  # held already of the page's dates; None: not known, or too many


def known_of(
    lease: Lease, account: MarketAccount, records: Sequence[TradeRecord], *, is_new: bool
) -> Known:
    """Inside a transaction. By its dates where a page should be new: its ids cost far more.

    A trade that we hold under another date is not found so: the unique constraint finds it.
    """
    asked = [locked(lease), reversed_offers(account), waiting_for(account).values_list("pk")[:1]]
    by_dates = is_new and all(record.created_at for record in records)
    if by_dates:
        asked.append(_near(account, records))
    ours, reversed_ids, unread, *near = bulk().ask(*asked)
    if not ours:
        raise LeaseLostError
    few = near and len(near[0]) < FEW
    return Known(
        frozenset(offer_id for [offer_id] in reversed_ids),
        bool(unread),
        frozenset(upstream_id for [upstream_id] in near[0]) if few else None,
    )


def _near(account: MarketAccount, records: Sequence[TradeRecord]) -> QuerySet[Trade, tuple[str]]:
    dates = [record.created_at for record in records if record.created_at]
    near = Trade.objects.filter(account=account, sort_at__range=(min(dates), max(dates)))
    return near.order_by("-sort_at", "-id").values_list("upstream_id")[:FEW]


def stored_among(
    account: MarketAccount, records: Sequence[TradeRecord], near: frozenset[str] | None
) -> Mapping[str, Stored]:
    """What we hold of a page; ``near`` as ``known_of`` tells it."""
    if near is None:
        return stored_rows(account, records)
    return stored_rows(account, [record for record in records if record.upstream_id in near])


def stored_rows(account: MarketAccount, records: Sequence[TradeRecord]) -> dict[str, Stored]:
    """What we hold of these trades, by upstream id."""
    upstream_ids = [record.upstream_id for record in records]
    if not upstream_ids:
        return {}
    found = Trade.objects.filter(bulk().named(account.pk, upstream_ids)).values_list(
        "upstream_id", "id", "content_hash", "updated_at", "asked_at", "sort_at", "game_id",
        "direction", "phase", "status", "summary", "steam_status", "value_milli",
        "settles_at",
    )  # fmt: skip
    return {row[0]: Stored(row[1], bytes(row[2]), *row[3:]) for row in found}
