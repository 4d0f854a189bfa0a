"""Threads that serve what waits, each turn once at a time: a worker without a broker."""

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from django.db import close_old_connections, connections

from trades.services.rounds import Turn

logger = logging.getLogger(__name__)
THREADS = 8  # as many as a worker has: a market that hangs must not hold up the others


class Crew:
    """Use as a context manager; leaving it waits for the turns that have begun, and no others."""

    def __init__(self, threads: int = THREADS) -> None:
        self._pool = ThreadPoolExecutor(threads)
        self._lock = threading.Lock()
        self._under_way: set[Turn] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def begin(self, waiting: Mapping[Turn, Callable[[], object]]) -> int:
        """Start what is not under way yet; returns how many."""
        with self._lock:
            new = {name: turn for name, turn in waiting.items() if name not in self._under_way}
            self._under_way |= new.keys()
        for name, turn in new.items():
            self._pool.submit(self._serve, name, turn)
        return len(new)

    def _serve(self, name: Turn, turn: Callable[[], object]) -> None:
        try:
            close_old_connections()
            turn()
        except Exception:
            logger.exception("turn=%s of %s failed", *name)
        finally:
            connections.close_all()
            with self._lock:
                self._under_way.discard(name)
