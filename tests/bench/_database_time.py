"""How long the database worked for this process, statement by statement.

On PostgreSQL from the moment that a statement is sent until its answer is there, COPY and COMMIT
included. On SQLite inside the library. What the server's process or ours waited for a core, as
others had it, is counted beside it (Linux tells it; elsewhere it stays in).
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from django.db import connection
from django.db.backends.sqlite3.base import SQLiteCursorWrapper

_NAMES = re.compile(r'(?:FROM|INTO|UPDATE|COPY|JOIN) "?([a-z_]+)"?', re.IGNORECASE)


class DatabaseTime:
    def __init__(self) -> None:
        self.parts: defaultdict[str, float] = defaultdict(float)  # statement's name -> seconds
        self.counts: defaultdict[str, int] = defaultdict(int)
        self.waits_for_a_core = 0.0  # seconds, in no part
        self._name = ""
        self._processes: list[
            Path
        ] = []  # what Linux tells of ours and, if there is one, of the server

    @property
    def seconds(self) -> float:
        return sum(self.parts.values())

    @contextmanager
    def measured(self) -> Iterator[None]:
        connection.ensure_connection()
        self._processes = [Path("/proc/thread-self/schedstat")]
        if connection.vendor == "postgresql":
            server = connection.connection.info.backend_pid
            self._processes.append(Path(f"/proc/{server}/schedstat"))
        watched = self._postgres if connection.vendor == "postgresql" else self._sqlite
        with connection.execute_wrapper(self._named), watched():
            yield

    def _named(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self._name = named(sql)
        self.counts[self._name] += 1
        try:
            return execute(sql, params, many, context)
        finally:
            if connection.vendor == "postgresql":  # there, rows come with the answer
                self._name = ""

    @contextmanager
    def _postgres(self) -> Iterator[None]:
        """Whatever psycopg waits for goes through one method of its connection."""
        psycopg = connection.connection
        usual = psycopg.wait

        def wait(answer: Any, *arguments: Any, **named_arguments: Any) -> Any:
            name = self._name or _unnamed(answer)
            with self._taken(name):
                return usual(answer, *arguments, **named_arguments)

        psycopg.wait = wait
        try:
            yield
        finally:
            del psycopg.wait

    @contextmanager
    def _sqlite(self) -> Iterator[None]:
        """Rows are found while they are fetched, so cursors are timed and not statements alone."""
        timed, database = self._timed, cast("Any", connection)
        commit = database._commit

        class Cursor(SQLiteCursorWrapper):
            execute = timed(SQLiteCursorWrapper.execute)
            executemany = timed(SQLiteCursorWrapper.executemany)
            fetchone = timed(SQLiteCursorWrapper.fetchone)
            fetchmany = timed(SQLiteCursorWrapper.fetchmany)
            fetchall = timed(SQLiteCursorWrapper.fetchall)

        def create_cursor(name: str | None = None) -> Any:
            return database.connection.cursor(factory=Cursor)

        database.create_cursor = create_cursor
        database._commit = timed(commit, "COMMIT")
        try:
            yield
        finally:
            del database.create_cursor, database._commit

    def _timed(self, call: Callable[..., Any], name: str = "") -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            with self._taken(name or self._name):
                return call(*arguments)

        return timed

    @contextmanager
    def _taken(self, name: str) -> Iterator[None]:
        before, began = self._scheduled(), time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - began
            waits, worked = (
                after - at for at, after in zip(before, self._scheduled(), strict=True)
            )
            self.parts[name] += max(took - waits, worked)  # both may have waited at once
            self.waits_for_a_core += waits

    def _scheduled(self) -> tuple[float, float]:
        """Seconds that ours and the server waited for a core, and that the database worked."""
        found = [_schedule(each) for each in self._processes]
        return sum(waited for _, waited in found), found[-1][0]


def named(sql: str) -> str:
    """What it does and to which table."""
    found = _NAMES.search(sql)
    return f"{sql.split(maxsplit=1)[0].upper()} {found[1] if found else ''}".strip()


def _unnamed(answer: Any) -> str:
    return "COMMIT" if "commit" in getattr(answer, "__name__", "") else "COPY"


def _schedule(process: Path) -> tuple[float, float]:
    """Seconds that it ran, and that it could have run and had no core."""
    try:
        ran, waited, _ = process.read_bytes().split()
    except OSError:  # another machine's, or not Linux
        return 0.0, 0.0
    return int(ran) / 1e9, int(waited) / 1e9
