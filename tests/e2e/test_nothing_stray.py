"""The whole product killed, one process after the other: all of it goes or comes back."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.servers import product
from tests.servers.processes import descendants, is_alive

pytestmark = pytest.mark.e2e
SECONDS = 90.0


def wait_until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def answers(url: str) -> bool:
    try:
        with urlopen(f"{url}/healthz", timeout=5) as answer:  # noqa: S310  # our own loopback
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def living_below(ancestor: int) -> list[int]:
    return [one for one in sorted(descendants(ancestor)) if is_alive(one)]


def test_what_is_killed_comes_back_and_a_killed_launcher_leaves_nothing(tmp_path: Path) -> None:
    with product.running(tmp_path / "data") as running:
        launcher = running.process.pid
        usual = living_below(launcher)
        assert len(usual) >= 7
        for victim in usual:
            if is_alive(victim):
                os.kill(victim, signal.SIGKILL)
            assert wait_until(lambda: answers(running.url))
        assert wait_until(lambda: len(living_below(launcher)) >= len(usual)), "all came back"
        everyone = descendants(launcher)
        os.kill(launcher, signal.SIGKILL)
        running.process.wait()
        assert wait_until(lambda: not any(map(is_alive, everyone)))


def test_a_second_start_keeps_the_login_and_a_stop_ends_everyone(tmp_path: Path) -> None:
    with product.running(tmp_path / "data") as first:
        everyone = descendants(first.process.pid)
        login = first.email, first.password
    assert not any(map(is_alive, everyone))
    with product.running(tmp_path / "data") as second:
        assert (second.email, second.password) == login
