"""The one file of a world: an sqlite3 database behind one lock, and the clock beside it."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trades.sandbox.schema import TABLES, TRADE_INDEXES

FILE_NAME = "sandbox.sqlite3"
Row = tuple[Any, ...]


class Store:
    """``folder`` None keeps the world in memory. ``clock`` gives seconds since 1970."""

    def __init__(self, folder: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            folder / FILE_NAME if folder else ":memory:",
            isolation_level=None,
            check_same_thread=False,
            timeout=30,
        )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA cache_size = -65536")
        self._db.executescript(TABLES)
        self.create_indexes()

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def now(self) -> int:
        return int(self.clock())

    def rows(self, sql: str, args: Sequence[object] | Mapping[str, object] = ()) -> list[Row]:
        with self._lock:
            return self._db.execute(sql, args).fetchall()

    def row(self, sql: str, args: Sequence[object] = ()) -> Row | None:
        with self._lock:
            found: Row | None = self._db.execute(sql, args).fetchone()
            return found

    def number(self, sql: str, args: Sequence[object] = ()) -> int:
        """The one number that a question answers; 0 for none."""
        found = self.row(sql, args)
        return int(found[0] or 0) if found else 0

    def run(self, sql: str, args: Sequence[object] = ()) -> int:
        """How many rows a change touched."""
        with self._lock:
            return self._db.execute(sql, args).rowcount

    def insert(self, sql: str, args: Sequence[object] = ()) -> int:
        """The rowid of the new row."""
        with self._lock:
            return int(self._db.execute(sql, args).lastrowid or 0)

    def run_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        with self._lock:
            self._db.executemany(sql, rows)

    @contextmanager
    def write(self) -> Iterator[None]:
        """All or nothing; inside another one it joins that one."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def create_indexes(self) -> None:
        for sql in TRADE_INDEXES.values():
            self.run(sql.format("IF NOT EXISTS"))

    def drop_indexes(self) -> None:
        """Before a load of very many rows; ``create_indexes`` brings them back."""
        for name in TRADE_INDEXES:
            self.run(f"DROP INDEX IF EXISTS {name}")

    def fact(self, name: str) -> str | None:
        found = self.row("SELECT value FROM fact WHERE name = ?", (name,))
        return str(found[0]) if found else None

    def note_fact(self, name: str, value: str) -> None:
        self.run("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))
