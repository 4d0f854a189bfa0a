"""Where nothing happens little is asked, and whatever happens makes it more."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from dashboard import clock
from tests.trades.sync.conftest import SECRET, Desk
from trades.models import Stream, SyncState, Trade
from trades.sync import cursors, engine, watching

pytestmark = pytest.mark.usefixtures("stopped_clock")

STILL = {"completed": 6, "cancelled": 2, "declined": 1}
CALM = timedelta(hours=2)  # since the last news
TICK = timedelta(seconds=10)
Asked = list[tuple[timedelta, Stream]]


def live(desk: Desk, since: timedelta, span: timedelta) -> Asked:
    """Each call of that time with its stream, of a worker that looks every ten seconds."""
    asked: Asked = []
    for tick in range(span // TICK):
        passed = since + tick * TICK
        with clock.shifted(passed):
            report = engine.run_slice(desk.account.pk) if cursors.due_accounts().exists() else None
        for stream, tally in (report.tallies if report else {}).items():
            asked += [(passed, stream)] * tally.calls
    return asked


def wait_of(desk: Desk, stream: Stream) -> timedelta:
    due_at = SyncState.objects.get(account=desk.account, stream=stream).due_at
    assert due_at is not None
    return due_at - clock.now()


@pytest.fixture
def calm(desk: Desk) -> Desk:
    desk.seed(120, statuses=STILL)
    desk.sync()
    live(desk, CALM, timedelta(minutes=15))  # what was put off while nobody looked
    return desk


def test_an_idle_account_costs_two_calls_in_any_minute(calm: Desk) -> None:
    asked = live(calm, CALM + timedelta(minutes=15), timedelta(hours=1))
    for first, _ in asked:
        minute = [stream for at, stream in asked if first <= at < first + timedelta(minutes=1)]
        assert len(minute) <= 2, (first, minute)
    calls = Counter(stream for _, stream in asked)
    assert calls[Stream.RECENT] <= 60
    assert 10 <= calls[Stream.STATISTICS] <= 15
    assert calls[Stream.RECONCILE] >= 5  # both totals, and windows of the daily round
    assert set(calls) == {Stream.RECENT, Stream.STATISTICS, Stream.RECONCILE}


def ask_for_a_sync(desk: Desk) -> None:
    cursors.hasten(desk.account)


def sell(desk: Desk) -> None:
    desk.world.trades.insert(SECRET, status="processing")
    cursors.wake(desk.account, [Stream.RECENT, Stream.OPEN])


def look_at_a_trade(desk: Desk) -> None:
    Trade.objects.filter(pk=Trade.objects.order_by("pk").values("pk")[:1]).update(phase="unknown")
    watching.note_watching(Trade.objects.get(phase="unknown"))


@pytest.mark.parametrize(
    ("hurry", "wait"),
    [
        (ask_for_a_sync, timedelta(seconds=30)),
        (sell, timedelta(seconds=10)),
        (look_at_a_trade, timedelta(seconds=10)),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_new_trades_are_asked_for_at_once_when_somebody_does_something(
    calm: Desk, hurry: Callable[[Desk], None], wait: timedelta
) -> None:
    with clock.shifted(CALM + timedelta(hours=1)):
        engine.run_slice(calm.account.pk)
        assert wait_of(calm, Stream.RECENT) > timedelta(seconds=50)
        hurry(calm)
        assert wait_of(calm, Stream.RECENT) <= timedelta()
        engine.run_slice(calm.account.pk)
        assert timedelta() < wait_of(calm, Stream.RECENT) <= wait


def test_a_trade_that_appears_without_a_date_is_found_by_the_counts(calm: Desk) -> None:
    calm.world.trades.insert(SECRET, created=None, updated=None)
    live(calm, CALM + timedelta(minutes=15), timedelta(minutes=30))
    assert calm.mirrored() == calm.truth()


def test_an_idle_account_rarely_wakes_its_worker(calm: Desk) -> None:
    woken = []
    for tick in range(90):
        with clock.shifted(CALM + timedelta(minutes=15) + tick * TICK):
            if cursors.due_accounts().exists():
                engine.run_slice(calm.account.pk)
                woken.append(tick)
    assert len(woken) <= 2 * 15 + 10


@pytest.mark.parametrize("first", ["processing", "accepted"])
def test_a_trade_on_its_way_is_read_in_seconds_where_there_was_none(calm: Desk, first: str) -> None:
    """It may be new, or one that waited for its money."""
    trade_id = calm.world.trades.insert(SECRET, status=first)
    live(calm, CALM + timedelta(minutes=17), timedelta(minutes=2))
    calm.world.trades.mutate(trade_id, status="processing")
    live(calm, CALM + timedelta(minutes=19), timedelta(minutes=2))
    with clock.shifted(CALM + timedelta(minutes=21)):
        assert Trade.objects.get(upstream_id=trade_id).phase == "open"
        assert wait_of(calm, Stream.OPEN) <= timedelta(seconds=5)
    calm.world.trades.mutate(trade_id, status="completed")
    with clock.shifted(CALM + timedelta(minutes=21, seconds=6)):
        engine.run_slice(calm.account.pk)
    assert calm.mirrored() == calm.truth()
