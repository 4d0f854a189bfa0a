"""How much of one upstream this process does at once: one that hangs leaves threads for the rest.

Of a worker's eight threads, an upstream that answers nothing may hold six, and one of the three
slices once that is known. What finds no place stays due, and the next tick tries again.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum


class Work(Enum):
    """What is done, and how many at once."""

    SLICES = "slices", 3
    SELLS = "sells", 2
    INVENTORIES = "inventories", 1
    KEYS = "keys", 1

    def __init__(self, title: str, most: int) -> None:
        self.title = title
        self.most = most


_lock = threading.Lock()
_taken: Counter[tuple[Work, str]] = Counter()
_in_trouble: set[str] = set()


@contextmanager
def taken(work: Work, upstream: str) -> Iterator[bool]:
    """False where all places are taken: then leave it."""
    is_ours = _take(work, upstream)
    try:
        yield is_ours
    finally:
        if is_ours:
            with _lock:
                _taken[work, upstream] -= 1


def note_answer(upstream: str) -> None:
    with _lock:
        _in_trouble.discard(upstream)


def note_trouble(upstream: str) -> None:
    """It answered nothing useful: until it does, one slice at a time finds out."""
    with _lock:
        _in_trouble.add(upstream)


def _take(work: Work, upstream: str) -> bool:
    with _lock:
        most = 1 if work is Work.SLICES and upstream in _in_trouble else work.most
        if _taken[work, upstream] >= most:
            return False
        _taken[work, upstream] += 1
        return True
