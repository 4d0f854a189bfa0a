"""What is written in bulk arrives as it was."""

from datetime import UTC, datetime

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from tests.factories import make_trade
from trades.models import StatusChange, Trade, TradeItem, TradeRaw
from trades.sync import rows
from trades.sync.bulk import bulk
from trades.upstreams.records import ItemRecord, Side

ODD_BYTES = b"\x00\\'\"{},\xff\\x00NULL"
ODD = ["", r"\N", r"\.", r"\\x00", "a\tb\nc\rd\\", "0;Nx", "\x01 ★ 🔪 'quoted' \"twice\""]


@pytest.mark.django_db
@pytest.mark.parametrize("amount", [1, 2**31 - 1, -(2**31)])
def test_odd_texts_numbers_and_nulls_survive_an_insert(amount: int) -> None:
    trade, writer = make_trade(), bulk()
    TradeItem.objects.filter(trade=trade).delete()
    items = [ItemRecord(Side.GIVEN, f"{n}", name, None, "2", amount) for n, name in enumerate(ODD)]
    told = rows.item_rows(trade.pk, items, dict.fromkeys(ODD))
    writer.insert(TradeItem, rows.ITEM_COLUMNS, writer.prepared(told))
    stored = TradeItem.objects.filter(trade=trade).order_by("id")
    assert list(stored.values_list("name", "app_id", "amount", "side")) == [
        (name, None, amount, "given") for name in ODD
    ]


@pytest.mark.django_db
def test_times_and_bytes_survive_an_insert() -> None:
    trade, writer = make_trade(), bulk()
    moments = [datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 12, 31, 23, 59, 59, 999999, UTC)]
    told = [(trade.pk, moment, None, str(n), "", "", "") for n, moment in enumerate(moments)]
    columns = ("trade_id", "seen_at", "upstream_at", "status_before", "status_after",
               "summary_before", "summary_after")  # fmt: skip
    writer.insert(StatusChange, columns, writer.prepared(told))
    stored = StatusChange.objects.order_by("id").values_list("seen_at", "upstream_at")
    assert list(stored) == [(moment, None) for moment in moments]
    TradeRaw.objects.all().delete()
    writer.insert(TradeRaw, rows.RAW_COLUMNS, writer.prepared([(trade.pk, ODD_BYTES)]))
    assert bytes(TradeRaw.objects.get().packed) == ODD_BYTES


@pytest.mark.postgres
@pytest.mark.django_db
def test_what_the_database_refuses_of_an_insert_is_djangos_error() -> None:
    trade = make_trade()
    with pytest.raises(DataError), transaction.atomic():
        bulk().insert(TradeItem, ("trade_id", "asset_id"), [(trade.pk, "7" * 33)])
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk().insert(TradeRaw, rows.RAW_COLUMNS, [(trade.pk, b"twice")])


@pytest.mark.django_db
def test_odd_texts_and_nulls_survive_an_update_of_many_rows() -> None:
    untouched, *trades = [make_trade() for _ in range(len(ODD) + 1)]
    told = [(each.pk, text, None, ODD_BYTES) for each, text in zip(trades, ODD, strict=True)]
    bulk().update(Trade, "id", ("error", "game_id", "content_hash"), told)
    columns = ("id", "error", "game_id", "content_hash")
    stored = Trade.objects.exclude(pk=untouched.pk).order_by("id").values_list(*columns)
    assert [(*each, bytes(packed)) for *each, packed in stored] == told
    before = (untouched.error, untouched.game_id)
    untouched.refresh_from_db()
    assert (untouched.error, untouched.game_id) == before


@pytest.mark.postgres
@pytest.mark.django_db
def test_ids_are_reserved_once_and_hold_up_nobody_after() -> None:
    last = make_trade().pk
    first = bulk().reserve_ids(Trade, 3)
    with transaction.atomic():
        undone = bulk().reserve_ids(Trade, 2)
        transaction.set_rollback(True)
    after = bulk().reserve_ids(Trade, 1)
    assert [*first, *undone, *after] == list(range(last + 1, last + 7))
    assert locks_held() == 0


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_step_of_ids_that_fails_leaves_no_lock_behind() -> None:
    with pytest.raises(DataError), transaction.atomic():
        bulk().reserve_ids(Trade, 2**63)
    assert locks_held() == 0


def locks_held() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        return int(cursor.fetchone()[0])
