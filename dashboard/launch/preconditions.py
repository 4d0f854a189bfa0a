"""What must hold before a start: a folder to write to, nobody else in it, free ports."""

import fcntl
import os
import socket
import tempfile
import time
from pathlib import Path

from dashboard.launch.refusal import Refusal

SECONDS_FOR_A_PORT_TO_FALL_FREE = 1.5  # what a killed predecessor's children may still hold it


def claim_folder(folder: Path) -> int:
    """Make the folder and lock it; the returned descriptor holds the lock until it is closed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        lock = os.open(folder / "launch.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Refusal(
            f"Sellside cannot write to its folder {folder} ({error.strerror}); "
            "set DATA_DIR to a folder that it can write to."
        ) from None
    _lock_or_refuse(lock, folder)
    return lock


def _lock_or_refuse(lock: int, folder: Path) -> None:
    deadline = time.monotonic() + SECONDS_FOR_A_PORT_TO_FALL_FREE
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                raise Refusal(
                    f"Sellside already runs in {folder}; end that one first, "
                    "or set DATA_DIR and PORT for a second one."
                ) from None
            time.sleep(0.05)


def require_port(host: str, port: int, variable: str) -> None:
    """Bind it plainly: a server that shares its port would let us start beside a stray one."""
    deadline = time.monotonic() + SECONDS_FOR_A_PORT_TO_FALL_FREE
    while reason := _why_not(host, port):
        if time.monotonic() > deadline:
            raise Refusal(
                f"Port {port} cannot be used ({reason}); "
                f"end what holds it or set {variable} to another port."
            )
        time.sleep(0.05)


def _why_not(host: str, port: int) -> str:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return ""
