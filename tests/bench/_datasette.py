"""Datasette over the same file: in an environment of its own, which is kept; skipped loudly."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

SECONDS_TO_START = 30.0


@contextmanager
def serving(environment: Path, file: Path) -> Iterator[Callable[[], float] | None]:
    """Yield what asks for 50 rows, newest first, and answers in milliseconds; None without it."""
    if not _is_had(environment):
        print("!!!! Datasette SKIPPED: it could not be installed")
        yield None
        return
    port = _free_port()
    server = subprocess.Popen(
        [environment / "bin" / "python", "-m", "datasette", "serve", file, "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    path = f"/{file.stem}/trades_trade?_size=50&_sort_desc=sort_at&team_id=1"
    try:
        _wait_for(port)
        _ask(port, path)
        yield lambda: _ask(port, path)
    finally:
        server.terminate()
        server.wait()


def _is_had(environment: Path) -> bool:
    if (environment / "bin" / "datasette").exists():
        return True
    made = subprocess.run([sys.executable, "-m", "venv", environment], capture_output=True)
    quiet = ["install", "--quiet", "--disable-pip-version-check", "datasette"]
    pip: list[str | Path] = [environment / "bin" / "python", "-m", "pip", *quiet]
    return made.returncode == 0 and subprocess.run(pip, capture_output=True).returncode == 0


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        try:
            _ask(port, "/-/versions.json")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("Datasette did not start")


def _ask(port: int, path: str) -> float:
    started = time.perf_counter()
    asked = HTTPConnection("127.0.0.1", port, timeout=120)
    asked.request("GET", path)
    answer = asked.getresponse()
    answer.read()
    if answer.status != 200:
        raise SystemExit(f"Datasette answered {answer.status}")
    return (time.perf_counter() - started) * 1000
