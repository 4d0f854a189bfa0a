"""A slice serves what is due; trouble costs time, never a row."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import KeyState, MarketAccount
from dashboard import clock
from tests.factories import make_key
from tests.trades.sync.conftest import SECRET, Desk
from trades.models import BadRecord, DayStat, StatusChange, Stream, SyncRun, SyncState, Trade
from trades.sandbox.faults import Fault
from trades.sync import cursors, engine, lease
from trades.sync.lease import LeaseLostError

pytestmark = pytest.mark.usefixtures("stopped_clock")

STILL = {"completed": 8, "cancelled": 1, "accepted": 1}


def state(desk: Desk, stream: Stream) -> SyncState:
    return SyncState.objects.get(account=desk.account, stream=stream)


def test_a_second_run_writes_no_trade(desk: Desk) -> None:
    desk.seed(400, statuses=STILL)
    desk.sync()
    before = list(Trade.objects.order_by("pk").values())
    again = desk.sync()
    assert (again.new, again.changed) == (0, 0)
    assert list(Trade.objects.order_by("pk").values()) == before


def test_day_figures_equal_the_rows_they_count(desk: Desk) -> None:
    desk.seed(300, statuses=STILL)
    desk.sync()
    for trade_id in list(desk.truth())[:40]:
        desk.world.trades.mutate(trade_id, status="rolled_back_by_bot")
    desk.sync()
    rows = Trade.objects.values_list("sort_at", "game_id", "status", "phase")
    counted = Counter((at.date(), game, status, phase) for at, game, status, phase in rows)
    stats = DayStat.objects.values_list("day", "game_id", "status", "phase", "count")
    assert {tuple(row[:4]): row[4] for row in stats} == counted


def test_a_trade_that_moves_on_is_seen_and_its_step_is_kept(desk: Desk) -> None:
    desk.seed(20, statuses=STILL)
    trade_id = desk.world.trades.insert(SECRET, status="processing")
    desk.sync()
    desk.world.trades.mutate(trade_id, status="accepted")
    desk.sync()
    change = StatusChange.objects.get(trade__upstream_id=trade_id)
    assert (change.status_before, change.status_after) == ("processing", "accepted")
    assert Trade.objects.get(upstream_id=trade_id).phase == "frozen"


def test_a_new_trade_arrives_with_the_recent_stream_alone(desk: Desk) -> None:
    desk.seed(30, statuses=STILL)
    desk.sync()
    trade_id = desk.world.trades.insert(SECRET)
    with clock.shifted(timedelta(minutes=2)):
        engine.run_slice(desk.account.pk)
    assert trade_id in desk.mirrored()


def test_an_account_without_trades_gets_its_first_one(desk: Desk) -> None:
    desk.world.accounts.add("empty", key=SECRET)
    desk.sync()
    trade_id = desk.world.trades.insert(SECRET)
    desk.sync()
    assert desk.mirrored() == {trade_id: "completed"}


@pytest.mark.parametrize(
    "fault",
    [
        Fault("html", status=200),
        Fault("html", status=502),
        Fault("cut"),
        Fault("status", status=503),
        Fault("rate_limited"),
        Fault("rate_limited", retry_after="0"),
        Fault("lost"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}-{fault.retry_after}",
)
def test_broken_answers_lose_nothing_once_they_end(desk: Desk, fault: Fault) -> None:
    desk.seed(200, statuses=STILL)
    desk.sync()
    desk.world.trades.insert(SECRET)
    for _ in range(2):
        desk.server.sandbox.faults.add(fault)
    desk.sync()
    desk.server.sandbox.faults.clear()
    desk.sync()
    assert desk.mirrored() == desk.truth()
    assert not SyncState.objects.filter(failures__gt=0).exists()


def test_an_outage_keeps_the_data_and_says_what_is_wrong(desk: Desk) -> None:
    desk.seed(60, statuses=STILL)
    desk.sync()
    good = state(desk, Stream.RECENT).last_good_at
    desk.server.sandbox.faults.add(Fault("html", status=502, times=None))
    desk.sync()
    hurt = SyncState.objects.filter(account=desk.account, failures__gt=0)
    said = set(hurt.values_list("last_error", flat=True))
    assert said == {"VPSBot Market cannot be reached right now (HTTP 502)."}
    assert state(desk, Stream.RECENT).last_good_at == good
    assert len(desk.mirrored()) == 60


def test_a_longer_retry_after_is_obeyed_by_every_stream(desk: Desk) -> None:
    desk.seed(10, statuses=STILL)
    desk.sync()
    desk.server.sandbox.faults.add(Fault("rate_limited", retry_after="240", times=None))
    desk.sync()
    asked = desk.asked()
    with clock.shifted(timedelta(minutes=3)):
        assert not cursors.due_accounts().exists()
    with clock.shifted(timedelta(minutes=5)):
        engine.run_slice(desk.account.pk)
    assert desk.asked() > asked


def test_two_refusals_a_minute_apart_reject_the_key_and_lose_nothing(desk: Desk) -> None:
    desk.seed(50, statuses=STILL)
    desk.sync()
    desk.world.accounts.revoke(SECRET)
    desk.sync()
    desk.key.refresh_from_db()
    assert desk.key.state == KeyState.ACTIVE
    with clock.shifted(timedelta(seconds=61)):
        engine.run_slice(desk.account.pk)
    desk.key.refresh_from_db()
    assert desk.key.state == KeyState.REJECTED
    assert "does not accept this key" in desk.key.last_error
    assert desk.mirrored() == desk.truth()


def test_one_refusal_that_passes_is_forgotten(desk: Desk) -> None:
    desk.seed(5, statuses=STILL)
    desk.sync()
    desk.world.accounts.revoke(SECRET)
    desk.sync()
    desk.world.accounts.restore(SECRET)
    desk.sync()
    desk.key.refresh_from_db()
    assert (desk.key.state, desk.key.refusals, desk.key.last_error) == (KeyState.ACTIVE, 0, "")


def test_an_unreadable_row_is_kept_until_it_reads_well(desk: Desk) -> None:
    desk.seed(5, statuses=STILL)
    trade_id = desk.world.trades.insert(SECRET, patch={"custom_id": "a\x00b"})
    desk.sync()
    bad = BadRecord.objects.get()
    assert bad.upstream_id == trade_id
    assert trade_id not in desk.mirrored()
    desk.world.trades.mutate(trade_id, patch=None)
    desk.sync()
    assert not BadRecord.objects.exists()
    assert desk.mirrored() == desk.truth()


def test_a_text_longer_than_its_column_costs_its_row_only(desk: Desk) -> None:
    desk.seed(5, statuses=STILL)
    desk.world.trades.insert(SECRET, patch={"custom_id": "x" * 201})
    desk.sync()
    assert BadRecord.objects.get().reason == "custom_id is longer than 200 characters"
    assert len(desk.mirrored()) == 5


def test_a_row_that_left_the_list_stays(desk: Desk) -> None:
    desk.seed(12, statuses=STILL)
    desk.sync()
    desk.world.trades.remove(next(iter(desk.truth())))
    desk.sync()
    assert len(desk.mirrored()) == 12


def test_an_account_has_one_worker_at_a_time(desk: Desk) -> None:
    held = lease.take(desk.account.pk)
    assert held is not None
    assert engine.run_slice(desk.account.pk) is None
    lease.release(held)
    assert engine.run_slice(desk.account.pk) is not None


def test_a_worker_that_lost_its_lease_writes_nothing(desk: Desk) -> None:
    held = lease.take(desk.account.pk)
    assert held is not None
    with clock.shifted(timedelta(minutes=2)):
        assert lease.take(desk.account.pk) is not None
        with pytest.raises(LeaseLostError):
            lease.renew(held)


def test_a_history_longer_than_an_answer_is_stored_once(desk: Desk) -> None:
    desk.seed(3_000, statuses=STILL)
    desk.sync()
    assert desk.mirrored() == desk.truth()
    runs = SyncRun.objects.filter(account=desk.account, stream=Stream.BACKFILL)
    assert sum(run.new for run in runs) > 2_900
    assert sum(run.unchanged for run in runs) < 100  # where two windows meet
    assert sum(run.calls for run in runs) == 4  # how many, a sample, two windows


def test_a_market_that_gives_few_trades_at_once_is_asked_for_as_many(desk: Desk) -> None:
    desk.knobs(page_cap=100)
    desk.seed(2_500, statuses=STILL)
    desk.sync()
    assert desk.mirrored() == desk.truth()
    runs = SyncRun.objects.filter(account=desk.account, stream=Stream.BACKFILL)
    assert sum(run.calls for run in runs) < 42  # 25 full answers are the fewest


def test_a_lease_in_use_is_renewed_every_few_seconds(
    desk: Desk, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    held = lease.take(desk.account.pk)
    assert held is not None
    with django_assert_num_queries(0):
        lease.renew(held)
    with clock.shifted(lease.RENEWED_EVERY), django_assert_num_queries(1):
        lease.renew(held)
        lease.renew(held)
    with clock.shifted(lease.LEASE_TIME):
        assert lease.take(desk.account.pk) is None


def test_a_worker_killed_in_the_middle_of_the_history_is_followed_up(desk: Desk) -> None:
    desk.knobs(page_cap=100)
    desk.seed(800, statuses=STILL)
    cursors.ensure(desk.account)
    engine.run_slice(desk.account.pk, seconds=0.05)
    lease.take(desk.account.pk)  # and never released
    with clock.shifted(timedelta(minutes=2)):
        desk.sync()
    assert desk.mirrored() == desk.truth()


def test_idle_runs_are_counted_and_runs_that_did_something_are_rows(desk: Desk) -> None:
    desk.seed(5, statuses={"completed": 1})
    desk.sync()
    rows = SyncRun.objects.count()
    desk.sync()
    assert SyncRun.objects.count() == rows
    assert state(desk, Stream.RECENT).idle_runs >= 1


def test_the_same_account_behind_two_keys_is_mirrored_once(desk: Desk) -> None:
    desk.seed(40, statuses=STILL)
    desk.sync()
    from_another_key = "second-key-of-the-same-account"
    account = desk.world.accounts.of_key(SECRET)
    desk.world.accounts.add_key(from_another_key, account.id)
    younger = MarketAccount.objects.create(
        team=desk.account.team, upstream=desk.account.upstream, label="again"
    )
    key = make_key(account=younger, secret=from_another_key)
    cursors.ensure(younger)
    engine.run_slice(younger.pk)
    younger.refresh_from_db()
    key.refresh_from_db()
    assert not younger.is_active
    assert key.account == desk.account
    assert Trade.objects.count() == 40


def test_reading_a_page_again_costs_few_queries(
    desk: Desk, django_assert_max_num_queries: Any
) -> None:
    desk.seed(500, statuses={"completed": 1})
    desk.sync()
    with clock.shifted(timedelta(minutes=2)), django_assert_max_num_queries(106):
        engine.run_slice(desk.account.pk)
