"""Fast writing behind one small interface: COPY on PostgreSQL, executemany on SQLite.

The caller holds the account's lock, so ids reserved here cannot collide and a plain insert is
enough; the unique constraint stays the last word and rolls the page back.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import RawSQL

Row = Sequence[Any]


class Bulk(Protocol):
    def reserve_ids(self, model: type[Model], count: int) -> Sequence[int]: ...

    def insert(self, model: type[Model], columns: Sequence[str], rows: Sequence[Row]) -> None: ...

    def execute_each(self, sql: str, rows: Iterable[Row]) -> None: ...

    def listed(self, texts: Sequence[str]) -> RawSQL:
        """For ``__in``: a list as one parameter, however long it is."""
        ...


def bulk() -> Bulk:
    """The fast path of the database in use."""
    return PostgresBulk() if connection.vendor == "postgresql" else SqliteBulk()


def table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def quoted(columns: Sequence[str]) -> str:
    return ", ".join(connection.ops.quote_name(column) for column in columns)


class PostgresBulk:
    def reserve_ids(self, model: type[Model], count: int) -> Sequence[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [model._meta.db_table, count],
            )
            return [row[0] for row in cursor.fetchall()]

    def insert(self, model: type[Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
        sql = f"COPY {table(model)} ({quoted(columns)}) FROM STDIN"
        with connection.cursor() as cursor, cursor.copy(sql) as copy:
            for row in rows:
                copy.write_row(row)

    def execute_each(self, sql: str, rows: Iterable[Row]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(sql, list(rows))

    def listed(self, texts: Sequence[str]) -> RawSQL:
        return RawSQL("SELECT unnest(%s::text[])", [list(texts)])


class SqliteBulk:
    def reserve_ids(self, model: type[Model], count: int) -> Sequence[int]:
        """Ids after the highest ever given: the transaction already holds the write lock."""
        with connection.cursor() as cursor:
            name = model._meta.db_table
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [name])
            found = cursor.fetchone()
        first = (found[0] if found else 0) + 1
        return range(first, first + count)

    def insert(self, model: type[Model], columns: Sequence[str], rows: Sequence[Row]) -> None:
        marks = ", ".join(["%s"] * len(columns))
        # Names come from the models, values go as parameters.
        sql = f"INSERT INTO {table(model)} ({quoted(columns)}) VALUES ({marks})"  # noqa: S608
        self.execute_each(sql, rows)

    def execute_each(self, sql: str, rows: Iterable[Row]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(sql, [_as_sqlite(row) for row in rows])

    def listed(self, texts: Sequence[str]) -> RawSQL:
        return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(texts))])


def _as_sqlite(row: Row) -> list[Any]:
    """Times as Django keeps them in SQLite: naive UTC text."""
    return [str(value.replace(tzinfo=None)) if type(value) is datetime else value for value in row]
