"""Windows asked for ahead: what goes wrong with one of them costs no other."""

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from dashboard import clock
from tests.trades.sync.conftest import Desk
from trades.connect import open_client
from trades.models import Stream, SyncState, Trade
from trades.sync import cursors, engine, lease, windows
from trades.sync.allowance import Allowance
from trades.sync.flight import GIVES_WAY, MOST_AT_ONCE, MOST_BYTES, Flight
from trades.sync.item_names import KnownNames
from trades.sync.lease import LeaseLostError
from trades.sync.run import Run
from trades.sync.streams import backfill
from trades.sync.windows import Window
from trades.upstreams.errors import Refused
from trades.upstreams.http import Patience
from trades.upstreams.records import Direction, Page, Phase, TradeRecord

pytestmark = pytest.mark.usefixtures("stopped_clock")

STILL = {"completed": 9, "cancelled": 1}
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def page(*ids: str, size: int = 2) -> Page:
    trades = tuple(
        TradeRecord(each, Phase.DONE, Direction.SELL, "completed", "", b"x" * size, b"h")
        for each in ids
    )
    return Page(trades, (), len(ids), None, None, NOW)


def window(day: int) -> Window:
    return Window(NOW + timedelta(days=day), NOW + timedelta(days=day + 1))


def refused() -> Page:
    raise Refused("no", upstream="vpsbot", method="GET", path="/trades", status=404)


def test_a_failure_is_told_after_what_succeeded() -> None:
    go_on = threading.Event()

    def later() -> Page:
        go_on.wait(60)
        return page("late")

    with Flight() as flight:
        flight.send(window(2), 0, refused)
        flight.send(window(1), 0, later)
        threading.Timer(0.05, go_on.set).start()
        assert flight.take().window == window(1)
        assert not flight.has_room  # what failed comes before anything new
        with pytest.raises(Refused):
            flight.take()
        assert not flight
        assert flight.has_room


@pytest.mark.skipif(sys.platform != "linux", reason="needs threads that can be nice")
def test_what_is_read_ahead_gives_way_to_the_rest() -> None:
    def nice() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    ahead: list[int] = []

    def fetch() -> Page:
        ahead.append(nice())
        return page("a")

    with Flight() as flight:
        flight.send(window(1), 0, fetch)
        flight.take()
    assert ahead == [min(19, nice() + GIVES_WAY)]


def test_large_answers_are_fetched_one_by_one() -> None:
    with Flight() as flight:
        flight.send(window(1), 0, lambda: page("huge", size=MOST_BYTES))
        flight.take()
        flight.send(window(0), 0, lambda: page("next"))
        assert not flight.has_room


def test_small_answers_fill_every_place() -> None:
    with Flight() as flight:
        flight.send(window(9), 0, lambda: page("first"))
        flight.take()
        while flight.has_room:
            flight.send(window(len(flight)), 0, lambda: page("small"))
        assert len(flight) == MOST_AT_ONCE


class Fickle(httpx.BaseTransport):
    """The market, which refuses the ``bad``-th closed window that it is asked for."""

    def __init__(self, bad: int) -> None:
        self._market = httpx.HTTPTransport()
        self._lock = threading.Lock()
        self._left = bad
        self.told: set[str] = set()  # ids in the answers that were given

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self._left -= {"start_date", "end_date"} <= set(request.url.params)
            is_bad = self._left == 0
        if is_bad:
            self._left = -1
            return httpx.Response(404, json={"success": False, "error": "Gone"})
        answer = self._market.handle_request(request)
        body = answer.read()
        told = json.loads(body)
        self.told |= {row["trade_id"] for row in told["data"].get("trades", ())}
        return httpx.Response(answer.status_code, content=body)


def test_a_window_that_fails_loses_no_other(desk: Desk) -> None:
    desk.knobs(page_cap=100)
    desk.seed(900, statuses=STILL, null_dates=0)
    cursors.ensure(desk.account)
    fickle = Fickle(bad=3)
    engine.run_slice(desk.account.pk, transport=fickle)
    assert SyncState.objects.get(account=desk.account, stream=Stream.BACKFILL).failures == 1
    assert set(desk.mirrored()) == fickle.told
    assert 100 < len(fickle.told) < 900
    desk.sync()
    assert desk.mirrored() == desk.truth()


def asked_windows(desk: Desk) -> list[Window]:
    """Closed windows that the market answered, as they were before their margins."""
    queries = [seen.query for seen in desk.server.sandbox.requests]
    bounds = [
        (query["start_date"], query["end_date"])
        for query in queries
        if {"start_date", "end_date"} <= set(query) and query["limit"] != "1"
    ]
    return [Window(*map(datetime.fromisoformat, each)) for each in bounds]


def test_a_slice_that_ends_stores_what_it_asked_for(desk: Desk) -> None:
    desk.knobs(page_cap=100, latency=0.02)
    desk.seed(700, statuses=STILL, null_dates=0)
    cursors.ensure(desk.account)
    for _ in range(40):
        engine.run_slice(desk.account.pk, seconds=0.05)
    assert len(desk.mirrored()) == 700
    asked = asked_windows(desk)
    assert len(asked) == len(set(asked)) > 5


@contextmanager
def begun(desk: Desk) -> Iterator[Run]:
    """A worker with several windows of the history in flight."""
    desk.knobs(page_cap=100)
    desk.seed(900, statuses=STILL, null_dates=0)
    cursors.ensure(desk.account)
    engine.run_slice(desk.account.pk, seconds=0.0001)
    held = lease.take(desk.account.pk)
    assert held
    allowance = Allowance.of(desk.account)
    patience = Patience(gate=allowance.gate)
    state = SyncState.objects.get(account=desk.account, stream=Stream.BACKFILL)
    with Flight() as flight, open_client(desk.key, patience=patience) as client:
        run = Run(
            desk.account, held, client, state, allowance, flight, KnownNames(desk.account.team_id)
        )
        while "todo" not in state.cursor or not flight:
            backfill.step(run)
        yield run


def test_a_worker_that_lost_its_lease_in_flight_stores_nothing(desk: Desk) -> None:
    with begun(desk) as run:
        rows, covered = Trade.objects.count(), list(run.state.covered)
        with clock.shifted(timedelta(minutes=2)):
            assert lease.take(desk.account.pk)
        with pytest.raises(LeaseLostError):
            backfill.land(run)
    assert Trade.objects.count() == rows
    kept = SyncState.objects.get(account=desk.account, stream=Stream.BACKFILL)
    assert kept.covered == covered
    with clock.shifted(timedelta(minutes=5)):
        desk.sync()
    assert desk.mirrored() == desk.truth()


def test_an_answer_asked_for_before_a_window_was_reopened_covers_nothing(desk: Desk) -> None:
    with begun(desk) as run:
        in_flight = next(run.flight.windows)
        backfill.reopen(desk.account, in_flight)
        run.state.refresh_from_db()
        while run.flight:
            backfill.land(run)
        todo = windows.from_json(run.state.cursor["todo"])
        assert any(each.low <= in_flight.low and in_flight.high <= each.high for each in todo)
