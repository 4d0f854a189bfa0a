"""What is prepared away from the database arrives there as it was."""

import pytest
from django.db import DataError, connection, transaction

from tests.factories import make_trade
from trades.models import Trade, TradeItem
from trades.sync import rows
from trades.sync.bulk import bulk
from trades.upstreams.records import ItemRecord, Side

ODD_BYTES = b"\x00\\'\"{},\xff\\x00NULL"
ODD = ["", r"\N", r"\.", r"\\x00", "a\tb\nc\rd\\", "0;Nx", "\x01 ★ 🔪 'quoted' \"twice\""]


@pytest.mark.django_db
@pytest.mark.parametrize("amount", [1, -(2**31)])
def test_odd_texts_and_nulls_survive_a_prepared_insert(amount: int) -> None:
    trade, writer = make_trade(), bulk()
    TradeItem.objects.filter(trade=trade).delete()
    items = [ItemRecord(Side.GIVEN, f"{n}", name, None, "2", amount) for n, name in enumerate(ODD)]
    prepared = writer.prepared([rows.item_values(item) for item in items])
    [key] = writer.prepared([(trade.pk, None)])
    joined = writer.joined((key, each) for each in prepared)
    writer.insert_prepared(TradeItem, rows.ITEM_COLUMNS, joined)
    stored = TradeItem.objects.filter(trade=trade).order_by("id")
    assert list(stored.values_list("name", "app_id", "amount", "side")) == [
        (name, None, amount, "given") for name in ODD
    ]


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
