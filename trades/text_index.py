"""SQLite's index over trigrams: a full-text table beside the trades, kept by triggers.

Rebuilding a table for a migration drops its triggers, so they are looked after every time that
migrations have run. No model is imported: the app registers this before there are any.
"""

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

TABLE = "trades_texts"
COLUMNS = ("custom_id", "error")
_TRADES = "trades_trade"
_NAMES = ", ".join(COLUMNS)
_NEW = ", ".join(f"new.{column}" for column in COLUMNS)
_OLD = ", ".join(f"old.{column}" for column in COLUMNS)
_ADD = f"INSERT INTO {TABLE}(rowid, {_NAMES}) VALUES (new.id, {_NEW});"  # noqa: S608 - our names
_FORGET = f"({TABLE}, rowid, {_NAMES}) VALUES ('delete', old.id, {_OLD})"
_DROP = f"INSERT INTO {TABLE}{_FORGET};"
_CHANGED = " OR ".join(f"old.{column} IS NOT new.{column}" for column in COLUMNS)
TRIGGERS = {
    f"{TABLE}_added": f"AFTER INSERT ON {_TRADES} BEGIN {_ADD} END",
    f"{TABLE}_gone": f"AFTER DELETE ON {_TRADES} BEGIN {_DROP} END",
    f"{TABLE}_changed": f"AFTER UPDATE OF {_NAMES} ON {_TRADES} WHEN {_CHANGED} "
    f"BEGIN {_DROP} {_ADD} END",
}


def keep_index(using: str, **_: Any) -> None:
    """After migrations: make what is missing of the full-text table, and fill it then."""
    connection = connections[using]
    if connection.vendor != "sqlite" or _TRADES not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        if _has_full_text(cursor) and not is_kept(connection):
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


def is_kept(connection: BaseDatabaseWrapper) -> bool:
    """The full-text table follows the trades; where SQLite has no FTS5 there is none."""
    sql = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [f"{TABLE}%"])
        return bool(cursor.fetchone()[0] == len(TRIGGERS))
