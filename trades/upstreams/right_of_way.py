"""Threads that read ahead step aside while the one that stores what they read computes.

One interpreter runs one thread at a time: whenever the database has answered, some twenty times a
page, the storing thread would wait for the turn of a reading one to end. Those have time enough
while the database stores.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event
from typing import TypeVar

T = TypeVar("T")
LONGEST = 0.1  # seconds that a step aside takes at most: whoever claimed the way may be held up


class RightOfWay:
    """Claimed by one thread, heeded by others; free at first."""

    def __init__(self, longest: float = LONGEST) -> None:
        self._is_free = Event()
        self._is_free.set()
        self._longest = longest

    def claim(self) -> None:
        self._is_free.clear()

    def give_up(self) -> None:
        self._is_free.set()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """While whoever claimed it waits for something else."""
        was_claimed = not self._is_free.is_set()
        self.give_up()
        try:
            yield
        finally:
            if was_claimed:
                self.claim()

    def heeded(self, items: Iterable[T]) -> Iterator[T]:
        """The same items, each of them when the way is free."""
        is_free = self._is_free.is_set
        for item in items:
            if not is_free():
                self._is_free.wait(self._longest)
            yield item


_NOBODYS = RightOfWay()
_CURRENT = ContextVar("right of way", default=_NOBODYS)


def current() -> RightOfWay:
    """That of the work at hand; where nobody reads ahead, one that nobody claims."""
    return _CURRENT.get()


@contextmanager
def shared(way: RightOfWay) -> Iterator[None]:
    """It is the current one here, and in threads that run in a copy of this context."""
    token = _CURRENT.set(way)
    try:
        yield
    finally:
        way.give_up()
        _CURRENT.reset(token)
