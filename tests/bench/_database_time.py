"""How long the database worked for this process, statement by statement.

On PostgreSQL from the moment that a statement is sent until its answer is there, COPY and COMMIT
included, and beside it the CPU time of the server's own process. On SQLite inside the library.
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.backends.sqlite3.base import SQLiteCursorWrapper

_NAMES = re.compile(r'(?:FROM|INTO|UPDATE|COPY|JOIN) "?([a-z_]+)"?', re.IGNORECASE)


class DatabaseTime:
    def __init__(self) -> None:
        self.parts: defaultdict[str, float] = defaultdict(float)  # statement's name -> seconds
        self.counts: defaultdict[str, int] = defaultdict(int)
        self.server_cpu = 0.0  # seconds; 0 where the server is not seen
        self._name = ""

    @property
    def seconds(self) -> float:
        return sum(self.parts.values())

    @contextmanager
    def measured(self) -> Iterator[None]:
        connection.ensure_connection()
        cpu = _server_cpu()
        watched = self._postgres if connection.vendor == "postgresql" else self._sqlite
        with connection.execute_wrapper(self._named), watched():
            yield
        self.server_cpu = _server_cpu() - cpu

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
        timed, commit = self._timed, connection._commit

        class Cursor(SQLiteCursorWrapper):
            execute = timed(SQLiteCursorWrapper.execute)
            executemany = timed(SQLiteCursorWrapper.executemany)
            fetchone = timed(SQLiteCursorWrapper.fetchone)
            fetchmany = timed(SQLiteCursorWrapper.fetchmany)
            fetchall = timed(SQLiteCursorWrapper.fetchall)

        def create_cursor(name: str | None = None) -> Cursor:
            return connection.connection.cursor(factory=Cursor)

        connection.create_cursor = create_cursor
        connection._commit = timed(commit, "COMMIT")
        try:
            yield
        finally:
            del connection.create_cursor, connection._commit

    def _timed(self, call: Callable[..., Any], name: str = "") -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            with self._taken(name or self._name):
                return call(*arguments)

        return timed

    @contextmanager
    def _taken(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.parts[name] += time.perf_counter() - began


def named(sql: str) -> str:
    """What it does and to which table."""
    found = _NAMES.search(sql)
    return f"{sql.split(maxsplit=1)[0].upper()} {found[1] if found else ''}".strip()


def _unnamed(answer: Any) -> str:
    return "COMMIT" if "commit" in getattr(answer, "__name__", "") else "COPY"


def _server_cpu() -> float:
    if connection.vendor != "postgresql":
        return 0.0
    file = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    try:
        return int(file.read_text().split()[0]) / 1e9
    except OSError:  # another machine's, or not Linux
        return 0.0
