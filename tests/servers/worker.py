"""A real `celery worker` on the test Redis and the test database."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

from django.db import connection

from dashboard.environment import BASE_DIR
from dashboard.launch import groups

SECONDS_TO_START = 60.0
READY = b" ready."


@dataclass(frozen=True)
class Worker:
    process: subprocess.Popen[bytes]
    redis_url: str
    database_url: str


def database_url() -> str:
    """The address of the database that the running test writes to."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    sign_in = quote(found["USER"] or "", safe="")
    if found["PASSWORD"]:
        sign_in += ":" + quote(found["PASSWORD"], safe="")
    host = quote(found["HOST"] or "", safe="")
    port = f":{found['PORT']}" if found["PORT"] else ""
    return f"postgres://{sign_in}@{host}{port}/{quote(str(found['NAME']), safe='')}"


@contextmanager
def running(redis_url: str, *, threads: int = 2, **changes: str) -> Iterator[Worker]:
    """Yield it when it takes tasks; it sees committed rows only. ``changes`` to its environment."""
    database = database_url()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "REDIS_URL": redis_url,
        "DATABASE_URL": database,
        **changes,
    }
    with tempfile.TemporaryFile() as log:
        process = groups.start(
            [
                *(sys.executable, "-m", "celery", "-A", "dashboard.celery", "worker"),
                *("--pool=threads", f"--concurrency={threads}", "--loglevel=INFO"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            ],
            cwd=BASE_DIR,
            environment=environment,
            output=log,
        )
        try:
            _wait_until_ready(process, log.fileno())
            yield Worker(process, redis_url, database)
        finally:
            groups.kill(process)


def _wait_until_ready(process: subprocess.Popen[bytes], log: int) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        if READY in os.pread(log, 1 << 20, 0):
            return
        time.sleep(0.05)
    said = os.pread(log, 1 << 20, 0).decode(errors="replace")
    raise AssertionError(f"the worker did not start:\n{said}")
