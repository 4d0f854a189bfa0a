"""A Redis for the tests, on a unix socket in a private folder."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard.launch import broker, groups

SECONDS_TO_START = 60.0


@contextmanager
def running() -> Iterator[str | None]:
    """Yield its ``unix://`` address, or None where no redis-server starts."""
    with tempfile.TemporaryDirectory(prefix="sellside-redis-") as folder:
        socket_path = Path(folder) / "redis.sock"
        server = next(filter(None, (_start(b, socket_path) for b in broker.binaries())), None)
        try:
            yield f"unix://{socket_path}" if server else None
        finally:
            if server:
                server.kill()
                server.wait()


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
