"""The whole product, started the way `make run` starts it, on free ports and its own data."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from dashboard.environment import BASE_DIR
from dashboard.launch import groups
from tests.settings import forget_the_developers_environment

SECONDS_TO_START = 120.0
LAST_LINE = "Ctrl-C stops it."


@dataclass(frozen=True)
class Product:
    process: "subprocess.Popen[bytes]"
    data_dir: Path
    port: int
    sandbox_port: int
    said: str

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def email(self) -> str:
        return self._login()[0]

    @property
    def password(self) -> str:
        return self._login()[1]

    def _login(self) -> tuple[str, str]:
        found = re.search(r"Sign in as (\S+) with the password (\S+)", self.said)
        assert found, self.said
        return found[1], found[2]


def free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def environment(data_dir: Path, **changes: str) -> dict[str, str]:
    """What a child of the tests gets: the developer's settings left out, two free ports."""
    port, sandbox_port = free_ports(2)
    own = {"DATA_DIR": str(data_dir), "PORT": str(port), "SANDBOX_PORT": str(sandbox_port)}
    kept = forget_the_developers_environment(os.environ)
    return kept | own | {"DJANGO_SETTINGS_MODULE": "dashboard.settings"} | changes


@contextmanager
def running(data_dir: Path, **changes: str) -> Iterator[Product]:
    """Yield it when it has printed its last line; end it politely afterwards."""
    given = environment(data_dir, **changes)
    output = data_dir.with_name(f"{data_dir.name}.out")
    with output.open("wb") as said:
        command = [sys.executable, "-m", "dashboard.launch"]
        process = groups.start(command, cwd=BASE_DIR, environment=given, output=said)
    try:
        ports = int(given["PORT"]), int(given["SANDBOX_PORT"])
        yield Product(process, data_dir, *ports, _wait_for(process, output))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=120)


def _wait_for(process: "subprocess.Popen[bytes]", output: Path) -> str:
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        said = output.read_text(errors="replace")
        if LAST_LINE in said:
            return said
        time.sleep(0.05)
    raise AssertionError(f"the product did not start:\n{output.read_text(errors='replace')}")
