"""What the engine is measured against: a loop that writes parsed records and does nothing else.

It owes nothing to the engine's way of writing: rows go to COPY one by one on PostgreSQL, to
executemany on SQLite, a page a transaction.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import Trade, TradeItem, TradeRaw
from trades.raw_answers import pack
from trades.sync import rows
from trades.sync.bulk import bulk, quoted, table, types
from trades.sync.item_names import folded_of, ids_of
from trades.upstreams.records import TradeRecord


def write_page(account: MarketAccount, page: Sequence[TradeRecord]) -> None:
    now = clock.now()
    with transaction.atomic():
        numbered = list(zip(bulk().reserve_ids(Trade, len(page)), page, strict=True))
        shared = (*rows.NO_VALUE, *rows.shared(account, now, now))
        trades = [(pk, *shared, *rows.told(record, now)) for pk, record in numbered]
        name_ids = ids_of(account.team_id, folded_of(page))
        items = [
            row for pk, record in numbered for row in rows.item_rows(pk, record.items, name_ids)
        ]
        raws = [(pk, pack(record.raw)) for pk, record in numbered]
        _insert(Trade, rows.NEW_ROW, trades)
        _insert(TradeItem, rows.ITEM_COLUMNS, items)
        _insert(TradeRaw, rows.RAW_COLUMNS, raws)


def _insert(model: type[Model], columns: Sequence[str], found: Sequence[Sequence[Any]]) -> None:
    if connection.vendor != "postgresql":
        bulk().insert(model, columns, bulk().prepared(found))
        return
    sql = f"COPY {table(model)} ({quoted(columns)}) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.set_types(types(model, columns))
        for row in found:
            copy.write_row(row)
