"""Where a worker may die: at each kind of statement, around each call, before and after COMMIT.

The product has no hooks for this: statements are seen by Django's ``execute_wrapper`` (COPY by a
cursor of psycopg's), calls by the client's transport. Inside a test's transaction COMMIT is the
release of a savepoint. After a crash nothing more of the worker reaches the database, as after
kill -9: its lease stays, and only the database's own rollback happens.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
from django.db import connection


class CrashError(BaseException):
    """No ``except Exception`` survives it, as none survives kill -9."""


_INSERT = "(?:INSERT INTO|COPY)"
STATEMENTS = {
    name: re.compile(pattern, re.DOTALL)
    for name, pattern in {
        "release the lease": r"UPDATE accounts_marketaccount SET lease_token = NULL",
        "take the lease": r"UPDATE accounts_marketaccount SET lease_token",
        "renew the lease": r"UPDATE accounts_marketaccount SET lease_until",
        "look at the fence": r"SELECT accounts_marketaccount\.id AS pk FROM.*lease_token = ",
        "begin": r"SAVEPOINT ",
        "commit": r"RELEASE SAVEPOINT ",
        "read the stored rows": r"SELECT trades_trade\.upstream_id.*content_hash",
        "insert trades": rf"{_INSERT} trades_trade ",
        "insert names of items": rf"(?:WITH asked .*)?{_INSERT} trades_itemname ",
        "insert items": rf"{_INSERT} trades_tradeitem ",
        "insert raw answers": rf"{_INSERT} trades_traderaw ",
        "update trades": r"UPDATE trades_trade (?:AS held )?SET",
        "update raw answers": r"UPDATE trades_traderaw (?:AS held )?SET",
        "delete items": r"DELETE FROM trades_tradeitem ",
        "insert status changes": rf"{_INSERT} trades_statuschange ",
        "move day figures": r"INSERT INTO trades_daystat",
        "drop empty day figures": r"DELETE FROM trades_daystat",
        "keep bad rows": r"INSERT INTO trades_badrecord",
        "forget bad rows": r"DELETE FROM trades_badrecord",
        "count progress": r"UPDATE trades_syncstate SET progress_done = \(",
        "write the notes": r"UPDATE trades_syncstate SET cursor",
        "note trouble": r"UPDATE trades_syncstate SET failures = \S+, last_error.* due_at =",
        "note success": r"UPDATE trades_syncstate SET failures = .*last_good_at =",
        "note a refusal of the key": r"UPDATE accounts_upstreamkey SET state",
        "insert a run": r"INSERT INTO trades_syncrun",
        "keep market statistics": r"(?:INSERT INTO|UPDATE) trades_marketstatistic",
        "settle a sell": r"UPDATE trades_sellrequest SET",
        "free sold items": r"UPDATE trades_sellitem SET",
        "note a difference": r"INSERT INTO trades_difference",
    }.items()
}
CALLS = ("before the question is sent", "after the answer came", "with half of the answer read")
POINTS = (*(f"{moment} {name}" for name in STATEMENTS for moment in ("before", "after")), *CALLS)
_UNDONE_BY_THE_DATABASE = ("ROLLBACK TO SAVEPOINT", "RELEASE SAVEPOINT")


def kind_of(sql: str) -> str | None:
    plain = sql.replace('"', "").lstrip()
    return next((name for name, pattern in STATEMENTS.items() if pattern.match(plain)), None)


class Crashes:
    """Counts the points that are passed and dies at the armed one; use around a worker's slice."""

    def __init__(self) -> None:
        self.passed: Counter[str] = Counter()
        self.died_at: Counter[str] = Counter()
        self._armed: dict[str, int] = {}
        self._is_dead = False

    def arm(self, *points: str, spared: int = 0) -> None:
        """Die at each of these points once, after it was passed ``spared`` times."""
        self._armed |= dict.fromkeys(points, spared)

    @contextmanager
    def possible(self) -> Iterator[None]:
        """A worker's life; a crash ends it and nothing else."""
        with ExitStack() as life:
            life.enter_context(connection.execute_wrapper(self._statement))
            if connection.vendor == "postgresql":
                life.enter_context(self._copies_watched())
            try:
                yield
            except CrashError:
                connection.set_rollback(False)  # by a block without a savepoint of its own
                self._is_dead = False

    def passing(self, point: str) -> None:
        self.passed[point] += 1
        if point not in self._armed:
            return
        self._armed[point] -= 1
        if self._armed[point] >= 0:
            return
        del self._armed[point]
        self.died_at[point] += 1
        self._is_dead = True
        raise CrashError(point)

    def _statement(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if self._is_dead:
            if sql.startswith(_UNDONE_BY_THE_DATABASE):
                return execute(sql, params, many, context)
            raise CrashError(sql)
        with self._around(sql):
            return execute(sql, params, many, context)

    @contextmanager
    def _around(self, sql: str) -> Iterator[None]:
        kind = kind_of(sql)
        if kind:
            self.passing(f"before {kind}")
        yield
        if kind:
            self.passing(f"after {kind}")

    @contextmanager
    def _copies_watched(self) -> Iterator[None]:
        """Django's wrapper does not see COPY: the cursor of the driver does."""
        watched, driver = self, connection.connection
        usual = driver.cursor_factory

        class Watched(usual):  # type: ignore[misc, valid-type]
            @contextmanager
            def copy(self, sql: str, *args: Any, **kwargs: Any) -> Iterator[Any]:
                with watched._around(sql), super().copy(sql, *args, **kwargs) as copy:
                    yield copy

        driver.cursor_factory = Watched
        try:
            yield
        finally:
            driver.cursor_factory = usual


class CrashingTransport(httpx.BaseTransport):
    """The wire of a worker that may die around a call."""

    def __init__(self, crashes: Crashes) -> None:
        self._crashes = crashes
        self._wire = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._crashes.passing(CALLS[0])
        answer = self._wire.handle_request(request)
        self._crashes.passing(CALLS[1])
        answer.stream = _Halved(answer.stream, self._crashes)
        return answer

    def close(self) -> None:
        self._wire.close()


class _Halved(httpx.SyncByteStream):
    def __init__(self, whole: Any, crashes: Crashes) -> None:
        self._whole = whole
        self._crashes = crashes

    def __iter__(self) -> Iterator[bytes]:
        for place, chunk in enumerate(self._whole):
            half = len(chunk) // 2
            yield chunk[:half]
            if place == 0:
                self._crashes.passing(CALLS[2])
            yield chunk[half:]

    def close(self) -> None:
        self._whole.close()
