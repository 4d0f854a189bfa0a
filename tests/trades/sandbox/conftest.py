from collections.abc import Iterator

import pytest

from tests.trades.sandbox.wire import KEY, Caller
from trades.sandbox.durations import Durations
from trades.sandbox.moments import parse_iso
from trades.sandbox.sandbox import Sandbox
from trades.sandbox.server import SandboxServer
from trades.sandbox.world import World

DURATIONS = Durations(offer=10, accept=100, settlement=7 * 86_400)


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = parse_iso("2026-03-13T10:00:00Z")

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    """One account, no trades."""
    with Sandbox(World(clock=clock, durations=DURATIONS)) as made:
        made.world.accounts.add("tester", key=KEY)
        yield made


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[SandboxServer]:
    with SandboxServer(sandbox) as running:
        yield running


@pytest.fixture
def caller(server: SandboxServer) -> Caller:
    return Caller(server.port)
