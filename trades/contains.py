"""Rows whose text contains something, found by an index over trigrams.

PostgreSQL has one in pg_trgm (a migration makes it, where the extension is to be had). For SQLite
it is a full-text table beside the trades, kept by triggers; rebuilding a table for a migration
drops its triggers, so they are looked after every time that migrations have run. Where neither is
to be had the answers are the same, and slower.
"""

from typing import Any

from django.db import connections
from django.db.backends.utils import CursorWrapper
from django.db.models import Q
from django.db.models.expressions import RawSQL

from trades.conditions import INDEXED_TEXTS, Condition
from trades.models import Trade
from trades.models.trade import TradeQuerySet

TABLE = "trades_trade_text"
_TRADES = Trade._meta.db_table
_COLUMNS = tuple(INDEXED_TEXTS.values())
_NAMES = ", ".join(_COLUMNS)
_NEW = ", ".join(f"new.{column}" for column in _COLUMNS)
_OLD = ", ".join(f"old.{column}" for column in _COLUMNS)
_ADD = f"INSERT INTO {TABLE}(rowid, {_NAMES}) VALUES (new.id, {_NEW});"  # noqa: S608 - our names
_FORGET = f"({TABLE}, rowid, {_NAMES}) VALUES ('delete', old.id, {_OLD})"
_DROP = f"INSERT INTO {TABLE}{_FORGET};"
_CHANGED = " OR ".join(f"old.{column} IS NOT new.{column}" for column in _COLUMNS)
TRIGGERS = {
    f"{TABLE}_added": f"AFTER INSERT ON {_TRADES} BEGIN {_ADD} END",
    f"{TABLE}_gone": f"AFTER DELETE ON {_TRADES} BEGIN {_DROP} END",
    f"{TABLE}_changed": f"AFTER UPDATE OF {_NAMES} ON {_TRADES} WHEN {_CHANGED} "
    f"BEGIN {_DROP} {_ADD} END",
}


def by_index(trades: TradeQuerySet, condition: Condition) -> TradeQuerySet:
    """``trades`` under a condition of "contains"; on SQLite from the full-text table."""
    connection = connections[trades.db]
    if connection.vendor != "sqlite" or not _exists(connection):
        return trades.filter(condition.found)
    text = _text_of(condition.found).replace('"', '""')
    sql = f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s"  # noqa: S608 - our own name
    found = RawSQL(sql, [f'{condition.column}: "{text}"'])  # noqa: S611 - the text is a parameter
    return trades.filter(pk__in=found).filter(condition.found)


def _text_of(found: Q) -> str:
    [(_, text)] = found.children  # type: ignore[misc]
    return str(text)


def keep_index(using: str, **_: Any) -> None:
    """After migrations: make what is missing of the full-text table, and fill it then."""
    connection = connections[using]
    if connection.vendor != "sqlite" or _TRADES not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        if _has_full_text(cursor) and not _has_triggers(cursor):
            _make(cursor)


def _make(cursor: CursorWrapper) -> None:
    cursor.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS {TABLE} USING fts5"
        f"({_NAMES}, content='{_TRADES}', content_rowid='id', tokenize='trigram')"
    )
    for name, what in TRIGGERS.items():
        cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {what}")
    cursor.execute(f"INSERT INTO {TABLE}({TABLE}) VALUES ('rebuild')")  # noqa: S608 - our own name


def _has_full_text(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5'), sqlite_version()")
    has_it, version = cursor.fetchone()
    return bool(has_it) and tuple(map(int, version.split("."))) >= (3, 34, 0)


def _has_triggers(cursor: CursorWrapper) -> bool:
    cursor.execute(
        "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s", [f"{TABLE}%"]
    )
    return bool(cursor.fetchone()[0] == len(TRIGGERS))


def _exists(connection: Any) -> bool:
    with connection.cursor() as cursor:
        return _has_triggers(cursor)
