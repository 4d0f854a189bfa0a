"""Whoever works, on however many machines, with or without a broker: the mirror is the market's."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
from tests.servers import worker
from trades.models import StatusChange, SyncState, Trade
from trades.sandbox.seeding import seed_account
from trades.sandbox.server import SandboxServer
from trades.sync import cursors
from trades.tasks import sync_due

SECRET = "key-of-the-machines"
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
def broker(celery_on_redis: Celery, redis_url: str, settings: Settings) -> str:
    settings.REDIS_URL = redis_url
    celery_on_redis.control.purge()
    return redis_url


@contextmanager
def working_alone(folder: Path) -> Iterator[None]:
    """``manage.py work`` on a machine without a broker."""
    own = {"DATA_DIR": str(folder), "REDIS_URL": "", "DATABASE_URL": worker.database_url()}
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
    """Ticks come twice, as of two beats; trades come and move on meanwhile."""
    world = market.sandbox.world
    ends = time.monotonic() + PATIENCE
    truth = dict(world.store.rows("SELECT trade_id, status FROM trade", ()))
    number = 0
    while time.monotonic() < ends:
        number += 1
        if number <= 5:
            truth[world.trades.insert(SECRET, status="completed")] = "completed"
        tick()
        time.sleep(0.5)
        for account in MarketAccount.objects.all():
            cursors.hasten(account)
        if dict(Trade.objects.values_list("upstream_id", "status")) == truth and number > 5:
            return
    mirrored = dict(Trade.objects.values_list("upstream_id", "status"))
    assert mirrored == truth


def two_beats() -> None:
    sync_due.delay()
    sync_due.delay()


def test_workers_of_two_machines_and_one_alone_make_one_mirror(
    busy_market: SandboxServer, broker: str, tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    with ExitStack() as machines:
        machines.enter_context(worker.running(broker, DATA_DIR=str(folders[0])))
        machines.enter_context(working_alone(folders[1]))
        flushed = Redis.from_url(broker)

        def tick() -> None:
            two_beats()
            flushed.flushall()
            two_beats()

        until_equal(busy_market, tick)
    assert not StatusChange.objects.exists()
    assert not SyncState.objects.filter(failures__gt=0).exists()


def test_a_machine_with_other_encryption_keys_refuses_to_work(
    busy_market: SandboxServer, broker: str, tmp_path: Path
) -> None:
    other = Fernet.generate_key().decode()
    with (
        pytest.raises(AssertionError, match=r"1 stored API key\(s\) cannot be opened"),
        worker.running(broker, DATA_DIR=str(tmp_path / "other"), ENCRYPTION_KEYS=other),
    ):
        pytest.fail("it works")
