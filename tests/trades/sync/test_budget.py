"""No minute sees more calls than allowed, and people never wait for the sync."""

import threading
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.db import connection

from accounts.models import Upstream
from dashboard import clock
from tests.factories import make_account
from tests.trades.sync.conftest import SECRET, Desk
from trades import budget
from trades.budget import COUNTS_FOR, Grant, Scope, Share
from trades.connect import open_client, open_inventory, scopes_of
from trades.models import CallBudget, Stream, SyncState
from trades.sandbox.faults import Fault
from trades.sync import cursors, engine
from trades.upstreams.errors import HeldBack, OverBudget, RateLimited, Unreachable
from trades.upstreams.records import TradeQuery
from trades.upstreams.sentences import sentence

pytestmark = pytest.mark.usefixtures("stopped_clock")

HOST = Scope(40, host="market.test")
WHOLE_LIST = TradeQuery(limit=1)


def taken(scope: Scope, share: Share, wanted: int = 1000) -> int:
    return budget.reserve([scope], wanted, share).calls


@pytest.mark.django_db
def test_each_kind_of_call_leaves_something_for_the_more_urgent_ones() -> None:
    assert [taken(HOST, share) for share in Share] == [24, 6, 6, 4]
    assert taken(HOST, Share.PERSON) == 0


@pytest.mark.django_db
def test_no_minute_wherever_it_starts_sees_more_than_allowed() -> None:
    made: list[tuple[datetime, int]] = []
    for second in range(0, 200, 3):
        with clock.shifted(timedelta(seconds=second)):
            made.append((clock.now(), taken(HOST, Share.PERSON, wanted=7)))
    for start, _ in made:
        minute = [calls for at, calls in made if start <= at < start + timedelta(minutes=1)]
        assert sum(minute) <= HOST.limit
    assert sum(calls for _, calls in made) >= 3 * HOST.limit  # and nothing is lost for good


@pytest.mark.django_db
def test_the_wait_that_is_named_is_long_enough_and_no_longer() -> None:
    taken(HOST, Share.PERSON)
    refused = budget.reserve([HOST], 1, Share.PERSON)
    assert 0 < refused.wait <= COUNTS_FOR
    with clock.shifted(timedelta(seconds=refused.wait - 1)):
        assert taken(HOST, Share.PERSON) == 0
    with clock.shifted(timedelta(seconds=refused.wait)):
        assert taken(HOST, Share.PERSON) == HOST.limit


@pytest.mark.django_db
def test_what_was_reserved_and_not_used_is_given_back() -> None:
    taken(HOST, Share.PERSON)
    budget.give_back([HOST], 15)
    assert taken(HOST, Share.PERSON) == 15
    budget.charge([HOST], 3)
    budget.give_back([HOST], 5)
    assert taken(HOST, Share.PERSON) == 2


@pytest.mark.django_db
def test_a_call_needs_both_its_account_and_its_host_to_allow_it() -> None:
    scopes = [HOST, Scope(10, account_id=make_account().pk)]
    assert budget.reserve(scopes, 1000, Share.PERSON).calls == 10
    other = [HOST, Scope(100, account_id=make_account().pk)]
    assert budget.reserve(other, 1000, Share.PERSON).calls == 30
    assert CallBudget.objects.get(host=HOST.host).spent[0][1] == 40


@pytest.mark.django_db
def test_a_clock_that_was_set_back_blocks_nobody() -> None:
    with clock.shifted(timedelta(hours=2)):
        taken(HOST, Share.PERSON)
    assert taken(HOST, Share.PERSON) == HOST.limit


