"""What other faithful servers may do, found by driving one written from the seed pages alone."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from accounts.models import KeyState, MarketAccount
from dashboard import clock
from tests.factories import make_key
from tests.trades.sync.conftest import SECRET, Desk
from trades.connect import open_client
from trades.models import BadRecord, SyncState, Trade
from trades.models.sync import Stream
from trades.sandbox.faults import Fault
from trades.services import keys
from trades.sync import cursors, engine, lease
from trades.sync.allowance import Allowance
from trades.sync.flight import Flight
from trades.sync.item_names import KnownNames
from trades.sync.lease import LeaseLostError
from trades.sync.passes import MOST_PASSES, Passes
from trades.sync.run import Run
from trades.sync.streams import backfill, moving
from trades.sync.streams.moving import LONGEST_LIST
from trades.sync.twins import absorb
from trades.sync.unreadable import accounted_for
from trades.upstreams.http import Patience
from trades.upstreams.records import TradeQuery

pytestmark = pytest.mark.usefixtures("stopped_clock")

SELLS = {"completed": 8, "cancelled": 1}


def failing(desk: Desk) -> set[str]:
    states = SyncState.objects.filter(account=desk.account, failures__gt=0)
    return set(states.values_list("stream", flat=True))


def begun(desk: Desk, stream: Stream) -> Run:
    """A worker in the middle of a step."""
    held = lease.take(desk.account.pk)
    assert held is not None
    state = SyncState.objects.get(account=desk.account, stream=stream)
    allowance = Allowance.of(desk.account)
    client = open_client(desk.key, patience=Patience(gate=allowance.gate))
    return Run(
        desk.account, held, client, state, allowance, Flight(), KnownNames(desk.account.team_id)
    )


def test_only_whole_seconds_are_asked_for(desk: Desk) -> None:
    desk.knobs(page_cap=50, milliseconds=True)
    desk.seed(300, statuses=SELLS)
    desk.sync()
    queries = [seen.query for seen in desk.server.sandbox.requests]
    dates = {query.get(name, "") for query in queries for name in ("start_date", "end_date")}
    assert len(dates) > 5
    assert not [date for date in dates if "." in date]


@pytest.mark.parametrize("where", ["dashboard", "GET /api/sell/trades$"])
@pytest.mark.parametrize("status", [500, 400])
def test_one_endpoint_in_trouble_holds_nothing_else_up(desk: Desk, where: str, status: int) -> None:
    desk.seed(60, statuses=SELLS, null_dates=0.2)
    desk.server.sandbox.faults.add(Fault("status", path=where, status=status, times=None))
    desk.sync()
    assert desk.mirrored() == desk.truth()
    assert failing(desk) <= {Stream.STATISTICS}


def test_a_key_is_proved_by_the_history_where_the_sell_list_stays_in_trouble(desk: Desk) -> None:
    desk.seed(5, statuses=SELLS)
    desk.key.state = KeyState.UNVERIFIED
    desk.key.save()
    desk.server.sandbox.faults.add(Fault("status", path="GET /api/sell/trades$", times=None))
    keys.verify(desk.key)
    assert desk.key.state == KeyState.ACTIVE


def test_trades_that_appear_without_a_date_arrive_with_the_next_sync(desk: Desk) -> None:
    desk.seed(30, statuses=SELLS)
    desk.sync()
    for _ in range(3):
        desk.world.trades.insert(SECRET, created=None, updated=None)
    desk.sync()
    assert desk.mirrored() == desk.truth()


def test_one_sync_reads_open_and_frozen_trades_again(desk: Desk) -> None:
    desk.seed(20, statuses=SELLS)
    moved = [desk.world.trades.insert(SECRET, status=each) for each in ("processing", "accepted")]
    desk.sync()
    for trade_id in moved:
        desk.world.trades.mutate(trade_id, status="completed")
    cursors.hasten(desk.account)
    engine.run_slice(desk.account.pk)
    assert desk.mirrored() == desk.truth()


def test_a_crowded_moment_is_read_by_the_history_once(desk: Desk) -> None:
    desk.knobs(page_cap=20)
    desk.seed(50, statuses=SELLS, burst=50)
    desk.sync()
    desk.sync()
    before = desk.asked()
    desk.sync()
    assert desk.asked() - before < 12


@pytest.mark.parametrize(("identifier", "fit"), [("a" * 36, 100), ("☃" * 64, 7)])
def test_a_list_of_ids_fits_into_an_address(desk: Desk, identifier: str, fit: int) -> None:
    for number in range(100):
        Trade.objects.create(
            account=desk.account, team=desk.account.team, status="processing", phase="open",
            upstream_id=identifier[:-2] + f"{number:02}", direction="sell", content_hash=b"",
            sort_at=clock.now(), first_seen_at=clock.now(), changed_at=clock.now(),
            asked_at=clock.now(),
        )  # fmt: skip
    desk.seed(1)
    cursors.ensure(desk.account)
    moving.step(begun(desk, Stream.OPEN))
    (query,) = (seen.query for seen in desk.server.sandbox.requests)
    assert query["trade_ids"].count(",") + 1 == fit
    assert len(quote(query["trade_ids"])) <= LONGEST_LIST


def test_sync_now_still_stands_when_the_step_in_hand_ends(desk: Desk) -> None:
    desk.seed(5, statuses=SELLS)
    desk.sync()
    run = begun(desk, Stream.OPEN)
    cursors.hasten(desk.account)
    run.due_in(timedelta(hours=1))
    run.save()
    run.state.refresh_from_db()
    assert run.state.due_at
    assert run.state.due_at <= clock.now()
    assert run.state.cursor == {}


def test_a_stream_that_failed_lets_the_others_go_first(desk: Desk) -> None:
    cursors.ensure(desk.account)
    states = SyncState.objects.filter(account=desk.account)
    states.update(due_at=clock.now())
    states.filter(stream=Stream.OPEN).update(failures=1)
    first = cursors.next_due(desk.account)
    assert first is not None
    assert first.stream == Stream.RECENT


def test_two_new_accounts_that_are_one_are_counted_once(desk: Desk) -> None:
    desk.seed(40, statuses=SELLS)
    other = "second-key-of-the-same-account"
    desk.world.accounts.add_key(other, desk.world.accounts.of_key(SECRET).id)
    younger = MarketAccount.objects.create(
        team=desk.account.team, upstream=desk.account.upstream, label="again"
    )
    make_key(account=younger, secret=other)
    for account in (desk.account, younger):
        cursors.ensure(account)
    for account in (desk.account, younger):
        engine.run_slice(account.pk)
    assert Trade.objects.count() == 40
    assert MarketAccount.objects.get(is_active=True) == desk.account


def test_a_worker_on_an_account_that_was_joined_to_another_stores_nothing(desk: Desk) -> None:
    desk.seed(10, statuses=SELLS)
    cursors.ensure(desk.account)
    run = begun(desk, Stream.RECENT)
    page = run.trades(TradeQuery(limit=10))
    elder = MarketAccount.objects.create(
        team=desk.account.team, upstream=desk.account.upstream, label="elder"
    )
    absorb(MarketAccount.objects.get(pk=desk.account.pk), elder)
    with pytest.raises(LeaseLostError):
        run.store(page)
    assert not Trade.objects.exists()


def test_a_trade_that_reads_badly_twice_is_missed_once(desk: Desk) -> None:
    desk.seed(5, statuses=SELLS)
    desk.sync()
    seen_at = datetime(2026, 10, 1, tzinfo=UTC)
    held = Trade.objects.earliest("id").upstream_id
    for number, upstream_id in enumerate(["unread", "unread", held, ""]):
        BadRecord.objects.create(
            account=desk.account, upstream_id=upstream_id, reason="odd", packed=b"",
            content_hash=bytes([number]), first_seen_at=seen_at, last_seen_at=seen_at,
                is_agreed=True,
        )  # fmt: skip
    assert accounted_for(desk.account) == 5 + 1 + 1


def test_undated_trades_that_stand_last_both_ways_need_no_pass(desk: Desk) -> None:
    desk.knobs(nulls="last", page_cap=40)
    desk.seed(300, statuses=SELLS, null_dates=0.03)
    desk.sync()
    assert desk.mirrored() == desk.truth()
    asked = [each.query.keys() for each in desk.server.sandbox.requests]
    assert {"limit", "offset"} not in asked


def test_a_crowd_that_never_stands_still_is_a_gap_and_holds_nothing_up(desk: Desk) -> None:
    cursors.ensure(desk.account)
    run = begun(desk, Stream.BACKFILL)
    crowded = [at("12:00:00"), at("12:00:01")]
    run.state.cursor = {
        "todo": [[None, at("13:00:00")]], "paged": [crowded], "width": 1.0,
        "at_most": 2000, "left": 5,
        "passes": Passes(finished=MOST_PASSES - 1).to_json(),
    }  # fmt: skip
    desk.seed(5, statuses=SELLS)
    backfill.step(run)
    assert run.state.cursor["todo"] == [[None, crowded[0]], [crowded[1], at("13:00:00")]]
    while run.state.cursor["todo"] and "aside" in run.state.cursor:
        backfill.step(run)
    backfill.step(run)
    assert run.state.cursor["todo"] == [crowded]
    assert run.state.finished_at is None
    assert run.state.due_at
    assert run.state.due_at > clock.now() + timedelta(hours=23)


def at(time: str) -> str:
    return f"2026-03-01T{time}+00:00"
