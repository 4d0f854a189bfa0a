"""A filled mirror that is kept, as the pages' databases are; each turn works on a copy of it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.bench._sizes import KEPT, PostgresDatabase, SqliteDatabase, filled, is_postgres
from tests.servers import postgres

KIND, CHILD, COPY = "ticks", "_ticks_child", "copy"


@contextmanager
def copied(trades: int, edition: str) -> Iterator[dict[str, str]]:
    """The environment of a process over a copy, which is gone afterwards.

    What another ``edition`` filled is filled anew; what older migrations made is migrated.
    """
    KEPT.mkdir(parents=True, exist_ok=True)
    if not is_postgres():
        file = SqliteDatabase(trades, KIND, edition)
        original = _migrated(filled({trades: file}, CHILD)[trades])
        with _copied_file(original) as copy:
            yield copy
        return
    with postgres.running(kept=KEPT / "postgres") as url:
        assert url
        database = PostgresDatabase(trades, url, KIND, edition)
        original = _migrated(filled({trades: database}, CHILD)[trades])
        with _copied_database(url, original) as copy:
            yield copy


def _migrated(environment: dict[str, str]) -> str:
    """The kept one itself, so that no copy has to be."""
    command = [sys.executable, "-m", f"tests.bench.{CHILD}", "migrate"]
    subprocess.run(command, env=os.environ | environment, check=True)
    return environment["DATABASE_URL"]


@contextmanager
def _copied_file(original: str) -> Iterator[dict[str, str]]:
    file = KEPT / f"{COPY}.sqlite3"
    _forget(file)
    shutil.copyfile(original.removeprefix("sqlite:///"), file)
    with file.open("rb") as copied:
        os.fsync(copied.fileno())  # else the first COMMIT that syncs writes all of it
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
