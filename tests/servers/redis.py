"""A Redis for the tests, on a unix socket in a private folder."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dashboard.launch import broker, groups

SECONDS_TO_START = 60.0


@contextmanager
def running() -> Iterator[str | None]:
    """Yield its ``unix://`` address, or None where no redis-server starts."""
    with mortal() as server:
        yield server.url if server else None


@dataclass
class Mortal:
    """One that a test may kill."""

    socket_path: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket_path}"

    def start(self) -> bool:
        begun = (_start(binary, self.socket_path) for binary in broker.binaries())
        self.process = next(filter(None, begun), None)
        return self.process is not None

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@contextmanager
def mortal() -> Iterator[Mortal | None]:
    """Yield it running, or None where no redis-server starts."""
    with tempfile.TemporaryDirectory(prefix="sellside-redis-") as folder:
        server = Mortal(Path(folder) / "redis.sock")
        try:
            yield server if server.start() else None
        finally:
            server.kill()


def _start(binary: Path, socket_path: Path) -> subprocess.Popen[bytes] | None:
    server = groups.start(
        broker.command(binary, socket_path),
        cwd=socket_path.parent,
        environment=os.environ,
        output=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + SECONDS_TO_START
    while server.poll() is None and time.monotonic() < deadline:
        if broker.answers(socket_path):
            return server
        time.sleep(0.01)
    server.kill()
    server.wait()
    return None
