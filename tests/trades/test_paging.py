from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from accounts.models import MarketAccount
from tests.factories import make_account, make_trade
from trades.filters import COLUMNS
from trades.models import Trade
from trades.paging import Cursor, Order, Page, page_of, read_cursor

START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def account(db: None) -> MarketAccount:
    return make_account()


def lines(trades: QuerySet[Trade]) -> Any:
    return trades.values_list("id", *COLUMNS.values(), named=True)


def fill(account: MarketAccount, moments: list[int]) -> list[int]:
    """Trades at these minutes after the start; their ids, newest first."""
    rows = [
        make_trade(account=account, items=(), created_at=START + timedelta(minutes=minute))
        for minute in moments
    ]
    return [row.pk for row in sorted(rows, key=lambda row: (row.sort_at, row.pk), reverse=True)]


def read(cursor: str = "") -> Page[Any]:
    return page_of(lines(Trade.objects.all()), cursor, size=4)


def ids(page: Page[Any]) -> list[int]:
    return [row.id for row in page.rows]


def older_pages() -> Iterator[Page[Any]]:
    page = read()
    yield page
    while page.older:
        page = read(page.older)
        yield page


@pytest.mark.parametrize(
    "moments",
    [list(range(11)), [5] * 11, [0, 0, 1, 1, 1, 1, 1, 2, 2, 3, 3], list(range(8)), [1], []],
    ids=["all apart", "one instant", "ties over the edge", "full pages", "one", "none"],
)
def test_walking_older_visits_each_row_once(account: MarketAccount, moments: list[int]) -> None:
    expected = fill(account, moments)
    assert [pk for page in older_pages() for pk in ids(page)] == expected


@pytest.mark.parametrize("moments", [list(range(11)), [5] * 11])
def test_walking_back_visits_each_row_once(account: MarketAccount, moments: list[int]) -> None:
    expected = fill(account, moments)
    page = list(older_pages())[-1]
    seen = ids(page)
    while page.newer:
        page = read(page.newer)
        if page.is_first:
            break
        seen = ids(page) + seen
    assert seen == expected


def test_rows_that_arrive_on_the_way_shift_nothing(account: MarketAccount) -> None:
    before = fill(account, list(range(9)))
    first = read()
    arrived = fill(account, [100, 101])
    second = read(first.older)
    assert ids(first) + ids(second) + ids(read(second.older)) == before
    back = read(second.newer)
    assert ids(back) == ids(first)
    assert ids(read(back.newer)) == arrived


def test_past_the_newest_stands_the_first_page(account: MarketAccount) -> None:
    expected = fill(account, list(range(6)))
    newest = Trade.objects.get(pk=expected[0])
    page = read(str(Cursor(False, "sort_at", newest.sort_at, newest.pk)))
    assert page.is_first
    assert ids(page) == expected[:4]


def test_the_first_page_has_nothing_newer_and_the_last_nothing_older(
    account: MarketAccount,
) -> None:
    fill(account, list(range(5)))
    pages = list(older_pages())
    assert pages[0].newer == ""
    assert pages[-1].older == ""
    assert pages[-1].newer


def test_a_cursor_survives_the_address() -> None:
    cursor = Cursor(True, "sort_at", START + timedelta(microseconds=1), 2**62)
    assert read_cursor(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    ["", "x", "%%%", "\x00", "é", "A" * 23, "A" * 9000, str(Cursor(True, "sort_at", START, 5))[:-2],
     str(Cursor(True, "sort_at", datetime(9000, 1, 1, tzinfo=UTC), 5)), "b_" + "_" * 23],
)  # fmt: skip
def test_a_cursor_that_we_did_not_write_is_none(text: str) -> None:
    assert read_cursor(text) is None


def plan(queryset_sql: str, params: tuple[object, ...]) -> str:
    word = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"{word} {queryset_sql}", params)
        return "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())


@pytest.mark.parametrize("towards_older", [True, False])
def test_a_page_deep_in_the_history_is_read_from_the_index(
    account: MarketAccount, towards_older: bool
) -> None:
    fill(account, [1, 2, 3])
    rows = Trade.objects.in_team(account.team)
    if towards_older:
        rows = rows.filter(sort_at__lte=START).exclude(sort_at=START, id__gte=5)
        rows = rows.order_by("-sort_at", "-id")
    else:
        rows = rows.filter(sort_at__gte=START).exclude(sort_at=START, id__lte=5)
        rows = rows.order_by("sort_at", "id")
    told = plan(*lines(rows)[:51].query.sql_with_params())
    assert "trade_newest" in told
    assert "B-TREE" not in told
    assert "Sort" not in told


