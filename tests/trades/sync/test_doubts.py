"""A row that came without its id, or that could not be read, is no reason to lose a trade."""

from datetime import timedelta

import pytest

from dashboard import clock
from tests.trades.sync.conftest import Desk
from trades.models import BadRecord, Difference, DifferenceKind, Stream, SyncState, Trade
from trades.sandbox.faults import Fault
from trades.sync import doubts, engine
from trades.sync.doubts import ENOUGH_ALIKE, MOST_READINGS
from trades.sync.unreadable import accounted_for
from trades.sync.windows import Window
from trades.upstreams.records import BadRow, Page

pytestmark = pytest.mark.usefixtures("stopped_clock")

STILL = {"completed": 6, "cancelled": 2}
WITHOUT_AN_ID = 0  # a variant of malformed


def page(*raws: bytes) -> Page:
    bad = tuple(BadRow("odd", raw) for raw in raws)
    return Page((), bad, len(bad), None, 0, clock.now())


@pytest.mark.parametrize(
    ("readings", "settled", "agreed"),
    [
        ([[]], [True], []),
        ([[b"1"], []], [False, True], []),
        ([[b"1"]] * ENOUGH_ALIKE, [False] * (ENOUGH_ALIKE - 1) + [True], [b"1"]),
        ([[b"1"], [b"1"], [b"2"], [b"2"]], [False] * 4, []),
        ([[b"1"]] * ENOUGH_ALIKE + [[b"1"], [], [b"2"]], [False, False, True, True, True, False],
         [b"1"]),
        ([[b"%d" % each] for each in range(MOST_READINGS)],
         [False] * (MOST_READINGS - 1) + [True], []),
    ],
)  # fmt: skip
def test_a_question_is_settled_once_readings_agree(
    readings: list[list[bytes]], settled: list[bool], agreed: list[bytes]
) -> None:
    notes: doubts.Notes = {}
    judged = [doubts.judge(notes, "window", page(*each), Window(None, None)) for each in readings]
    assert [each.is_settled for each in judged] == settled
    said = [mark for each in judged for mark in each.agreed]
    assert len(said) == len(agreed)


def history(desk: Desk) -> SyncState:
    return SyncState.objects.get(account=desk.account, stream=Stream.BACKFILL)


@pytest.mark.parametrize("times", [2, 3])
def test_a_window_with_a_row_without_an_id_is_read_again_at_once(desk: Desk, times: int) -> None:
    desk.seed(40, statuses=STILL)
    desk.server.sandbox.faults.add(
        Fault("malformed", path="/api/trades", times=times, variant=WITHOUT_AN_ID)
    )
    desk.sync()
    assert desk.mirrored() == desk.truth()
    assert not BadRecord.objects.exists()
    assert not Difference.objects.exists()


def test_a_market_that_has_such_a_row_for_ever_is_not_read_in_circles(desk: Desk) -> None:
    desk.knobs(page_cap=20)
    desk.seed(60, statuses=STILL)
    without = sorted(desk.truth())[30]
    desk.world.trades.mutate(without, patch={"trade_id": None})
    desk.sync()
    assert history(desk).finished_at
    assert accounted_for(desk.account) == 60
    assert desk.mirrored().keys() == desk.truth().keys() - {without}
    assert desk.asked() < 60
    desk.world.trades.mutate(without, patch=None)
    live(desk, timedelta(hours=26), timedelta(hours=1))
    assert desk.mirrored() == desk.truth()
    assert not BadRecord.objects.exists()


def a_desk_with_a_row_without_an_id(desk: Desk) -> str:
    """Its id is returned: it stands among older ones, and readings have agreed on it."""
    desk.seed(60, statuses=STILL)
    without = sorted(desk.truth())[30]
    desk.world.trades.mutate(without, patch={"trade_id": None})
    desk.sync()
    assert BadRecord.objects.get().is_agreed
    return without


def test_a_row_that_was_given_its_id_counts_no_longer_once_it_is_read(desk: Desk) -> None:
    without = a_desk_with_a_row_without_an_id(desk)
    desk.world.trades.mutate(without, patch=None)
    passed = timedelta()
    while without not in desk.mirrored():
        assert passed < timedelta(hours=24)
        passed += timedelta(minutes=20)
        with clock.shifted(passed):
            engine.run_slice(desk.account.pk)
    assert not BadRecord.objects.exists()
    assert desk.mirrored() == desk.truth()
    assert not Difference.objects.exclude(kind=DifferenceKind.LOST).exists()


def test_a_row_without_an_id_that_the_market_removed_passes_for_no_difference(desk: Desk) -> None:
    without = a_desk_with_a_row_without_an_id(desk)
    desk.world.trades.remove(without)
    live(desk, timedelta(minutes=20), timedelta(minutes=1))
    assert not BadRecord.objects.exists()
    assert not Difference.objects.exists()


def live(desk: Desk, span: timedelta, every: timedelta) -> None:
    passed = timedelta()
    while passed < span:
        passed += every
        with clock.shifted(passed):
            engine.run_slice(desk.account.pk)


def test_a_row_that_could_not_be_read_is_soon_asked_for_by_its_id(desk: Desk) -> None:
    desk.seed(40, statuses=STILL)
    desk.sync()
    unread = Trade.objects.earliest("sort_at")
    unread.delete()
    kept = {"first_seen_at": clock.now(), "last_seen_at": clock.now(), "asked_at": clock.now()}
    BadRecord.objects.create(
        account=desk.account, upstream_id=unread.upstream_id, reason="odd", packed=b"",
        content_hash=b"1", **kept,
    )  # fmt: skip
    live(desk, timedelta(minutes=11), timedelta(minutes=1))
    assert desk.mirrored() == desk.truth()
    assert not BadRecord.objects.exists()
    assert not Difference.objects.filter(kind=DifferenceKind.LOST).exists()
