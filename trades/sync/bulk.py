"""Fast writing behind one small interface: binary COPY on PostgreSQL, executemany on SQLite.

The caller holds the account's lock, so ids reserved here cannot collide and a plain insert is
enough; the unique constraint stays the last word and rolls the page back.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple, Protocol

from django.db import connection
from django.db.models import BooleanField, Model, QuerySet
from django.db.models.expressions import RawSQL

Row = Sequence[Any]


class Merge(NamedTuple):
    """Rows that may be there already; ``conflict`` is the clause for those that are."""

    model: type[Model]
    columns: Sequence[str]
    rows: Sequence[Row]
    conflict: str


class Bulk(Protocol):
    def ask(self, *questions: QuerySet[Any, Any]) -> list[list[Row]]:
        """The rows of each ``values_list``, one after the other.

        In one go where the database is a server: the waits would cost more than the answers.
        """
        ...

    def reserve_ids(self, model: type[Model], count: int) -> Sequence[int]: ...

    def prepared(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Rows, or parts of rows, as the database takes them; any thread may do it."""
        ...

    def insert(
        self, model: type[Model], columns: Sequence[str], prepared: Iterable[Row]
    ) -> None: ...

    def inserting(
        self, model: type[Model], columns: Sequence[str], prepared: Iterable[Row]
    ) -> AbstractContextManager[None]:
        """The same, in the database when the block ends.

        What the block does takes no time where the database is a server: it stores meanwhile.
        """
        ...

    def merge(self, *merges: Merge) -> None:
        """Insert what is new, one after the other."""
        ...

    def update(
        self, model: type[Model], key: str, columns: Sequence[str], rows: Sequence[Row]
    ) -> None:
        """Rows that are there already: each the value of ``key``, then those of ``columns``."""
        ...

    def named(self, account_id: int, upstream_ids: Sequence[str]) -> RawSQL:
        """The condition that a trade is one of these; one look into the unique index for each."""
        ...


def bulk() -> Bulk:
    """The fast path of the database in use."""
    return PostgresBulk() if connection.vendor == "postgresql" else SqliteBulk()


def table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def quoted(columns: Sequence[str]) -> str:
    return ", ".join(connection.ops.quote_name(column) for column in columns)


_STEP_OF_IDS = 0x5E11  # the lock under which a sequence takes a step


class PostgresBulk:
    def ask(self, *questions: QuerySet[Any, Any]) -> list[list[Row]]:
        told = [question.query.sql_with_params() for question in questions]
        with connection.cursor() as cursor:
            sql = "; ".join(sql for sql, _ in told)
            cursor.execute(sql, [*chain.from_iterable(values for _, values in told)])
            answers = [cursor.fetchall()]
            while cursor.nextset():
                answers.append(cursor.fetchall())
        return answers

    def reserve_ids(self, model: type[Model], count: int) -> Sequence[int]:
        """In one step: a call of ``nextval`` an id takes several times as long.

        Rolled back at once, as that gives the lock back and not the ids: a step is never undone,
        and nothing that interrupts it can leave the lock behind.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                "SAVEPOINT step; SELECT pg_advisory_xact_lock(%(lock)s);"
                "SELECT setval(name, nextval(name) + %(further)s) "
                "FROM (SELECT pg_get_serial_sequence(%(table)s, 'id')::regclass AS name) AS ids;"
                "ROLLBACK TO SAVEPOINT step; RELEASE SAVEPOINT step",
                {"lock": _STEP_OF_IDS, "further": count - 1, "table": model._meta.db_table},
            )
            cursor.nextset()  # the savepoint, then the lock
            cursor.nextset()
            [last] = cursor.fetchone()
        return range(last - count + 1, last + 1)

    def prepared(self, rows: Sequence[Row]) -> Sequence[Row]:
        return rows

    def insert(self, model: type[Model], columns: Sequence[str], prepared: Iterable[Row]) -> None:
        with self.inserting(model, columns, prepared):
            pass

    @contextmanager
    def inserting(
        self, model: type[Model], columns: Sequence[str], prepared: Iterable[Row]
    ) -> Iterator[None]:
        """What the database refuses raises Django's errors here too."""
        sql = f"COPY {table(model)} ({quoted(columns)}) FROM STDIN (FORMAT BINARY)"
        with (
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(sql) as copy,
        ):
            copy.set_types(types(model, columns))
            for row in prepared:
                copy.write_row(row)
            yield

    def merge(self, *merges: Merge) -> None:
        """In one go."""
        told = [
            f"INSERT INTO {table(model)} ({quoted(columns)})"  # noqa: S608
            f" SELECT * FROM {_unnested(model, columns)} {conflict}"
            for model, columns, _, conflict in merges
        ]
        _execute("; ".join(told), *(merge.rows for merge in merges))

    def update(
        self, model: type[Model], key: str, columns: Sequence[str], rows: Sequence[Row]
    ) -> None:
        named = [quoted([column]) for column in columns]
        values = ", ".join(f"{name} = told.{name}" for name in named)
        told = f"{_unnested(model, (key, *columns))} AS told ({quoted((key, *columns))})"
        which = f"held.{quoted([key])} = told.{quoted([key])}"
        sql = f"UPDATE {table(model)} AS held SET {values} FROM {told} WHERE {which}"  # noqa: S608
        _execute(sql, rows)

    def named(self, account_id: int, upstream_ids: Sequence[str]) -> RawSQL:
        """Written so that no statistics can mislead it: while a history loads, they say that the
        account has next to no trades, and whatever names it would read all of them each time.
        """
        sql = """trades_trade.id = ANY(ARRAY(
            SELECT held.id FROM json_array_elements_text(%s::json) AS asked (upstream_id)
            CROSS JOIN LATERAL (
                SELECT id FROM trades_trade
                WHERE account_id = (SELECT %s::bigint) AND upstream_id = asked.upstream_id LIMIT 1
            ) AS held
        ))"""
        parameters = [json.dumps(list(upstream_ids)), account_id]
        return RawSQL(sql, parameters, BooleanField())  # noqa: S611


