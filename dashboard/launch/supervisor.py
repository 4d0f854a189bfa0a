"""Keeps the programs running: each in its group, restarted whole when its leader died."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from dashboard.launch import groups, logs
from dashboard.launch.guard import Guard
from dashboard.launch.programs import Program

FIRST_PAUSE = 0.5  # seconds before a restart; doubles up to the longest
LONGEST_PAUSE = 30.0
SECONDS_TO_PROVE_ITSELF = 60.0  # a program that lived so long restarts at once again
SECONDS_TO_END = 6.0  # between the polite signal and the kill
SECONDS_BETWEEN_LOG_CUTS = 60.0


@dataclass
class Child:
    program: Program
    process: "subprocess.Popen[bytes]"
    started_at: float
    pause: float = FIRST_PAUSE
    restart_at: float | None = None
    is_minded: bool = True  # False: it may end by itself and is not started again

    @property
    def is_buried(self) -> bool:
        return self.restart_at is not None


class Supervisor:
    """Must live in the main thread (see ``groups.start``)."""

    def __init__(self, log_folder: Path) -> None:
        self.log_folder = log_folder
        self._guard = Guard()
        self._children: list[Child] = []
        self._next_log_cut = time.monotonic() + SECONDS_BETWEEN_LOG_CUTS

    def start(self, program: Program, *, is_minded: bool = True) -> Child:
        process = self._spawn(program, fresh_log=not is_minded)
        child = Child(program, process, time.monotonic(), is_minded=is_minded)
        self._children.append(child)
        return child

    def drop(self, child: Child) -> None:
        """Stop minding it: whatever is left of it is killed."""
        self._bury(child)
        self._children.remove(child)

    def look_after(self) -> None:
        """One round: bury the dead with their groups, start them again after their pause."""
        self._guard.renew_when_killed()
        for child in self._children:
            if child.is_minded:
                self._look_after_one(child, time.monotonic())
        self._cut_logs()

    def stop(self) -> None:
        """Ask every program to end, the first one started last; kill what does not listen."""
        running = [child for child in self._children if not child.is_buried]
        for batch in (running[1:], running[:1]):
            self._end(batch)
        self._children = []
        self._guard.end()

    def kill(self) -> None:
        """At once; `stop` still buries them."""
        for child in self._children:
            if not child.is_buried:
                groups.send(child.process.pid, signal.SIGKILL)

    def _spawn(self, program: Program, *, fresh_log: bool = False) -> "subprocess.Popen[bytes]":
        with logs.open_log(self.log_folder, program.name, fresh=fresh_log) as log:
            process = groups.start(
                program.command, cwd=program.cwd, environment=program.environment, output=log
            )
        self._guard.watch(process.pid)
        return process

    def _bury(self, child: Child) -> None:
        groups.kill(child.process)
        self._guard.forget(child.process.pid)

    def _look_after_one(self, child: Child, now: float) -> None:
        if child.restart_at is None:
            if child.process.poll() is not None:
                self._bury(child)
                self._plan_restart(child, now)
        elif now >= child.restart_at:
            child.restart_at, child.started_at = None, now
            child.process = self._spawn(child.program)

    def _plan_restart(self, child: Child, now: float) -> None:
        if now - child.started_at > SECONDS_TO_PROVE_ITSELF:
            child.pause = FIRST_PAUSE
        child.restart_at = now + child.pause
        child.pause = min(2 * child.pause, LONGEST_PAUSE)
        log = self.log_folder / f"{child.program.name}.log"
        sys.stderr.write(f"{child.program.name} ended and is started again; see {log}\n")

    def _end(self, children: list[Child]) -> None:
        for child in children:
            if child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + SECONDS_TO_END
        while any(one.process.poll() is None for one in children) and time.monotonic() < deadline:
            time.sleep(0.02)
        for child in children:
            self._bury(child)

    def _cut_logs(self) -> None:
        if time.monotonic() >= self._next_log_cut:
            self._next_log_cut = time.monotonic() + SECONDS_BETWEEN_LOG_CUTS
            for child in self._children:
                logs.cut_when_large(self.log_folder / f"{child.program.name}.log")