@pytest.mark.django_db
def test_a_pause_binds_everybody_and_a_shorter_one_does_not_end_it() -> None:
    until = clock.now() + timedelta(seconds=90)
    free = Scope(0, host="asked.to.wait")
    budget.pause(free, until)
    budget.pause(free, until - timedelta(seconds=60))
    held = budget.reserve([free], 1, Share.PERSON)
    assert (held.calls, held.is_paused, 89 < held.wait <= 90) == (0, True, True)
    with clock.shifted(timedelta(seconds=91)):
        assert budget.reserve([free], 1, Share.HISTORY) == Grant(1)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_lose_no_call_and_gain_none() -> None:
    granted: list[int] = []

    def ask_often() -> None:
        granted.extend(taken(HOST, Share.PERSON, wanted=1) for _ in range(20))
        connection.close()

    threads = [threading.Thread(target=ask_often) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(granted) == HOST.limit
    assert sum(calls for _, calls in CallBudget.objects.get().spent) == HOST.limit


# -- Through the engine and the client ---


@pytest.fixture
def frugal(settings: LazySettings, desk: Desk) -> Desk:
    settings.VPSBOT_CALLS_A_MINUTE = 20
    return desk


def minute_by_minute(desk: Desk, minutes: int) -> list[int]:
    """How many calls each minute saw, of a worker that never rests."""
    counts = []
    for number in range(minutes):
        before = desk.asked()
        with clock.shifted(timedelta(seconds=number * (COUNTS_FOR + 1))):
            while cursors.due_accounts().exists():
                engine.run_slice(desk.account.pk)
        counts.append(desk.asked() - before)
    return counts


def test_a_history_arrives_whole_at_the_pace_that_is_allowed(frugal: Desk) -> None:
    frugal.seed(900, statuses={"completed": 1})
    frugal.knobs(page_cap=40)
    cursors.ensure(frugal.account)
    counts = minute_by_minute(frugal, 12)
    assert max(counts) <= 15  # a quarter of the twenty is kept
    assert counts[0] >= 12
    assert frugal.mirrored() == frugal.truth()
    assert not SyncState.objects.filter(failures__gt=0).exists()


def test_unused_lots_come_back_when_the_slice_ends(frugal: Desk) -> None:
    frugal.seed(5)
    cursors.ensure(frugal.account)
    engine.run_slice(frugal.account.pk)
    (row,) = CallBudget.objects.filter(account=frugal.account)
    assert sum(calls for _, calls in row.spent) == frugal.asked()


def test_people_are_served_while_the_history_waits(frugal: Desk) -> None:
    frugal.seed(900, statuses={"completed": 1})
    frugal.knobs(page_cap=40)
    cursors.ensure(frugal.account)
    minute_by_minute(frugal, 1)
    assert SyncState.objects.get(stream=Stream.BACKFILL).held_until > clock.now()
    with open_client(frugal.key) as client:
        for _ in range(20 - frugal.asked()):
            client.trades(WHOLE_LIST)
        with pytest.raises(OverBudget) as refused:
            client.trades(WHOLE_LIST)
    said = sentence(refused.value, "VPSBot Market")
    assert said.startswith("VPSBot Market is asked again in ")
    assert 0 < (refused.value.retry_after or 0) <= COUNTS_FOR


def test_a_retry_after_heard_by_a_person_is_obeyed_by_all(desk: Desk) -> None:
    desk.seed(5)
    desk.server.sandbox.faults.add(Fault("rate_limited", retry_after="240"))
    with open_client(desk.key) as client:
        with pytest.raises(RateLimited):
            client.trades(WHOLE_LIST)
        with pytest.raises(HeldBack, match="asked us to wait"):
            client.trades(WHOLE_LIST)
    asked = desk.asked()
    cursors.ensure(desk.account)
    engine.run_slice(desk.account.pk)
    assert desk.asked() == asked
    with clock.shifted(timedelta(seconds=300)):
        engine.run_slice(desk.account.pk)
    assert desk.asked() > asked


def test_a_host_that_asks_for_a_pause_gets_it_from_every_account(desk: Desk) -> None:
    desk.seed(5)
    desk.server.sandbox.faults.add(Fault("rate_limited", status=503, retry_after="100"))
    cursors.ensure(desk.account)
    engine.run_slice(desk.account.pk)
    held = budget.reserve(scopes_of(Upstream.VPSBOT, make_account().pk), 1, Share.PERSON)
    assert held.is_paused
    assert held.wait > 90


@pytest.mark.django_db
def test_inventories_share_the_budget_of_their_host(settings: LazySettings) -> None:
    settings.STEAM_HOST_CALLS_A_MINUTE = 1
    settings.STEAM_COMMUNITY_URL = "http://127.0.0.1:9"
    with open_inventory() as client:
        with pytest.raises(Unreachable):
            client.page("76561198000000001", 730)
        with pytest.raises(OverBudget):
            client.page("76561198000000001", 730)


def test_what_had_no_answer_for_a_while_goes_before_what_is_urgent(desk: Desk) -> None:
    cursors.ensure(desk.account)
    states, now = SyncState.objects.filter(account=desk.account), clock.now()
    states.update(due_at=now, last_good_at=now)
    assert next_stream(desk) == Stream.OPEN
    for starved in (Stream.BACKFILL, Stream.RECENT):
        states.filter(stream=starved).update(last_good_at=now - timedelta(minutes=2))
        assert next_stream(desk) == starved
    states.filter(stream=Stream.RECENT).update(failures=1)
    assert next_stream(desk) == Stream.BACKFILL


def next_stream(desk: Desk) -> str:
    state = cursors.next_due(desk.account)
    assert state
    return state.stream


def test_a_round_over_many_open_trades_leaves_most_calls_to_the_others(
    desk: Desk, settings: LazySettings
) -> None:
    desk.seed(1, statuses={"completed": 1})
    for _ in range(150):
        desk.world.trades.insert(SECRET, status="processing")
    desk.sync()
    settings.VPSBOT_CALLS_A_MINUTE = 20
    cursors.hasten(desk.account)
    engine.run_slice(desk.account.pk)
    notes = SyncState.objects.get(account=desk.account, stream=Stream.OPEN).cursor
    wait = datetime.fromisoformat(notes["sweeps"]["open"]["due"]) - clock.now()
    assert wait > timedelta(seconds=10)  # a call: a quarter of what twelve seconds allow
