"""Newest first, page by page, by key: no OFFSET, so that every page costs the same.

A page is bounded by the (sort_at, id) of its rows, so rows that arrive meanwhile shift nothing.
"""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from django.db.models import Q, QuerySet

PAGE_SIZE = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)
_PACKED = struct.Struct(">cqq")  # which way, microseconds of sort_at, id


class Keyed(Protocol):
    @property
    def sort_at(self) -> datetime: ...
    @property
    def id(self) -> int: ...


Row = TypeVar("Row", bound=Keyed)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page starts: after this row, towards older or newer ones."""

    towards_older: bool
    sort_at: datetime
    row_id: int

    def __str__(self) -> str:
        microseconds = (self.sort_at - _EPOCH) // timedelta(microseconds=1)
        way = b"o" if self.towards_older else b"n"
        packed = _PACKED.pack(way, microseconds, self.row_id)
        return urlsafe_b64encode(packed).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows newest first; ``newer`` and ``older`` are cursors, "" where there is nothing."""

    rows: Sequence[Row]
    newer: str
    older: str
    is_first: bool  # asked without a cursor: the newest rows


def read_cursor(text: str) -> Cursor | None:
    """Read a cursor out of an address; None for anything that we did not write."""
    try:
        packed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        way, microseconds, row_id = _PACKED.unpack(packed)
        sort_at = _EPOCH + timedelta(microseconds=microseconds)
    except (ValueError, struct.error, OverflowError):
        return None
    if way not in {b"o", b"n"} or row_id < 0 or not _EPOCH <= sort_at < _LAST:
        return None
    return Cursor(way == b"o", sort_at, row_id)


def page_of(queryset: QuerySet[Any, Row], cursor_text: str, *, size: int = PAGE_SIZE) -> Page[Row]:
    """Read one page; the rows must carry ``sort_at`` and ``id``. A bad cursor is the first page."""
    cursor = read_cursor(cursor_text)
    if cursor is None:
        return _older_page(queryset, None, size)
    if cursor.towards_older:
        return _older_page(queryset, cursor, size)
    return _newer_page(queryset, cursor, size) or _older_page(queryset, None, size)


def _older_page(queryset: QuerySet[Any, Row], cursor: Cursor | None, size: int) -> Page[Row]:
    if cursor:
        # The first condition bounds the index, the second skips the rows of the same instant.
        queryset = queryset.filter(sort_at__lte=cursor.sort_at).exclude(
            Q(sort_at=cursor.sort_at) & Q(id__gte=cursor.row_id)
        )
    rows = list(queryset.order_by("-sort_at", "-id")[: size + 1])
    shown = rows[:size]
    return Page(
        rows=shown,
        newer=_cursor_at(shown[0], towards_older=False) if cursor and shown else "",
        older=_cursor_at(shown[-1], towards_older=True) if len(rows) > size else "",
        is_first=cursor is None,
    )


def _newer_page(queryset: QuerySet[Any, Row], cursor: Cursor, size: int) -> Page[Row] | None:
    queryset = queryset.filter(sort_at__gte=cursor.sort_at).exclude(
        Q(sort_at=cursor.sort_at) & Q(id__lte=cursor.row_id)
    )
    rows = list(queryset.order_by("sort_at", "id")[: size + 1])
    if not rows:
        return None
    shown = rows[:size][::-1]
    return Page(
        rows=shown,
        newer=_cursor_at(shown[0], towards_older=False) if len(rows) > size else "",
        older=_cursor_at(shown[-1], towards_older=True),
        is_first=False,
    )


def _cursor_at(row: Keyed, *, towards_older: bool) -> str:
    return str(Cursor(towards_older, row.sort_at, row.id))