def types(model: type[Model], columns: Sequence[str]) -> list[str]:
    """The names of PostgreSQL's types, without their lengths."""
    kinds = (str(model._meta.get_field(column).db_type(connection)) for column in columns)
    return [kind.partition("(")[0] for kind in kinds]


def _unnested(model: type[Model], columns: Sequence[str]) -> str:
    """A parameter a column: with one a value, a statement costs more than its rows."""
    return f"unnest({', '.join(f'%s::{kind}[]' for kind in types(model, columns))})"


def _execute(sql: str, *tables: Sequence[Row]) -> None:
    """Each parameter a column of one of the ``tables``."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(column) for rows in tables for column in zip(*rows, strict=True)])


class SqliteBulk:
    def ask(self, *questions: QuerySet[Any, Any]) -> list[list[Row]]:
        return [list(question) for question in questions]

    def reserve_ids(self, model: type[Model], count: int) -> Sequence[int]:
        """Ids after the highest ever given: the transaction already holds the write lock."""
        with connection.cursor() as cursor:
            name = model._meta.db_table
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [name])
            found = cursor.fetchone()
        first = (found[0] if found else 0) + 1
        return range(first, first + count)

    def prepared(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Times as Django keeps them in SQLite: naive UTC text."""
        return [
            [str(each.replace(tzinfo=None)) if type(each) is datetime else each for each in row]
            for row in rows
        ]

    def insert(self, model: type[Model], columns: Sequence[str], prepared: Iterable[Row]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(_inserting(model, columns), list(prepared))

    @contextmanager
    def inserting(
        self, model: type[Model], columns: Sequence[str], prepared: Iterable[Row]
    ) -> Iterator[None]:
        self.insert(model, columns, prepared)
        yield

    def merge(self, *merges: Merge) -> None:
        for model, columns, rows, conflict in merges:
            self._execute_each(f"{_inserting(model, columns)} {conflict}", rows)

    def update(
        self, model: type[Model], key: str, columns: Sequence[str], rows: Sequence[Row]
    ) -> None:
        values = ", ".join(f"{quoted([column])} = %s" for column in columns)
        sql = f"UPDATE {table(model)} SET {values} WHERE {quoted([key])} = %s"  # noqa: S608
        self._execute_each(sql, ((*row, found) for found, *row in rows))

    def _execute_each(self, sql: str, rows: Iterable[Row]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(sql, self.prepared(list(rows)))

    def named(self, account_id: int, upstream_ids: Sequence[str]) -> RawSQL:
        sql = """trades_trade.account_id = %s
            AND trades_trade.upstream_id IN (SELECT value FROM json_each(%s))"""
        parameters = [account_id, json.dumps(list(upstream_ids))]
        return RawSQL(sql, parameters, BooleanField())  # noqa: S611


def _inserting(model: type[Model], columns: Sequence[str]) -> str:
    """Names come from the models, values go as parameters."""
    marks = ", ".join(["%s"] * len(columns))
    return f"INSERT INTO {table(model)} ({quoted(columns)}) VALUES ({marks})"  # noqa: S608
