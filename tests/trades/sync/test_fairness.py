"""No account starves another, and a host in trouble costs the others nothing."""

import socket
import threading
import time
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings

from accounts.models import MarketAccount, Upstream
from dashboard import clock
from tests.factories import TRADE_LINK, make_account, make_key, make_team
from tests.trades.sync.conftest import Desk
from tests.trades.upstreams.wire import answer, serving
from trades.models import Inventory, SyncState
from trades.sandbox.faults import Fault
from trades.services.crew import Crew
from trades.services.rounds import turns
from trades.sync import cursors, engine, places
from trades.sync.places import Work

HOST = "a-market"
EMPTY = answer(b'{"success": 1, "total_inventory_count": 0}')


def no_items(connection: socket.socket, number: int) -> bool:
    connection.sendall(EMPTY)
    return True


def unavailable(connection: socket.socket, number: int) -> bool:
    connection.sendall(answer(b"", status="503 Service Unavailable"))
    return True


def waiting(*seconds_ago: int, upstream: Upstream = Upstream.VPSBOT) -> list[MarketAccount]:
    """Accounts with a key, whose streams have been due for so long."""
    found = []
    for seconds in seconds_ago:
        account = make_account(upstream=upstream)
        make_key(account=account)
        cursors.ensure(account)
        due_at = clock.now() - timedelta(seconds=seconds)
        SyncState.objects.filter(account=account).update(due_at=due_at)
        found.append(account)
    return found


@pytest.mark.django_db
def test_who_has_waited_longest_is_first() -> None:
    young, old, middle = waiting(10, 300, 60)
    assert list(cursors.due_accounts()) == [old, middle, young]


def test_an_account_that_has_not_finished_queues_behind_the_others(desk: Desk) -> None:
    desk.seed(50)
    desk.knobs(page_cap=5)
    (other,) = waiting(60)
    cursors.ensure(desk.account)
    SyncState.objects.filter(account=desk.account).update(due_at=clock.now() - timedelta(hours=1))
    assert cursors.longest_waiting_beside(other.pk) == desk.account.pk
    engine.run_slice(desk.account.pk, seconds=0.05)
    assert cursors.anything_due(desk.account.pk)
    assert cursors.longest_waiting_beside(desk.account.pk) == other.pk


def test_a_host_has_three_slices_at_once_and_one_while_it_is_in_trouble() -> None:
    def places_left() -> int:
        with places.taken(Work.SLICES, HOST) as is_ours:
            return is_ours and 1 + places_left()

    assert places_left() == 3
    places.note_trouble(HOST)
    assert places_left() == 1
    with places.taken(Work.SELLS, HOST) as is_ours:
        assert is_ours  # what people agreed to does not wait behind the sync
    places.note_answer(HOST)
    assert places_left() == 3


def test_a_host_is_in_trouble_until_it_answers(desk: Desk) -> None:
    desk.seed(5)
    desk.server.sandbox.faults.add(Fault("status", status=503, times=None))
    cursors.ensure(desk.account)
    engine.run_slice(desk.account.pk)
    host = desk.account.upstream
    with places.taken(Work.SLICES, host), places.taken(Work.SLICES, host) as second:
        assert not second
    desk.server.sandbox.faults.clear()
    desk.sync()
    with places.taken(Work.SLICES, host), places.taken(Work.SLICES, host) as second:
        assert second


@pytest.mark.django_db(transaction=True)
def test_hosts_that_hang_or_fail_hold_up_nobody_else(settings: LazySettings) -> None:
    waiting(*range(10, 20))
    failing = waiting(5, 6, upstream=Upstream.MANNCO)
    team = make_team()
    make_key(team=team, trade_link=TRADE_LINK)
    rows = [
        Inventory.objects.create(
            team=team, steamid64=f"7656119800000000{number}", app_id=440, due_at=clock.now()
        )
        for number in range(5)
    ]
    test_is_over = threading.Event()

    def say_nothing(connection: socket.socket, number: int) -> bool:
        test_is_over.wait(120)
        return False

    with (
        serving(say_nothing) as silent,
        serving(no_items) as steam,
        serving(unavailable) as broken,
        Crew() as crew,
    ):
        settings.VPSBOT_URL, settings.STEAM_COMMUNITY_URL = silent.url, steam.url
        settings.MANNCO_URL = broken.url
        ends, hanging = time.monotonic() + 60, 0
        while time.monotonic() < ends and not (
            all_read() and all(each.sync_states.filter(failures__gt=0) for each in failing)
        ):
            crew.begin(turns())
            time.sleep(0.05)
            hanging = max(hanging, slices_under_way(Upstream.VPSBOT))
        test_is_over.set()
    assert (all_read(), len(rows)) == (True, 5)
    assert all(each.sync_states.filter(failures__gt=0) for each in failing)
    assert 1 <= hanging <= 3  # of eight threads: the others have some at any time


def slices_under_way(upstream: Upstream) -> int:
    leased = MarketAccount.objects.filter(upstream=upstream, lease_until__gt=clock.now())
    return leased.count()


def all_read() -> bool:
    return not Inventory.objects.filter(read_at=None).exists()


def test_a_machine_that_cannot_open_the_key_says_so_and_leaves_it_to_the_others(
    desk: Desk, settings: LazySettings
) -> None:
    desk.seed(5)
    cursors.ensure(desk.account)
    others = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    engine.run_slice(desk.account.pk)
    said = set(SyncState.objects.filter(failures__gt=0).values_list("last_error", flat=True))
    assert said == {"The stored key cannot be opened: this machine's ENCRYPTION_KEYS are others."}
    settings.ENCRYPTION_KEYS = others
    desk.sync()
    assert desk.mirrored() == desk.truth()
    assert not SyncState.objects.filter(failures__gt=0).exists()
