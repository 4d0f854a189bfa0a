"""Windows asked for ahead: threads fetch and make ready, and never touch the database.

Whoever holds the lease takes what landed, one page at a time, and stores it. What was not taken
is simply asked for again: nothing is noted before it is stored.
"""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, get_native_id
from typing import Self

from trades.sync.ready import ReadyPage, made_ready_to_insert
from trades.sync.windows import Window
from trades.upstreams.records import Page

MOST_AT_ONCE = 3
BEFORE_ANY_LANDED = 2  # how large the answers are is not known yet
# A thread that parses would keep the one that stores waiting for ten times as long, at each of the
# many moments when the database has answered.
YIELD_SECONDS = 0.0005
MOST_BYTES = 6 * 1024 * 1024  # of rows in flight: a million trades then load within 130 MiB


GIVES_WAY = 5  # levels of nice


def _give_way() -> None:
    """What is read ahead can wait for the thread that stores, and for the database beside it.

    Only Linux knows of threads that are nicer than others.
    """
    if sys.platform == "linux":
        thread = get_native_id()
        with suppress(OSError):  # where that is not allowed, it is as good as the others
            nice = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, nice + GIVES_WAY)


@dataclass(frozen=True, slots=True)
class Landed:
    """The answer to a window, and the edition of the plan that it was asked under."""

    window: Window
    edition: int
    ready: ReadyPage


class Flight:
    """Use as a context manager; sent and taken by one thread."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, "window", initializer=_give_way)
        self._sent: dict[Future[ReadyPage], tuple[Window, int]] = {}
        self._making = Lock()
        self._largest = 0
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        sys.setswitchinterval(YIELD_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def __len__(self) -> int:
        """Windows asked for and not taken; one that failed counts until its failure is told."""
        return len(self._sent) + (self._failure is not None)

    @property
    def windows(self) -> Iterator[Window]:
        return (window for window, _ in self._sent.values())

    @property
    def has_room(self) -> bool:
        if self._failure:
            return False
        if not self._largest:
            return len(self._sent) < BEFORE_ANY_LANDED
        by_size = max(1, MOST_BYTES // self._largest)
        return len(self._sent) < min(MOST_AT_ONCE, by_size)

    def send(self, window: Window, edition: int, fetch: Callable[[], Page]) -> None:
        future = self._threads.submit(self._fetched, fetch)
        self._sent[future] = (window, edition)

    def _fetched(self, fetch: Callable[[], Page]) -> ReadyPage:
        page = fetch()
        with self._making:  # two at once would take turns, and both be late
            return made_ready_to_insert(page)

    def take(self) -> Landed:
        """The next that landed; a failure is raised once nothing else is left to store."""
        while self._sent:
            wait(self._sent, return_when=FIRST_COMPLETED)
            future = next(each for each in self._sent if each.done())
            window, edition = self._sent.pop(future)
            failure = future.exception()
            if failure is None:
                ready = future.result()
                self._largest = max(self._largest, ready.size)
                return Landed(window, edition, ready)
            self._failure = self._failure or failure
        failure, self._failure = self._failure, None
        raise failure or LookupError("nothing is in flight")