EVERY_ORDER = [Order(column, is_up) for column in COLUMNS.values() for is_up in (False, True)]


def fill_sparsely(account: MarketAccount) -> None:
    """Ties and empty values in every column that sorts."""
    for number in range(23):
        at = START + timedelta(days=number % 5)
        make_trade(
            account=account,
            items=(),
            created_at=at,
            updated_at=None if number % 4 == 0 else at,
            value_milli=None if number % 3 == 0 else (number % 4) * 1_000 - 1_000,
            settles_at=None if number % 2 == 0 else at,
        )


def in_plain_order(order: Order) -> list[int]:
    """Those with a value in order, then those without one; ties and empty ones by id alike."""
    rows = [(getattr(row, order.column), row.pk) for row in Trade.objects.all()]
    told = sorted((row for row in rows if row[0] is not None), reverse=not order.is_ascending)
    empty = sorted((row[1] for row in rows if row[0] is None), reverse=not order.is_ascending)
    return [pk for _, pk in told] + empty


def walk(order: Order, page: Page[Any], *, back: bool = False) -> list[int]:
    """The ids of this page and all that follow it one way, in the order of the list."""
    rows = lines(Trade.objects.all())
    seen = ids(page)
    while cursor := page.newer if back else page.older:
        page = page_of(rows, cursor, order, size=4)
        if back and page.is_first:
            break
        seen = ids(page) + seen if back else seen + ids(page)
    return seen


def test_every_order_is_walked_to_its_end_and_back(account: MarketAccount) -> None:
    fill_sparsely(account)
    rows = lines(Trade.objects.all())
    for order in EVERY_ORDER:
        expected = in_plain_order(order)
        assert walk(order, page_of(rows, "", order, size=4)) == expected, order
        last = Cursor(True, order.column, getattr(Trade.objects.get(pk=expected[-2]), order.column),
                      expected[-2])  # fmt: skip
        end = page_of(rows, str(last), order, size=4)
        assert ids(end) == expected[-1:], order
        assert walk(order, end, back=True) == expected, order


def test_rows_that_arrive_shift_no_order(account: MarketAccount) -> None:
    """Each row that was there is seen once, whatever comes between the pages."""
    fill_sparsely(account)
    rows = lines(Trade.objects.all())
    for order in EVERY_ORDER:
        expected = in_plain_order(order)
        page = page_of(rows, "", order, size=4)
        seen = ids(page)
        while page.older:
            fill_sparsely_once(account, len(seen))
            page = page_of(rows, page.older, order, size=4)
            seen += ids(page)
        assert [pk for pk in seen if pk in set(expected)] == expected, order
        assert len(seen) == len(set(seen)), order


def fill_sparsely_once(account: MarketAccount, number: int) -> None:
    at = START + timedelta(days=number % 7)
    make_trade(account=account, items=(), created_at=at, updated_at=None, value_milli=number,
               settles_at=at)  # fmt: skip


HOSTILE = [
    Cursor(further, column, key, row_id)
    for further in (True, False)
    for column, key in [
        ("value_milli", -(2**63)), ("value_milli", 2**63 - 1), ("value_milli", None),
        ("updated_at", None), ("settles_at", datetime(2199, 12, 31, tzinfo=UTC)),
        ("sort_at", datetime(1970, 1, 1, tzinfo=UTC)),
    ]
    for row_id in (0, 2**63 - 1)
]  # fmt: skip


def test_no_cursor_breaks_any_order(account: MarketAccount) -> None:
    fill_sparsely(account)
    rows = lines(Trade.objects.all())
    everything = set(Trade.objects.values_list("pk", flat=True))
    for order in EVERY_ORDER:
        for cursor in HOSTILE:
            found = ids(page_of(rows, str(cursor), order, size=4))
            assert set(found) <= everything
            if cursor.column != order.column:
                assert found == in_plain_order(order)[:4], "a foreign cursor is the first page"
