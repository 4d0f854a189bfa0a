"""A filled mirror that is kept, as the pages' databases are; each run works on a copy of it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.bench._sizes import (
    KEPT,
    Database,
    PostgresDatabase,
    SqliteDatabase,
    fill,
    is_postgres,
)
from tests.servers import postgres

KIND, COPY = "ticks", "copy"


@contextmanager
def copied(trades: int, edition: str) -> Iterator[dict[str, str]]:
    """The environment of a process over a copy, which is gone afterwards.

    What another ``edition`` filled is filled anew.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    if not is_postgres():
        with _copied_file(_filled(trades, SqliteDatabase(trades, KIND, edition))) as copy:
            yield copy
        return
    with postgres.running(kept=KEPT / "postgres") as url:
        assert url
        original = _filled(trades, PostgresDatabase(trades, url, KIND, edition))
        with _copied_database(url, original) as copy:
            yield copy


def _filled(trades: int, database: Database) -> str:
    if not database.is_filled():
        fill(trades, database, "_ticks_child")
    return database.environment["DATABASE_URL"]


@contextmanager
def _copied_file(original: str) -> Iterator[dict[str, str]]:
    file = KEPT / f"{COPY}.sqlite3"
    _forget(file)
    shutil.copyfile(original.removeprefix("sqlite:///"), file)
    try:
        yield {"DATABASE_URL": f"sqlite:///{file}"}
    finally:
        _forget(file)


def _forget(file: Path) -> None:
    for left in KEPT.glob(f"{file.name}*"):
        left.unlink()


@contextmanager
def _copied_database(server: str, original: str) -> Iterator[dict[str, str]]:
    where, _, name = original.rpartition("/")
    copy, of = sql.Identifier(COPY), sql.Identifier(name)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(copy)
    make = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(copy, of)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(make)
        try:
            yield {"DATABASE_URL": f"{where}/{COPY}"}
        finally:
            connection.execute(drop)
