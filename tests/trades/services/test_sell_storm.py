"""Every kind of fault at the moment of sending: short here, ten thousand in ``make soak``."""

import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import LazySettings
from django.db import connection

from tests import seeds
from tests.factories import make_cast
from tests.servers import worker
from tests.trades.services.sell_storm import KINDS, Storm
from tests.trades.services.seller import make_seller
from trades.models import SellRequest, SellState
from trades.sandbox.server import SandboxServer
from trades.services.sending import requests_due, step
from trades.tasks import sync_due

SHORT, SHORT_SCALE = 17 * len(KINDS), 120.0
LONG, LONG_SCALE = int(os.environ.get("SOAK_SELLS", "10000")), 20.0
TICK = 1.0
MOST_QUEUED = 60  # so that a yes waits for faults and kills, not for the ones before it
WAITS = {
    "SELL_SEND_SECONDS": 45,
    "SELL_RESEND_SECONDS": 60,
    "SELL_SETTLE_SECONDS": 600,
    "SELL_EXPIRE_SECONDS": 600,
}


def storm(market: SandboxServer, scale: float) -> Storm:
    cast = make_cast()
    return Storm(make_seller(market, team=cast.team, by=cast.bob), scale, seeds.drawn())


@pytest.mark.django_db(transaction=True)
def test_every_yes_becomes_one_trade_or_none(market: SandboxServer, settings: LazySettings) -> None:
    for name, seconds in WAITS.items():
        setattr(settings, name, seconds / SHORT_SCALE)
    weather = storm(market, SHORT_SCALE)
    for number in range(SHORT):
        weather.agree(number)
    with ThreadPoolExecutor(8) as workers:
        weather.wait_until_resolved(240, lambda: serve(workers))
    weather.check()


def serve(workers: ThreadPoolExecutor) -> None:
    list(workers.map(step_alone, requests_due().values_list("pk", flat=True)[:64]))
    time.sleep(0.02)


def step_alone(request_id: int) -> None:
    try:
        step(request_id)
    finally:
        connection.close()


@pytest.fixture
def scaled_waits(monkeypatch: pytest.MonkeyPatch, market: SandboxServer) -> SandboxServer:
    """Named in the environment, which the worker processes inherit."""
    for name, seconds in WAITS.items():
        monkeypatch.setenv(name, str(seconds / LONG_SCALE))
    monkeypatch.setenv("VPSBOT_URL", market.api_url)
    return market


@pytest.fixture
def killer(redis_url: str, celery_on_redis: None) -> Iterator[list[float]]:
    """A real worker, killed every two to ten seconds after it was ready; yields when it was."""
    kills: list[float] = []
    over = threading.Event()

    def keep_killing() -> None:
        dice = random.Random(seeds.drawn())
        while not over.is_set():
            with worker.running(redis_url, threads=16):
                over.wait(dice.uniform(2, 10))
            kills.append(time.monotonic())

    thread = threading.Thread(target=keep_killing)
    thread.start()
    try:
        yield kills
    finally:
        over.set()
        thread.join()


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_ten_thousand_yes_with_a_worker_that_keeps_dying(
    scaled_waits: SandboxServer, transactional_db: None, killer: list[float]
) -> None:
    weather = storm(scaled_waits, LONG_SCALE)
    begun = time.monotonic()
    for number in range(LONG):
        weather.agree(number)
        while queued() > MOST_QUEUED:
            tick()
    weather.wait_until_resolved(600, tick)
    weather.check()
    assert killer
    print(f"{LONG} yes in {time.monotonic() - begun:.0f} s, {len(killer)} kills")
    print(weather.report())


def queued() -> int:
    return SellRequest.objects.filter(state=SellState.QUEUED).count()


def tick() -> None:
    """Not more often: a worker that is down would come back to a flood of the same wake-ups."""
    sync_due.delay()
    time.sleep(TICK)
