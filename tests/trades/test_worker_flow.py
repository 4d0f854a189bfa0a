"""Tick, broker and a real worker process: what is due gets mirrored."""

import time

import pytest

from accounts.models import KeyState, UpstreamKey
from tests.factories import make_account, make_key
from tests.servers.worker import Worker
from trades.models import Trade
from trades.sandbox.seeding import seed_account
from trades.sandbox.server import SandboxServer
from trades.sync import cursors
from trades.tasks import sync_due

SECRET = "key-of-the-worker-flow"
PATIENCE = 120.0  # seconds, of a machine that is busy with other things


@pytest.fixture
def named_market(market: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> SandboxServer:
    """Named in the environment, which the worker process inherits."""
    monkeypatch.setenv("VPSBOT_URL", market.api_url)
    return market


def test_a_tick_makes_the_worker_mirror_and_verify(
    named_market: SandboxServer, celery_worker_process: Worker
) -> None:
    seed_account(named_market.sandbox.world, SECRET, trades=600, statuses={"completed": 1})
    account = make_account(identity="")
    key = make_key(account=account, secret=SECRET, state=KeyState.UNVERIFIED)
    UpstreamKey.objects.update(try_again_at=account.created_at)
    cursors.ensure(account)
    ends = time.monotonic() + PATIENCE
    sync_due.delay()
    while Trade.objects.count() < 600 and time.monotonic() < ends:
        time.sleep(0.05)
        if UpstreamKey.objects.filter(pk=key.pk, state=KeyState.ACTIVE).exists():
            sync_due.delay()
    assert Trade.objects.count() == 600
