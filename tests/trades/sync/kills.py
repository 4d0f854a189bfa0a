"""The product's processes under its own supervisor, and what may befall them."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
from redis import Redis

from dashboard import environment
from dashboard.launch import broker, programs
from dashboard.launch.supervisor import Child, Supervisor

FLUSHALL = "FLUSHALL"
KINDS = (FLUSHALL, "worker", "web", "beat", "broker")
ROUND = 0.1  # seconds, half of what the launcher takes
PATIENCE = 240.0  # until what was killed is there again, on a busy machine


class Machines:
    """Broker, web, worker and beat of one machine, and at times worker and beat of another."""

    def __init__(self, folder: Path) -> None:
        """Everything else is read from the environment, as `make run` does."""
        self._found = replace(environment.read(), data_dir=folder / "one")
        self._beside = replace(self._found, data_dir=folder / "two")
        for found in (self._found, self._beside):
            found.data_dir.mkdir()
        self._socket = broker.socket_path(self._found.data_dir)
        self._supervisor = Supervisor(folder / "logs")
        self._second: list[Child] = []
        self._children: list[Child] = []

    def start(self) -> None:
        found, given = self._found, self._given(self._found)
        self._children = [self._supervisor.start(self._broker())]
        self.until(lambda: broker.answers(self._socket))
        wanted = (programs.web(found, given), *programs.background(found, given))
        self._children += [self._supervisor.start(each) for each in wanted]

    def end(self) -> None:
        self._supervisor.kill()
        self._supervisor.stop()

    def _given(self, found: environment.Environment) -> dict[str, str]:
        return programs.shared_environment(found, f"unix://{self._socket}")

    def _broker(self) -> programs.Program:
        return programs.redis(next(broker.binaries()), self._socket)

    def look_after(self, seconds: float = ROUND) -> None:
        time.sleep(seconds)
        self._supervisor.look_after()

    def until(self, condition: Callable[[], bool]) -> None:
        ends = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < ends, "it does not come up again"
            self.look_after()

    def befall(self, kind: str, dice: random.Random) -> None:
        """Empty the broker or kill one process; what is dead already is waited for."""
        if kind == FLUSHALL:
            self.until(lambda: broker.answers(self._socket))
            Redis.from_url(f"unix://{self._socket}").flushall()
            return
        victims = [each for each in self._children + self._second if each.program.name == kind]
        victim = dice.choice(victims)
        self.until(lambda: not victim.is_buried and victim.process.poll() is None)
        os.kill(victim.process.pid, signal.SIGKILL)

    def take_or_leave_the_second(self) -> bool:
        """Start the second worker and beat, or kill them for good; whether they run now."""
        for child in self._second:
            self._supervisor.drop(child)
        pair = [] if self._second else programs.background(self._beside, self._given(self._beside))
        self._second = [self._supervisor.start(each) for each in pair]
        return bool(self._second)

    def web_answers(self) -> bool:
        try:
            address = f"http://localhost:{self._found.port}/healthz"
            return httpx.get(address, timeout=1).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


@contextmanager
def running(machines: Machines) -> Iterator[None]:
    try:
        machines.start()
        yield
    finally:
        machines.end()
