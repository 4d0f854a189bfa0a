from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from accounts.models import MarketAccount
from tests.factories import make_account, make_trade
from trades import queries
from trades.models import Trade
from trades.paging import Cursor, Page, page_of, read_cursor
from trades.queries import TradeLine

START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def account(db: None) -> MarketAccount:
    return make_account()


def fill(account: MarketAccount, moments: list[int]) -> list[int]:
    """Trades at these minutes after the start; their ids, newest first."""
    rows = [
        make_trade(account=account, items=(), created_at=START + timedelta(minutes=minute))
        for minute in moments
    ]
    return [row.pk for row in sorted(rows, key=lambda row: (row.sort_at, row.pk), reverse=True)]


def read(cursor: str = "") -> Page[TradeLine]:
    return page_of(queries.lines(Trade.objects.all()), cursor, size=4)


def ids(page: Page[TradeLine]) -> list[int]:
    return [row.id for row in page.rows]


def older_pages() -> Iterator[Page[TradeLine]]:
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
    told = plan(*queries.lines(rows)[:51].query.sql_with_params())
    assert "trade_newest" in told
    assert "B-TREE" not in told
    assert "Sort" not in told
