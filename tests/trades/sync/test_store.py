"""A page that should be new is asked for little; what is known after all is still found."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import MarketAccount
from dashboard import clock
from tests.factories import make_key, make_trade
from trades.models import DayStat, SellTotal, Trade, TradeItem, TradeRaw
from trades.sync import held, lease
from trades.sync.ready import ReadyPage, made_ready_to_insert
from trades.sync.store import Outcome, store_page
from trades.upstreams.records import Direction, ItemRecord, Page, Phase, Side, TradeRecord

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def account() -> MarketAccount:
    return make_key().account


def record(named: str, created_at: datetime | None, status: str = "completed") -> TradeRecord:
    return TradeRecord(
        named, Phase.DONE, Direction.SELL, status, "", b"{}", f"{named} {status}".encode(),
        created_at=created_at, items=(ItemRecord(Side.GIVEN, f"asset of {named}", "AK-47"),),
    )  # fmt: skip


def ready(*records: TradeRecord) -> ReadyPage:
    return made_ready_to_insert(Page(records, (), len(records), None, None, clock.now()))


def store(account: MarketAccount, page: ReadyPage) -> Outcome:
    mine = lease.take(account.pk)
    assert mine
    outcome = store_page(mine, account, page)
    lease.release(mine)
    return outcome


def mirrored() -> dict[str, str]:
    return dict(Trade.objects.values_list("upstream_id", "status"))


def test_a_trade_known_under_another_date_is_not_doubled(account: MarketAccount) -> None:
    store(account, ready(record("a", None)))
    with clock.shifted(timedelta(minutes=1)):
        known = record("a", NOON, "rolled_back_by_user")
        outcome = store(account, ready(known, record("b", NOON + timedelta(days=1))))
    assert (outcome.new, outcome.changed) == (1, 1)
    assert mirrored() == {"a": "rolled_back_by_user", "b": "completed"}
    assert TradeItem.objects.count() == TradeRaw.objects.count() == 2
    assert sum(DayStat.objects.values_list("count", flat=True)) == 2


@pytest.mark.parametrize("few", [2, 200])
def test_what_is_known_of_a_new_page_is_left_as_it_is(
    account: MarketAccount, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(held, "FEW", few)
    edge = [record(named, NOON) for named in ("a", "b", "c")]
    store(account, ready(*edge))
    outcome = store(account, ready(*edge, record("d", NOON - timedelta(days=1))))
    assert (outcome.new, outcome.unchanged) == (1, 3)
    assert set(mirrored()) == {"a", "b", "c", "d"}


def test_rows_without_a_date_stand_where_they_were_asked_for(account: MarketAccount) -> None:
    page = ready(record("a", None))
    store(account, page)
    assert Trade.objects.get().sort_at == page.page.asked_at


@pytest.mark.django_db(transaction=True)
def test_an_account_outlives_its_trades() -> None:
    trade = make_trade()
    for figures in (DayStat, SellTotal):
        figures.objects.all().delete()
    mine = MarketAccount.objects.filter(pk=trade.account_id)
    with pytest.raises(IntegrityError), transaction.atomic():
        mine._raw_delete(mine.db)
    trade.delete()
    assert mine._raw_delete(mine.db) == 1
