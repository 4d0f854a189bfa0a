"""Pure: stretches of time, which of them are mirrored and which are still to be read.

A stretch is ``Window(start, end)``, aware UTC; None at an end means that it has no end there.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHORTEST = timedelta(seconds=1)  # below this, only offset paging is left
WIDEST = timedelta(days=20_000)
# Whether bounds are inclusive is not documented: a second more on each side is right both ways.
MARGIN = timedelta(seconds=1)
# How full an answer should be, of what the server gives at most: fuller ones overflow too often
# where days differ, emptier ones cost calls everywhere.
FULLNESS = 0.85
GROWTH = 8
_FAR = datetime.max.replace(tzinfo=UTC)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

Json = list[list[str | None]]


class Window(NamedTuple):
    start: datetime | None
    end: datetime | None

    @property
    def low(self) -> datetime:
        return self.start or _LONG_AGO

    @property
    def high(self) -> datetime:
        return self.end or _FAR

    def padded(self) -> "Window":
        """What to ask for: a little more on both sides, in whole seconds."""
        return Window(
            self.start and whole_second(self.start - MARGIN),
            self.end and whole_second(self.end + 2 * MARGIN),
        )

    def dated(self) -> "Window":
        """The same with a date in any case: only then rows without one may stay away."""
        asked = self.padded()
        return Window(EPOCH, None) if asked == Window(None, None) else asked

    def holds(self, moment: datetime) -> bool:
        return self.low <= moment <= self.high


def whole_second(moment: datetime) -> datetime:
    """The second that a moment is in: no seed page shows a date with a fraction."""
    return moment.replace(microsecond=0)


def to_json(windows: Iterable[Window]) -> Json:
    return [[_iso(start), _iso(end)] for start, end in sorted_(windows)]


def from_json(stored: Json) -> list[Window]:
    return [Window(_moment(start), _moment(end)) for start, end in stored]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def sorted_(windows: Iterable[Window]) -> list[Window]:
    return sorted(windows, key=lambda window: (window.low, window.high))


def joined(windows: Iterable[Window]) -> list[Window]:
    """The same stretches, those that touch or overlap made one, oldest first."""
    whole: list[Window] = []
    for window in sorted_(windows):
        if whole and window.low <= whole[-1].high:
            last = whole.pop()
            window = Window(last.start, max(last, window, key=lambda each: each.high).end)
        whole.append(window)
    return whole


def newest_part(window: Window, width: timedelta, now: datetime) -> Window:
    """The last ``width`` of a window. Our clock only places the start of an endless one."""
    edge = window.end or max(now, window.low)
    start = edge - width if edge - EPOCH > width else None
    if start is None or (window.start and start <= window.start):
        return window
    return Window(start, window.end)


def without(todo: Sequence[Window], done: Window) -> list[Window]:
    """What remains of ``todo`` when ``done`` is read."""
    remaining = []
    for window in todo:
        if done.high <= window.low or window.high <= done.low:
            remaining.append(window)
            continue
        if window.low < done.low:
            remaining.append(Window(window.start, done.start))
        if done.high < window.high:
            remaining.append(Window(done.end, window.end))
    return sorted_(remaining)


def within(window: Window, frame: Window) -> Window:
    """What both cover, or ``frame`` where that is nothing."""
    start = max(window, frame, key=lambda each: each.low).start
    end = min(window, frame, key=lambda each: each.high).end
    return frame if start and end and start > end else Window(start, end)


def next_width(width: timedelta, found: int, at_most: int) -> timedelta:
    """The width that should hold ``FULLNESS`` of an answer, judged by the last density."""
    factor = GROWTH if not found else min(GROWTH, FULLNESS * at_most / found)
    return max(SHORTEST, min(WIDEST, width * factor))
