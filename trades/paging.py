"""Page by page, by key: no OFFSET, so that every page costs the same.

A page is bounded by the sorted column and the id of its rows, so rows that arrive meanwhile shift
nothing. Rows that have nothing in the sorted column come last, by id: a lane of their own.
"""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet

PAGE_SIZE = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)
_FURTHER, _BACK = b"o", b"n"
_PACKED = struct.Struct(">cc?qq")  # which way, the column, has a key, the key, id
_COLUMNS = {b"c": "sort_at", b"u": "updated_at", b"v": "value_milli", b"s": "settles_at"}
_TIMES = frozenset({"sort_at", "updated_at", "settles_at"})

Key = datetime | int | None
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Order:
    """By a column, the highest first unless ``is_ascending``; ties and empty ones by id alike."""

    column: str = "sort_at"
    is_ascending: bool = False

    @property
    def can_be_empty(self) -> bool:
        return self.column != "sort_at"


NEWEST_FIRST = Order()


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page starts: after this row, further down the list or back up."""

    further: bool
    column: str
    key: Key
    row_id: int

    def __str__(self) -> str:
        letter = next(each for each, name in _COLUMNS.items() if name == self.column)
        number = _as_number(self.key)
        way = _FURTHER if self.further else _BACK
        packed = _PACKED.pack(way, letter, number is not None, number or 0, self.row_id)
        return urlsafe_b64encode(packed).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows in order; ``newer`` (back up) and ``older`` (further) are cursors, "" for nothing."""

    rows: Sequence[Row]
    newer: str
    older: str
    is_first: bool  # asked without a cursor: the top of the list


def read_cursor(text: str) -> Cursor | None:
    """Read a cursor out of an address; None for anything that we did not write."""
    try:
        packed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        way, letter, has_key, number, row_id = _PACKED.unpack(packed)
        column = _COLUMNS[letter]
        key = _as_key(column, number) if has_key else None
    except (ValueError, struct.error, OverflowError, KeyError):
        return None
    if way not in {_FURTHER, _BACK} or row_id < 0 or not _is_likely(column, key):
        return None
    return Cursor(way == _FURTHER, column, key, row_id)


def _is_likely(column: str, key: Key) -> bool:
    if isinstance(key, datetime):
        return _EPOCH <= key < _LAST
    return key is not None or column != "sort_at"


def _as_number(key: Key) -> int | None:
    return (key - _EPOCH) // timedelta(microseconds=1) if isinstance(key, datetime) else key


def _as_key(column: str, number: int) -> Key:
    return _EPOCH + timedelta(microseconds=number) if column in _TIMES else number


def page_of(
    queryset: QuerySet[Any, Row],
    cursor_text: str,
    order: Order = NEWEST_FIRST,
    *,
    size: int = PAGE_SIZE,
) -> Page[Row]:
    """One page; the rows must carry ``id`` and the sorted column.

    A cursor that is bad, or of another column, is the first page.
    """
    cursor = read_cursor(cursor_text)
    if cursor is None or cursor.column != order.column:
        return _further_page(queryset, None, order, size)
    if cursor.further:
        return _further_page(queryset, cursor, order, size)
    return _page_back(queryset, cursor, order, size) or _further_page(queryset, None, order, size)


def _further_page(
    queryset: QuerySet[Any, Row], cursor: Cursor | None, order: Order, size: int
) -> Page[Row]:
    rows = _rows_after(queryset, cursor, order, size + 1)
    shown = rows[:size]
    return Page(
        rows=shown,
        newer=_cursor_at(shown[0], order, further=False) if cursor and shown else "",
        older=_cursor_at(shown[-1], order, further=True) if len(rows) > size else "",
        is_first=cursor is None,
    )


def _page_back(
    queryset: QuerySet[Any, Row], cursor: Cursor, order: Order, size: int
) -> Page[Row] | None:
    rows = _rows_before(queryset, cursor, order, size + 1)
    if not rows:
        return None
    shown = rows[:size][::-1]
    return Page(
        rows=shown,
        newer=_cursor_at(shown[0], order, further=False) if len(rows) > size else "",
        older=_cursor_at(shown[-1], order, further=True),
        is_first=False,
    )


def _rows_after(
    queryset: QuerySet[Any, Row], cursor: Cursor | None, order: Order, size: int
) -> list[Row]:
    """Down the list: the rows with a key, then those without one."""
    rows: list[Row] = []
    if cursor is None or cursor.key is not None:
        rows = list(_lane(queryset, cursor, order, up=order.is_ascending)[:size])
    if order.can_be_empty and len(rows) < size:
        after = cursor if cursor and cursor.key is None else None
        rows += _empty_lane(queryset, after, order, up=order.is_ascending)[: size - len(rows)]
    return rows


def _rows_before(
    queryset: QuerySet[Any, Row], cursor: Cursor, order: Order, size: int
) -> list[Row]:
    """Up the list, nearest first."""
    up = not order.is_ascending
    if cursor.key is not None:
        return list(_lane(queryset, cursor, order, up=up)[:size])
    rows = list(_empty_lane(queryset, cursor, order, up=up)[:size])
    if len(rows) < size:
        rows += _lane(queryset, None, order, up=up)[: size - len(rows)]
    return rows


def _lane(queryset: QuerySet[Any, Row], cursor: Cursor | None, order: Order, *, up: bool) -> Any:
    """Rows that have a key, from the cursor on."""
    column = order.column
    if order.can_be_empty:
        queryset = queryset.filter(**{f"{column}__isnull": False})
    if cursor:
        # The first condition bounds the index, the second skips the rows of the same key.
        bound, skipped = ("gte", "lte") if up else ("lte", "gte")
        queryset = queryset.filter(**{f"{column}__{bound}": cursor.key}).exclude(
            Q(**{column: cursor.key}) & Q(**{f"id__{skipped}": cursor.row_id})
        )
    return queryset.order_by(*_sorted_by(column, "id", up=up))


def _empty_lane(
    queryset: QuerySet[Any, Row], cursor: Cursor | None, order: Order, *, up: bool
) -> Any:
    queryset = queryset.filter(**{f"{order.column}__isnull": True})
    if cursor:
        queryset = queryset.filter(**{f"id__{'gt' if up else 'lt'}": cursor.row_id})
    return queryset.order_by(*_sorted_by("id", up=up))


def _sorted_by(*columns: str, up: bool) -> list[str]:
    return [column if up else f"-{column}" for column in columns]


def _cursor_at(row: Any, order: Order, *, further: bool) -> str:
    return str(Cursor(further, order.column, getattr(row, order.column), row.id))
