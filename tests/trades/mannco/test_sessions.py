"""One login for all workers; a refused session is renewed once, and trouble is explained."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import KeyState, UpstreamKey
from dashboard import clock
from dashboard.errors import UserError
from tests.trades.mannco.conftest import OWNER, SECRET, Desk
from trades.connect import open_resender
from trades.models import Stream
from trades.sandbox.faults import Fault
from trades.services import keys
from trades.views.key_cards import key_sentence


def add(desk: Desk, secret: str) -> keys.AddedKey:
    cast = desk.cast
    return keys.add_key(
        team=cast.team, by=cast.bob, upstream="mannco", label="Mannco desk", secret=secret
    )


def test_adding_a_key_proves_it_by_login_and_list(desk: Desk) -> None:
    desk.insert(2)
    desk.server.sandbox.world.mannco.add_key("another-key-of-the-owner", OWNER)
    desk.account.identity = ""
    desk.account.save()
    added = add(desk, "another-key-of-the-owner")
    paths = [seen.path for seen in desk.server.sandbox.requests]
    assert paths[:2] == ["/user/login", "/trades/active"]
    assert (added.key.state, added.key.account.identity) == (KeyState.ACTIVE, OWNER)


def test_a_key_that_mannco_does_not_know_is_not_stored(desk: Desk) -> None:
    with pytest.raises(UserError, match=r"Mannco\.store does not accept this key"):
        add(desk, "nobodys-key-at-mannco")
    assert UpstreamKey.objects.count() == 1


def test_the_session_is_sealed_and_goes_with_the_key(desk: Desk) -> None:
    desk.sync()
    desk.key.refresh_from_db()
    sealed = bytes(desk.key.session_sealed)
    assert sealed
    assert b"eyJ" not in sealed
    assert desk.key.session_ends_at
    assert desk.key.session_ends_at - clock.now() > timedelta(days=30)
    desk.key.erase()
    assert desk.key.session_sealed == b""


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_log_in_once(desk: Desk) -> None:
    desk.server.sandbox.faults.add(Fault("slow", path="/user/login", seconds=0.3))
    found: list[int] = []

    def work() -> None:
        try:
            with open_resender(UpstreamKey.objects.select_related("account").get()) as client:
                found.append(len(client.all()))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [0] * 4
    assert desk.asked("/user/login") == 1


def test_a_session_near_its_end_is_renewed_before_it_is_refused(desk: Desk) -> None:
    desk.sync()
    UpstreamKey.objects.update(
        session_made_at=clock.now() - timedelta(days=31),
        session_ends_at=clock.now() + timedelta(minutes=30),
    )
    desk.sync()
    assert desk.asked("/user/login") == 2
    assert 403 not in {seen.status for seen in desk.server.sandbox.requests}


def test_a_refused_session_costs_one_login(desk: Desk) -> None:
    desk.sync()
    desk.knobs(mannco_caller_ip="192.0.2.9")
    desk.sync()
    assert desk.asked("/user/login") == 2
    assert desk.state(Stream.NEWEST).failures == 0


def test_a_revoked_key_is_rejected_and_loses_nothing(desk: Desk) -> None:
    desk.insert(2, status=3)
    desk.sync()
    desk.book.set_revoked(SECRET, revoked=True)
    desk.sync()
    desk.key.refresh_from_db()
    assert (desk.key.refusals, len(desk.mirrored())) == (1, 2)
    assert "does not accept this key" in desk.key.last_error


def test_addresses_that_take_turns_are_explained(desk: Desk) -> None:
    for number in range(5):
        desk.knobs(mannco_caller_ip=f"192.0.2.{number}")
        desk.sync()
    desk.key.refresh_from_db()
    assert desk.key.state == KeyState.ACTIVE
    assert "same one" in key_sentence(desk.key)


def test_a_session_that_is_refused_at_once_is_explained(desk: Desk) -> None:
    forbidden = Fault("status", path="/trades/", status=403, times=None)
    desk.server.sandbox.faults.add(forbidden)
    desk.sync()
    desk.key.refresh_from_db()
    assert "counts for one internet address" in desk.key.last_error
    assert desk.asked("/user/login") == 2
