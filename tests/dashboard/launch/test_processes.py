"""Real processes: whatever is killed, nothing stray stays, and what was killed comes back.

The broker, a launcher and sleeping programs stand for the product here; `make e2e` does the same
to the whole of it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboard.environment import BASE_DIR

SECONDS = 60.0
A_PROGRAM_WITH_A_CHILD = (
    "import subprocess, sys, time;"
    "subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)', sys.argv[1]]);"
    "time.sleep(600)"
)
A_LAUNCHER = f"""
import pathlib, os, sys, time
from dashboard.launch import groups
from dashboard.launch.programs import Program
from dashboard.launch.supervisor import Supervisor
groups.adopt_orphans()
supervisor = Supervisor(pathlib.Path(sys.argv[1]))
command = [sys.executable, "-S", "-c", {A_PROGRAM_WITH_A_CHILD!r}, sys.argv[2]]
for name in ("first", "second"):
    supervisor.start(Program(name, command, environment=dict(os.environ)))
while True:
    supervisor.look_after()
    time.sleep(0.02)
"""


def processes_marked(mark: str) -> set[int]:
    """Ids of live processes whose command line holds the mark."""
    listing = subprocess.run(
        ["ps", "-ewwo", "pid=,stat=,args="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 2) for line in listing.stdout.splitlines()]
    return {int(pid) for pid, state, args in rows if mark in args and not state.startswith("Z")}


def wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


class Scene:
    """A launcher with two programs, each with a child of its own: five marked processes."""

    def __init__(self, folder: Path) -> None:
        self.mark = f"mark-of-{folder.name}-{os.getpid()}"
        self.launcher = subprocess.Popen(
            [sys.executable, "-c", A_LAUNCHER, str(folder), self.mark],
            cwd=BASE_DIR,
            process_group=0,
        )

    @property
    def others(self) -> set[int]:
        return processes_marked(self.mark) - {self.launcher.pid}

    def leaders(self) -> set[int]:
        return {pid for pid in self.others if os.getpgid(pid) == pid}

    def guardian(self) -> int | None:
        """None for the moment between two of them."""
        listing = subprocess.run(
            ["ps", "-wwo", "pid=,args=", "--ppid", str(self.launcher.pid)],
            capture_output=True,
            text=True,
            check=True,
        )
        rows = [line.split() for line in listing.stdout.splitlines()]
        # By its script alone: the folder and the mark are named for the test, guardians included.
        return next((int(row[0]) for row in rows if row[-1].endswith("/guardian.py")), None)

    def end(self) -> None:
        self.launcher.kill()
        self.launcher.wait()
        for pid in self.others:
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    try:
        assert wait_until(lambda: len(made.others) == 4)
        yield made
    finally:
        made.end()


def test_a_killed_launcher_leaves_nothing(scene: Scene) -> None:
    scene.launcher.kill()
    assert wait_until(lambda: not scene.others)


def test_a_killed_program_takes_its_children_along_and_comes_back(scene: Scene) -> None:
    before = scene.others
    victim = min(scene.leaders())
    family = {pid for pid in before if os.getpgid(pid) == victim}
    os.kill(victim, signal.SIGKILL)
    assert wait_until(lambda: not family & scene.others)
    assert wait_until(lambda: len(scene.others) == 4)
    assert before - family <= scene.others


def test_a_killed_guardian_is_replaced_by_one_that_knows_the_groups(scene: Scene) -> None:
    first = scene.guardian()
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: scene.guardian() not in {first, None})
    scene.launcher.kill()
    assert wait_until(lambda: not scene.others)
