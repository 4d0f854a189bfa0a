"""Each name of a team's items is kept once, whatever pages brought it, and finds their trades."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import MarketAccount
from dashboard import clock
from tests.factories import make_account, make_key, make_team, make_trade
from trades import queries
from trades.filters import TradeFilter
from trades.models import ItemName, Trade, TradeItem
from trades.sync import item_names, lease
from trades.sync.item_names import KnownNames, folded, ids_of
from trades.sync.ready import ReadyPage, made_ready, made_ready_to_insert
from trades.sync.store import Outcome, store_page
from trades.upstreams.records import Direction, ItemRecord, Page, Phase, Side, TradeRecord

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Made = Callable[[Page], ReadyPage]


def record(named: str, *items: str, status: str = "completed") -> TradeRecord:
    told = tuple(ItemRecord(Side.GIVEN, f"{named}{n}", item) for n, item in enumerate(items))
    content = f"{named} {status} {items}".encode()
    return TradeRecord(
        named, Phase.DONE, Direction.SELL, status, "", b"{}", content[:16].ljust(16),
        created_at=NOON, items=told,
    )  # fmt: skip


def page(*records: TradeRecord) -> Page:
    return Page(records, (), len(records), None, None, clock.now())


def store(
    account: MarketAccount,
    answer: Page | ReadyPage,
    note: Callable[[Outcome], None] | None = None,
    known: KnownNames | None = None,
) -> Outcome:
    mine = lease.take(account.pk)
    assert mine
    try:
        return store_page(mine, account, answer, note, known)
    finally:
        lease.release(mine)


def names(account: MarketAccount) -> list[str]:
    return sorted(ItemName.objects.filter(team=account.team_id).values_list("name", flat=True))


def found(account: MarketAccount, item: str) -> set[str]:
    rows = queries.matching(account.team, TradeFilter(item=item), [account])
    return set(rows.values_list("upstream_id", flat=True))


def check_items() -> None:
    """Each item has the row of its own name, and of its own team."""
    for item in TradeItem.objects.select_related("trade", "folded_name"):
        name = item.folded_name
        assert (name and name.name) == (item.name.lower() or None)
        assert name is None or name.team_id == item.trade.team_id


@pytest.mark.django_db
@pytest.mark.parametrize("made", [made_ready, made_ready_to_insert])
def test_names_are_kept_once_a_team_and_find_their_trades(made: Made) -> None:
    account, stranger = make_key().account, make_key().account
    sibling = make_key(account=make_account(team=account.team)).account
    for owner in (account, sibling, stranger):
        store(owner, made(page(record("a", "КЛЮЧ", "Awp"), record("b", "", "AWP"))))
        store(owner, made(page(record("c", "ключ", "★ İnce"), record("d"))))
    assert names(account) == names(stranger) == sorted(["awp", "ключ", "★ İnce".lower()])
    check_items()
    for owner in (account, sibling, stranger):
        assert found(owner, "Ключ") == {"a", "c"}
        assert found(owner, "awp") == {"a", "b"}
        assert found(owner, "★ İnce") == {"c"}


@pytest.mark.django_db
def test_only_other_items_look_for_names() -> None:
    account = make_key().account
    store(account, page(record("a", "AWP"), record("b", "AK-47")))
    asked = {}
    for status, item in (("completed", "AWP"), ("declined", "AWP"), ("declined", "M4A4")):
        with clock.shifted(timedelta(minutes=1)), CaptureQueriesContext(connection) as queried:
            store(account, page(record("a", item, status=status), record("b", "AK-47")))
        asked[status, item] = sum("trades_itemname" in each["sql"] for each in queried)
    assert (asked["completed", "AWP"], asked["declined", "AWP"]) == (0, 0)
    assert asked["declined", "M4A4"] > 0
    check_items()
    assert (found(account, "m4a4"), found(account, "awp")) == ({"a"}, set())


@pytest.mark.django_db
@pytest.mark.parametrize("made", [made_ready, made_ready_to_insert])
def test_a_page_that_is_rolled_back_leaves_nothing_wrong(made: Made) -> None:
    account, answer = make_key().account, page(record("a", "AWP"), record("b", "AK-47"))

    def fails(_: Outcome) -> None:
        raise DatabaseError

    with pytest.raises(DatabaseError):
        store(account, made(answer), fails)
    assert found(account, "awp") == set()
    store(account, made(answer))
    check_items()
    assert (names(account), found(account, "awp")) == (["ak-47", "awp"], {"a"})


@pytest.mark.django_db(transaction=True)
def test_names_that_a_slice_knows_are_not_asked_for_again() -> None:
    account = make_key().account
    known = KnownNames(account.team_id)
    store(
        account, made_ready_to_insert(page(record("a", "AWP"), record("b", "AK-47"))), None, known
    )
    with CaptureQueriesContext(connection) as queried:
        store(account, made_ready_to_insert(page(record("c", "AWP"), record("d"))), None, known)
    assert not [each for each in queried if "trades_itemname" in each["sql"]]
    check_items()
    assert found(account, "awp") == {"a", "c"}


@pytest.mark.django_db(transaction=True)
def test_a_slice_does_not_know_names_that_were_undone() -> None:
    known, names = KnownNames(make_key().account.team_id), folded(["AWP"])
    with transaction.atomic():
        known.ids_of(names)
        transaction.set_rollback(True)
    assert known.ids_of(names)["AWP"] == ItemName.objects.get().pk


@pytest.mark.django_db(transaction=True)
def test_a_slice_knows_some_names_only(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(item_names, "MOST_KNOWN", 3)
    known = KnownNames(make_key().account.team_id)
    first, second = folded(["AWP", "AK-47"]), folded(["M4A4"])
    told = {**known.ids_of(first), **known.ids_of(second)}
    with django_assert_num_queries(0):
        assert known.ids_of(second)["M4A4"] == told["M4A4"]
    with django_assert_num_queries(1):  # "" is a name too: these no longer fitted
        assert known.ids_of(first)["AWP"] == told["AWP"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_brings_the_same_name_waits_and_takes_it() -> None:
    team = make_team().pk
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            mine = ids_of(team, folded(["AK-47", "AWP"]))
            theirs = pool.submit(_ids_apart, team, ["AWP", "M4A4"])
            deadline = time.monotonic() + 60
            while not _somebody_waits() and time.monotonic() < deadline:
                assert not theirs.done()
        assert theirs.result(60)["AWP"] == mine["AWP"]
    assert ItemName.objects.count() == 3


def _ids_apart(team: int, some: list[str]) -> dict[str, int | None]:
    try:
        return ids_of(team, folded(some))
    finally:
        connection.close()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_the_migration_names_what_is_there_and_can_be_taken_back() -> None:
    trades = [make_trade(items=[{"name": name}, {"name": ""}]) for name in ("КЛЮЧ", "Ключ", "Awp")]
    Trade.objects.filter(pk=trades[1].pk).update(team=trades[0].team, account=trades[0].account)
    migrate("0022_done_do_not_move")
    try:
        assert "trades_itemname" not in connection.introspection.table_names()
    finally:
        migrate("0023_names_of_items")
    assert ItemName.objects.count() == 2
    check_items()
    ids = {trade.upstream_id for trade in trades[:2]}
    assert found(trades[0].account, "ключ") == ids


def migrate(name: str) -> None:
    call_command("migrate", "trades", name, verbosity=0)
