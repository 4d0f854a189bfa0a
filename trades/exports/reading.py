"""The rows of a file, read from one snapshot, a stretch at a time, so that memory stays flat."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Sum

from accounts.models import MarketAccount
from trades.exports.columns import NEEDS_ITEMS, Row, Setting, Source
from trades.filters import COLUMNS, Sort, TradeFilter
from trades.models import TradeItem
from trades.models.trade import TradeQuerySet

STRETCH = 2_000


class Sums(NamedTuple):
    rows: int
    value_milli: int | None  # of the rows whose value is known; None when none is
    unknown: int  # rows whose value is not


def sums(trades: TradeQuerySet) -> Sums:
    found = trades.order_by().aggregate(
        rows=Count("pk"), value=Sum("value_milli"), known=Count("value_milli")
    )
    return Sums(found["rows"], found["value"], found["rows"] - found["known"])


def setting_of(accounts: Sequence[MarketAccount], zone: ZoneInfo) -> Setting:
    return Setting(
        zone=zone,
        accounts={account.pk: account.label for account in accounts},
        markets={account.pk: account.get_upstream_display() for account in accounts},
    )


def stretches(
    trades: TradeQuerySet, wanted: TradeFilter, columns: Sequence[str], setting: Setting
) -> Iterator[list[Row]]:
    """In the filter's order, those without the sorted column last, as the history shows them."""
    rows: Any = trades.order_by(*_order(wanted)).values_list(*Source._fields)
    found = rows.iterator(chunk_size=STRETCH)
    needs_items = not NEEDS_ITEMS.isdisjoint(columns)
    while stretch := [Source(*values) for values in islice(found, STRETCH)]:
        items = _items(trades.db, stretch) if needs_items else {}
        yield [Row(trade, items.get(trade.id, ()), setting) for trade in stretch]


def _order(wanted: TradeFilter) -> list[Any]:
    column = F(COLUMNS[Sort(wanted.sort)])
    if wanted.is_ascending:
        return [column.asc(nulls_last=True), "id"]
    return [column.desc(nulls_last=wanted.sort != Sort.CREATED or None), "-id"]


def _items(using: str, trades: Sequence[Source]) -> Mapping[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    items = TradeItem.objects.using(using).filter(trade_id__in=[trade.id for trade in trades])
    for trade_id, name, asset_id in items.order_by("id").values_list(
        "trade_id", "name", "asset_id"
    ):
        found.setdefault(trade_id, []).append((name, asset_id))
    return found
