"""Rows whose text contains something, found by an index over trigrams.

PostgreSQL has one in pg_trgm (a migration makes it, where the extension is to be had), SQLite in
trades.text_index. Where neither is to be had the answers are the same, and slower.
"""

from django.db import connections
from django.db.models import Q
from django.db.models.expressions import RawSQL

from trades import text_index
from trades.conditions import Condition
from trades.models.trade import TradeQuerySet


def by_index(trades: TradeQuerySet, condition: Condition) -> TradeQuerySet:
    """``trades`` under a condition of "contains"; on SQLite from the full-text table."""
    connection = connections[trades.db]
    if connection.vendor != "sqlite" or not text_index.is_kept(connection):
        return trades.filter(condition.found)
    text = _text_of(condition.found).replace('"', '""')
    sql = f"SELECT rowid FROM {text_index.TABLE} WHERE {text_index.TABLE} MATCH %s"  # noqa: S608 - our own name
    found = RawSQL(sql, [f'{condition.column}: "{text}"'])  # noqa: S611 - the text is a parameter
    return trades.filter(pk__in=found).filter(condition.found)


def _text_of(found: Q) -> str:
    [(_, text)] = found.children  # type: ignore[misc]
    return str(text)
