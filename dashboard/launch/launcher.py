"""The order of a start, and the loop that follows it."""

import http.client
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from dashboard.environment import Environment
from dashboard.launch import broker, groups, logs, preconditions, prepared, programs
from dashboard.launch.announcement import announcement
from dashboard.launch.refusal import Refusal
from dashboard.launch.supervisor import Child, Supervisor

SECONDS_FOR_THE_BROKER = 5.0
SECONDS_TO_PREPARE = 900.0
SECONDS_FOR_THE_WEB = 60.0
SECONDS_BETWEEN_ROUNDS = 0.2
SECONDS_BETWEEN_QUESTIONS = 0.02
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(Exception):
    """Somebody asked us to end while we were still starting."""


class Launcher:
    def __init__(self, environment: Environment, *, parent: int | None) -> None:
        """``parent``: end when this process does (None: outlive it)."""
        self.environment = environment
        self.parent = parent
        self.is_ending = False
        self.supervisor: Supervisor | None = None

    def run(self) -> None:
        """Start everything, say where it is, look after it until asked to end."""
        found = self.environment
        lock = preconditions.claim_folder(found.data_dir)
        preconditions.require_port(found.bind_host, found.port, "PORT")
        if found.demo:
            preconditions.require_port("127.0.0.1", found.sandbox_port, "SANDBOX_PORT")
        for number in ENDING_SIGNALS:
            signal.signal(number, self._end)
        groups.adopt_orphans()
        self.supervisor = Supervisor(found.data_dir / "logs")
        try:
            self._run_with(self.supervisor)
        finally:
            self.supervisor.stop()
            os.close(lock)

    def _run_with(self, supervisor: Supervisor) -> None:
        with suppress(Ended):
            self._start(supervisor)
            print(announcement(self.environment), flush=True)  # noqa: T201
            while True:
                self._go_on(supervisor, SECONDS_BETWEEN_ROUNDS)

    def _start(self, supervisor: Supervisor) -> None:
        found = self.environment
        redis_url = found.redis_url or self._start_broker(supervisor)
        environment = programs.shared_environment(found, redis_url)
        if found.demo:
            supervisor.start(programs.sandbox(found, environment))
        preparing = supervisor.start(programs.preparation(environment), is_minded=False)
        starts_early = prepared.is_unchanged(found)
        if starts_early:
            supervisor.start(programs.web(found, environment))
        self._finish(supervisor, preparing)
        if not starts_early:
            supervisor.start(programs.web(found, environment))
        if not self._wait(supervisor, self._web_answers, SECONDS_FOR_THE_WEB):
            raise self._refusal("The web server did not come up", "web")
        for program in programs.background(found, environment):
            supervisor.start(program)

    def _start_broker(self, supervisor: Supervisor) -> str:
        """The address of our own Redis; "" where none starts."""
        socket_path = broker.socket_path(self.environment.data_dir)
        for binary in broker.binaries():
            child = supervisor.start(programs.redis(binary, socket_path), is_minded=False)
            if self._wait(
                supervisor, lambda: broker.answers(socket_path), SECONDS_FOR_THE_BROKER, child
            ):
                child.is_minded = True
                return f"unix://{socket_path}"
            supervisor.drop(child)
        sys.stderr.write("No Redis here: background work runs in one loop instead.\n")
        return ""

    def _finish(self, supervisor: Supervisor, preparing: Child) -> None:
        self._wait(supervisor, lambda: preparing.process.poll() is not None, SECONDS_TO_PREPARE)
        is_ready = preparing.process.poll() == 0
        supervisor.drop(preparing)
        if not is_ready:
            raise self._refusal("Sellside cannot prepare its data", "prepare")
        prepared.note(self.environment)

    def _wait(
        self,
        supervisor: Supervisor,
        condition: Callable[[], bool],
        seconds: float,
        needs: Child | None = None,
    ) -> bool:
        """Look after the children meanwhile. False: time is up, or the needed child died."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline or (needs and needs.process.poll() is not None):
                return False
            self._go_on(supervisor, SECONDS_BETWEEN_QUESTIONS)
        return True

    def _go_on(self, supervisor: Supervisor, seconds: float) -> None:
        if self.is_ending or self._is_orphan():
            raise Ended
        time.sleep(seconds)
        supervisor.look_after()

    def _web_answers(self) -> bool:
        probe = http.client.HTTPConnection("127.0.0.1", self.environment.port, timeout=2)
        try:
            probe.request("GET", "/healthz", headers={"Host": "localhost"})
            return probe.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            probe.close()

    def _refusal(self, sentence: str, log: str) -> Refusal:
        folder = self.environment.data_dir / "logs"
        return Refusal(f"{sentence}:\n{logs.tail(folder, log)}")

    def _is_orphan(self) -> bool:
        return self.parent is not None and os.getppid() != self.parent

    def _end(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if self.is_ending and self.supervisor:
            self.supervisor.kill()
        self.is_ending = True
