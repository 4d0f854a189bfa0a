"""What we hold of the trades that an answer tells of."""

from collections.abc import Callable, Mapping, Sequence

from accounts.models import MarketAccount
from trades.models import Trade
from trades.sync.bulk import bulk
from trades.sync.plan import Stored
from trades.upstreams.records import TradeRecord

FEW = 200  # held already of the dates of a page that should be new
LookUp = Callable[[MarketAccount, Sequence[TradeRecord]], Mapping[str, Stored]]


def stored_near(account: MarketAccount, records: Sequence[TradeRecord]) -> Mapping[str, Stored]:
    """What we hold of a page that should be new: asked by its dates, a page's ids cost far more.

    A trade that we hold under another date is not found: the unique constraint finds it.
    """
    dates = [record.created_at for record in records if record.created_at]
    if not dates or len(dates) < len(records):
        return stored_rows(account, records)
    near = Trade.objects.filter(account=account, sort_at__range=(min(dates), max(dates)))
    newest_first = near.order_by("-sort_at", "-id").values_list("upstream_id", flat=True)
    held = set(newest_first[:FEW])
    if len(held) == FEW:
        return stored_rows(account, records)
    return stored_rows(account, [record for record in records if record.upstream_id in held])


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
