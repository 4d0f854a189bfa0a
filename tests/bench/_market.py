"""The replayed market as a child process, and an account that mirrors it with its budget lifted."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import httpx
from django.conf import settings

from accounts.models import MarketAccount
from dashboard import clock
from tests.factories import make_account, make_key, make_team
from trades.models import Stream
from trades.sync import cursors, engine

KEY = "bench-key-of-the-backfill"
LIFTED = (
    "the market replays stored answers, no budget holds a call back, "
    "and the proofs that follow a first load are left out"
)


@dataclass(frozen=True)
class Market:
    address: str

    def cpu(self) -> float:
        """Seconds that it has worked."""
        return float(httpx.get(self.address.replace("/api", "/cost"), trust_env=False).text)


@contextmanager
def replayed(rows: int, *, lazily: bool = False) -> Iterator[Market]:
    command = [sys.executable, "-m", "tests.bench._replay", str(rows)]
    command += ["lazily"] if lazily else []
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = child.stdout.readline().strip() if child.stdout else ""
        if not address:
            raise SystemExit("the replayed market did not start")
        settings.VPSBOT_URL, settings.VPSBOT_CALLS_A_MINUTE = address, 0
        yield Market(address)
    finally:
        child.terminate()
        child.wait()


def fresh_account() -> MarketAccount:
    """Of a team of its own, so that no turn finds the rows of another."""
    return make_key(account=make_account(team=make_team(), identity=""), secret=KEY).account


def load_history(account: MarketAccount) -> None:
    """Slice after slice until the history is there; new trades and figures come as they are due.

    The proofs that begin once it is there are no part of it, and wait.
    """
    cursors.ensure(account)
    proofs = account.sync_states.filter(stream=Stream.RECONCILE)
    proofs.update(held_until=clock.now() + timedelta(days=1))
    history = account.sync_states.filter(stream=Stream.BACKFILL)
    while history.filter(finished_at__isnull=True).exists():
        report = engine.run_slice(account.pk)
        if report is None or report.errors:
            raise SystemExit(f"a slice failed: {report and report.errors}")
