"""Trades that may still move are read again with as few calls as can be, and none is left out."""

from datetime import timedelta
from typing import Any

import pytest

from dashboard import clock
from tests.trades.sync.conftest import SECRET, Desk
from trades.models import Stream, SyncState
from trades.sync import engine

pytestmark = pytest.mark.usefixtures("stopped_clock")

STILL = {"completed": 9, "cancelled": 1}
MOVING = 230  # three batches of ids, or a window and what it lacks
UNDATED = 3


@pytest.fixture
def busy(desk: Desk) -> Desk:
    """Beside a history of years, trades of the last days that wait for their settlement."""
    desk.seed(400, statuses=STILL)
    with desk.world.store.write():
        for number in range(MOVING):
            made = clock.now() - timedelta(minutes=20 * number)
            dates: dict[str, Any] = {"created": made.timestamp(), "updated": made.timestamp()}
            if number < UNDATED:
                dates = {"created": None, "updated": None}
            desk.world.trades.insert(SECRET, status="accepted", **dates)
    desk.sync()
    return desk


def notes(desk: Desk) -> dict[str, Any]:
    return dict(SyncState.objects.get(account=desk.account, stream=Stream.OPEN).cursor)


def moved_on(desk: Desk, every: int) -> None:
    waiting = sorted(key for key, status in desk.truth().items() if status == "accepted")
    with desk.world.store.write():
        for trade_id in waiting[::every]:
            desk.world.trades.mutate(trade_id, status="completed")


def calls_of_a_cycle(desk: Desk) -> list[dict[str, str]]:
    """What the stream of open trades asks until it rests again, a minute from now."""
    others = SyncState.objects.filter(account=desk.account).exclude(stream=Stream.OPEN)
    others.update(due_at=None)
    before = desk.asked()
    with clock.shifted(timedelta(seconds=61)):
        engine.run_slice(desk.account.pk)
    return [dict(seen.query) for seen in desk.server.sandbox.requests][before:]


@pytest.mark.parametrize("every", [1, 100], ids=["all of them", "one in a hundred"])
def test_what_moved_is_seen_with_a_window_and_a_batch_of_what_it_lacks(
    busy: Desk, every: int
) -> None:
    moved_on(busy, every)
    asked = calls_of_a_cycle(busy)
    assert [("start_date" in query, "trade_ids" in query) for query in asked] == [
        (True, False),
        (False, True),
    ]
    assert asked[1]["trade_ids"].count(",") + 1 == UNDATED
    assert busy.mirrored() == busy.truth()


@pytest.mark.parametrize(
    "knobs", [{"page_cap": 60}, {"date_field": "updated"}, {"bounds": "exclusive"}], ids=str
)
def test_windows_that_do_not_hold_what_they_should_cost_calls_and_no_trade(
    busy: Desk, knobs: dict[str, object]
) -> None:
    with busy.world.store.write():
        busy.world.store.run("UPDATE trade SET updated = updated + 864000", ())
    busy.knobs(**knobs)
    moved_on(busy, 1)
    asked = calls_of_a_cycle(busy)
    assert len(asked) <= 3 + -(-MOVING // 60)
    assert busy.mirrored() == busy.truth()


def test_where_windows_bring_little_only_ids_are_asked_for(busy: Desk) -> None:
    busy.knobs(page_cap=100)
    calls_of_a_cycle(busy)
    assert notes(busy)["window_rows"] < 100
    with clock.shifted(timedelta(seconds=61)):
        assert not any("start_date" in query for query in calls_of_a_cycle(busy))


def test_few_of_them_go_by_their_ids(desk: Desk) -> None:
    desk.seed(30, statuses=STILL)
    for _ in range(5):
        desk.world.trades.insert(SECRET, status="accepted")
    desk.sync()
    moved_on(desk, 1)
    (query,) = calls_of_a_cycle(desk)
    assert query["trade_ids"].count(",") + 1 == 5
    assert desk.mirrored() == desk.truth()


def test_what_is_not_read_again_yet_does_not_pass_for_drift(busy: Desk) -> None:
    """One on its way is read every few seconds; those that wait for their money are not."""
    busy.world.trades.insert(SECRET, status="processing")
    busy.sync()
    moved_on(busy, 1)
    states = SyncState.objects.filter(account=busy.account)
    states.filter(stream=Stream.STATISTICS).update(cursor={}, due_at=clock.now())
    before = busy.asked()
    for seconds in (6, 12, 18, 24, 75, 80):
        with clock.shifted(timedelta(seconds=seconds)):
            engine.run_slice(busy.account.pk)
    asked = [dict(seen.query) for seen in busy.server.sandbox.requests][before:]
    assert not any("status" in query for query in asked)  # as a search for the difference would
    assert busy.mirrored() == busy.truth()
