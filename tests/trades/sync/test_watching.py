"""A page that is open on a trade shows what the market does within seconds."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from pytest_django import DjangoAssertNumQueries

from dashboard import clock
from tests.trades.sync.conftest import SECRET, Desk
from trades import budget
from trades.budget import Share
from trades.connect import scopes_of
from trades.models import Stream, SyncState, Trade, Watch
from trades.sync import cursors, engine, housekeeping, watching

pytestmark = pytest.mark.usefixtures("stopped_clock")

SOON = timedelta(seconds=2.1)


def mirrored_trade(desk: Desk, status: str) -> Trade:
    desk.seed(3, statuses={"completed": 1})
    upstream_id = desk.world.trades.insert(SECRET, status=status)
    desk.sync()
    return Trade.objects.get(upstream_id=upstream_id)


def due_in(desk: Desk) -> timedelta:
    due_at = SyncState.objects.get(account=desk.account, stream=Stream.OPEN).due_at
    assert due_at is not None
    return due_at - clock.now()


@pytest.mark.parametrize("status", ["processing", "accepted", "never_heard_of"])
def test_what_is_looked_at_is_read_again_after_two_seconds(desk: Desk, status: str) -> None:
    trade = mirrored_trade(desk, status)
    assert watching.note_watching(trade)
    engine.run_slice(desk.account.pk)
    desk.world.trades.mutate(trade.upstream_id, status="completed")
    with clock.shifted(SOON):
        assert cursors.due_accounts().exists()
        engine.run_slice(desk.account.pk)
    trade.refresh_from_db()
    assert trade.status == "completed"


def test_an_old_trade_that_is_read_once_a_day_is_woken_by_its_page(desk: Desk) -> None:
    trade = mirrored_trade(desk, "processing")
    Trade.objects.update(sort_at=clock.now() - timedelta(days=30))
    desk.sync()
    assert due_in(desk) <= timedelta(minutes=1)
    watching.note_watching(trade)
    engine.run_slice(desk.account.pk)
    desk.world.trades.mutate(trade.upstream_id, status="cancelled")
    with clock.shifted(SOON):
        engine.run_slice(desk.account.pk)
    trade.refresh_from_db()
    assert trade.status == "cancelled"


def test_a_closed_page_and_a_final_trade_are_read_no_more_often_than_others(desk: Desk) -> None:
    trade = mirrored_trade(desk, "accepted")
    watching.note_watching(trade)
    engine.run_slice(desk.account.pk)
    assert due_in(desk) < timedelta(seconds=3)
    with clock.shifted(watching.KEPT + SOON):
        engine.run_slice(desk.account.pk)
        assert due_in(desk) > timedelta(seconds=3)
        assert housekeeping.drop_closed_pages() == 1


def test_a_page_that_asks_all_the_time_costs_a_read_and_rarely_a_write(
    desk: Desk, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    trade = mirrored_trade(desk, "processing")
    watching.note_watching(trade)
    until = Watch.objects.get().until
    with django_assert_num_queries(1), clock.shifted(timedelta(seconds=2)):
        assert not watching.note_watching(trade)
    with clock.shifted(timedelta(seconds=6)):
        assert not watching.note_watching(trade)
    assert Watch.objects.get().until > until


def test_what_is_looked_at_is_read_when_the_polling_has_used_up_its_share(
    desk: Desk, settings: LazySettings
) -> None:
    trade = mirrored_trade(desk, "processing")
    settings.VPSBOT_CALLS_A_MINUTE = 40
    budget.reserve(scopes_of(desk.account.upstream, desk.account.pk), 1000, Share.POLLED)
    watching.note_watching(trade)
    desk.world.trades.mutate(trade.upstream_id, status="completed")
    engine.run_slice(desk.account.pk)
    trade.refresh_from_db()
    assert trade.status == "completed"
