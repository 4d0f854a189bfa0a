"""Two lists that forget: the mirror does not, and says where they forgot too early."""

from datetime import timedelta

import pytest

from tests.trades.mannco.conftest import START, Desk
from trades.mirror import summary
from trades.models import BadRecord, DayStat, Stream, SyncState, Trade, TradeItem
from trades.sandbox.faults import Fault
from trades.sync import engine
from trades.views.reach import gaps_in

LATER = START + timedelta(days=4)


def sentences(desk: Desk) -> list[str]:
    return [gap.sentence for gap in gaps_in([desk.state(Stream.NEWEST)])]


def test_every_kind_of_trade_is_mirrored_as_it_came(desk: Desk) -> None:
    for status in (0, 3, -1, 4, 5, 8, -12):
        desk.insert(status=status)
    hidden = desk.insert(status=-11)
    desk.sync()
    assert desk.mirrored() == {
        number: status for number, status in desk.truth().items() if number not in hidden
    }
    assert set(Trade.objects.values_list("value_milli", "value_source")) == {(None, "none")}
    assert not DayStat.objects.exclude(count=0).exists()


def test_a_second_sync_changes_nothing(desk: Desk) -> None:
    desk.insert(5, items_received="1,2;3;", game=730)
    desk.insert(5, status=3)
    assert desk.sync().new == 10
    again = desk.sync()
    assert (again.new, again.changed) == (0, 0)
    assert set(Trade.objects.values_list("game_id", flat=True)) == {440, 730}
    assert TradeItem.objects.filter(asset_id="3").count() == 5


def test_the_mirror_keeps_what_the_list_forgot(desk: Desk) -> None:
    first = desk.insert(300, status=3)
    desk.sync()
    desk.insert(450, begin=LATER, status=3)
    desk.sync()
    assert len(desk.mirrored()) == 750
    desk.book.change(int(first[0]), status=-11)
    desk.sync()
    assert desk.mirrored()[first[0]] == "3"
    assert sentences(desk) == []


def test_what_left_the_active_trades_is_looked_up_at_once(desk: Desk) -> None:
    (number,) = desk.insert()
    desk.sync()
    desk.book.change(int(number), status=3, code="COMPLETED")
    SyncState.objects.filter(stream=Stream.ACTIVE).update(due_at=START)
    asked_before = desk.asked("/trades/all")
    engine.run_slice(desk.account.pk)
    assert desk.asked("/trades/all") == asked_before + 1
    found = desk.trade(number)
    assert (found.phase, found.status, found.code) == ("done", "3", "")


@pytest.mark.parametrize(("number", "has_gap"), [(499, False), (500, True), (700, True)])
def test_a_burst_that_the_list_could_not_hold_is_a_gap_with_its_days(
    desk: Desk, number: int, *, has_gap: bool
) -> None:
    desk.insert(20, status=3)
    desk.sync()
    desk.insert(number, begin=LATER, status=3)
    desk.sync()
    assert bool(sentences(desk)) is has_gap
    assert bool(summary(desk.account)["gaps"]) is has_gap
    if has_gap:
        (sentence,) = sentences(desk)
        assert "From 2026-03-01 to 2026-03-05" in sentence
    desk.sync()
    assert len(sentences(desk)) == has_gap


def test_a_burst_is_noticed_though_its_newest_were_seen_as_active(desk: Desk) -> None:
    desk.insert(20, status=3)
    desk.sync()
    desk.insert(700, begin=LATER, status=3)
    desk.insert(3, begin=LATER + timedelta(days=1), items_send="77")
    desk.server.sandbox.faults.add(Fault("status", path="/trades/all", times=None))
    desk.sync()
    assert len(desk.mirrored()) == 23
    desk.server.sandbox.faults.clear()
    desk.sync()
    assert len(sentences(desk)) == 1


def test_a_long_history_begins_where_the_market_begins_to_tell(desk: Desk) -> None:
    desk.insert(600, status=3)
    desk.sync()
    assert sentences(desk) == []
    assert summary(desk.account)["covered_from"] == "2026-03-01T13:40:00+00:00"


@pytest.mark.parametrize(
    "fault", [Fault("status", times=None), Fault("html", times=None), Fault("lost", times=None)]
)
def test_trouble_loses_nothing_and_calls_nothing_lost(desk: Desk, fault: Fault) -> None:
    desk.insert(3, items_send="5")
    desk.sync()
    rows = Trade.objects.order_by("id").values_list("upstream_id", "status", "changed_at")
    before = list(rows.all())
    desk.server.sandbox.faults.add(fault)
    desk.sync()
    assert list(rows.all()) == before
    assert desk.state(Stream.NEWEST).failures + desk.state(Stream.ACTIVE).failures > 0
    assert sentences(desk) == []


def test_an_edition_that_lists_failed_withdrawals_as_active_is_read_too(desk: Desk) -> None:
    desk.knobs(mannco_active="unfinished", mannco_timestamps="seconds")
    desk.insert(status=5, items_send="5")
    desk.insert(status=0)
    desk.sync()
    assert desk.mirrored() == desk.truth()


def test_a_row_that_cannot_be_read_is_kept_aside(desk: Desk) -> None:
    desk.insert(status=3)
    desk.insert(status=3, patch='{"timestamp": "soon"}')
    desk.sync()
    assert len(desk.mirrored()) == 1
    assert BadRecord.objects.count() == 1


def test_one_login_and_one_call_a_list_make_a_sync(desk: Desk) -> None:
    desk.insert(status=3)
    desk.sync()
    desk.sync()
    assert (desk.asked("/user/login"), desk.asked("/trades/")) == (1, 4)
