"""Runs commands side by side, one a core, and tells what each said when it ended."""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from dashboard.environment import BASE_DIR
from dashboard.launch import groups


@dataclass(frozen=True)
class Job:
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    may_find_nothing: bool = False  # pytest's 5, "no tests", is fine


@dataclass(frozen=True)
class Outcome:
    job: Job
    is_good: bool
    last_line: str


@dataclass
class _Running:
    job: Job
    process: "subprocess.Popen[bytes]"
    said: IO[bytes]
    started_at: float


NO_TESTS = 5


def run(jobs: list[Job], *, at_once: int | None = None) -> list[Outcome]:
    """The first of the list start first. Whatever still runs is killed when we are interrupted."""
    waiting, running = list(jobs), list[_Running]()
    outcomes: list[Outcome] = []
    try:
        while waiting or running:
            while waiting and len(running) < (at_once or cores()):
                running.append(_start(waiting.pop(0)))
            for one in list(_ended(running)):
                running.remove(one)
                outcomes.append(_tell(one))
            time.sleep(0.05)
    finally:
        for one in running:
            groups.kill(one.process)
    return outcomes


def cores() -> int:
    return max(2, os.cpu_count() or 2)


def _start(job: Job) -> _Running:
    said = tempfile.TemporaryFile()  # noqa: SIM115  # closed when it was told
    process = groups.start(
        job.command, cwd=BASE_DIR, environment=os.environ | job.environment, output=said
    )
    return _Running(job, process, said, time.monotonic())


def _ended(running: list[_Running]) -> Iterator[_Running]:
    return (one for one in running if one.process.poll() is not None)


def _tell(one: _Running) -> Outcome:
    groups.kill(one.process)
    with one.said as said:
        said.seek(0)
        text = said.read().decode(errors="replace").rstrip()
    code = one.process.returncode
    is_good = code == 0 or (code == NO_TESTS and one.job.may_find_nothing)
    seconds = time.monotonic() - one.started_at
    verdict = "ok" if is_good else f"FAILED ({code}): {shlex.join(one.job.command)}"
    say(f"== {one.job.name}: {seconds:.1f} s, {verdict}")
    if text:
        say(text)
    return Outcome(one.job, is_good, text.splitlines()[-1] if text else "")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def close(outcomes: list[Outcome], *, suites: tuple[str, ...] = ()) -> int:
    """Repeat each suite's last line, name what failed; the exit status."""
    for outcome in sorted(outcomes, key=lambda one: one.job.name):
        if outcome.job.name in suites:
            say(f"{outcome.job.name}: {outcome.last_line}")
    failed = [outcome.job.name for outcome in outcomes if not outcome.is_good]
    if failed:
        say(f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0
