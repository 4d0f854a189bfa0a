"""Filled databases of several sizes, and what a bench over them reports.

They stay under ``.cache``, so a run that was stopped goes on with the sizes that are filled, and a
second one starts at once. A size for which disk or time is short is skipped, loudly.
``BENCH_MINUTES`` bounds the filling; nothing does unless it is given.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import LiteralString, Protocol
from urllib.parse import quote

import psycopg
from psycopg import sql

from dashboard.environment import BASE_DIR
from tests.servers import postgres

KEPT = BASE_DIR / ".cache" / "bench"
SIZES = "10000,100000,1000000,5000000"
ON_SQLITE = 1_000_000  # the largest
BYTES_A_ROW = 2_000  # while it is filled, indexes and journal included
LEFT_FREE = 2_000_000_000  # bytes, whatever is filled
ROWS_A_SECOND = 8_000  # filled, on a slow machine
HISTORY, FILLED = "history", "filled"
PAGES = "_pages_child"


class Database(Protocol):
    environment: dict[str, str]

    def is_filled(self) -> bool: ...

    def empty(self) -> None: ...

    def mark_filled(self) -> None: ...


class SqliteDatabase:
    def __init__(self, rows: int, kind: str = HISTORY, edition: str = FILLED) -> None:
        """One that another ``edition`` filled counts as empty."""
        self._file, self._edition = KEPT / f"{kind}-{rows}.sqlite3", edition
        self._mark = self._file.with_suffix(f".{FILLED}")
        self.environment = {"DATABASE_URL": f"sqlite:///{self._file}"}

    def is_filled(self) -> bool:
        return self._mark.exists() and self._mark.read_text() == self._edition

    def empty(self) -> None:
        for left in KEPT.glob(f"{self._file.name}*"):
            left.unlink()

    def mark_filled(self) -> None:
        self._mark.write_text(self._edition)


class PostgresDatabase:
    """Its comment marks it, so that no mark outlives its database."""

    def __init__(self, rows: int, url: str, kind: str = HISTORY, edition: str = FILLED) -> None:
        self._name, self._url, self._edition = f"{kind}_{rows}", url, edition
        self.environment = {"DATABASE_URL": f"{url.rpartition('/')[0]}/{quote(self._name)}"}

    def is_filled(self) -> bool:
        asked = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
        with psycopg.connect(self._url) as connection:
            return connection.execute(asked, [self._name]).fetchone() == (self._edition,)

    def empty(self) -> None:
        self._do("DROP DATABASE IF EXISTS {name}")
        self._do("CREATE DATABASE {name}")

    def mark_filled(self) -> None:
        self._do("COMMENT ON DATABASE {name} IS {mark}")

    def _do(self, statement: LiteralString) -> None:
        name, mark = sql.Identifier(self._name), sql.Literal(self._edition)
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(name=name, mark=mark))


def is_postgres() -> bool:
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


def product() -> str:
    return "PostgreSQL" if is_postgres() else "SQLite"


@contextmanager
def databases(variable: str, usual: str = SIZES) -> Iterator[dict[int, dict[str, str]]]:
    """Rows -> environment of a process over so many, smallest first; ``variable`` names them."""
    sizes = sorted(int(size) for size in os.environ.get(variable, usual).split(","))
    KEPT.mkdir(parents=True, exist_ok=True)
    if not is_postgres():
        yield filled({size: SqliteDatabase(size) for size in sizes}, PAGES)
        return
    with postgres.running(kept=KEPT / "postgres") as url:
        assert url
        yield filled({size: PostgresDatabase(size, url) for size in sizes}, PAGES)


def filled(wanted: Mapping[int, Database], child: str) -> dict[int, dict[str, str]]:
    """Their environments; ``child`` fills those that are empty."""
    minutes = os.environ.get("BENCH_MINUTES")
    deadline = time.monotonic() + float(minutes) * 60 if minutes else None
    found = {}
    for size, database in wanted.items():
        reason = "" if database.is_filled() else _short_of(size, deadline)
        if reason:
            print(f"!!!! {size:,} rows SKIPPED on {product()}: {reason}", flush=True)
            continue
        if not database.is_filled():
            _fill(size, database, child)
        found[size] = database.environment
    if not found:
        raise SystemExit("no size is left to measure")
    return found


def _short_of(size: int, deadline: float | None) -> str:
    """What keeps it from being filled, "" for nothing."""
    if size > ON_SQLITE and not is_postgres():
        return f"at most {ON_SQLITE:,} are asked of it"
    needed, free = size * BYTES_A_ROW + LEFT_FREE, shutil.disk_usage(KEPT).free
    if free < needed:
        return f"it takes {needed / 1e9:.1f} GB of disk, {free / 1e9:.1f} GB are free"
    if deadline and time.monotonic() + size / ROWS_A_SECOND > deadline:
        return f"it may take {size / ROWS_A_SECOND / 60:.0f} minutes to fill"
    return ""


def _fill(size: int, database: Database, child: str) -> None:
    print(f"filling {size:,} rows (first run only)…", flush=True)
    database.empty()
    command = [sys.executable, "-m", f"tests.bench.{child}", "fill", str(size)]
    subprocess.run(command, env=os.environ | database.environment, check=True)
    database.mark_filled()


class Report:
    """Lines as they come; what misses its figure is said again at the end."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def figure(self, text: str, is_met: bool) -> None:
        print(f"  {text}{'' if is_met else '   MISSED'}", flush=True)
        if not is_met:
            self.missed.append(text.strip())

    def close(self) -> None:
        if self.missed:
            raise SystemExit("figures missed:\n  " + "\n  ".join(self.missed))
