"""Processes in groups of their own, so that a program and all it started can be ended together."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

LAUNCHED = "SELLSIDE_LAUNCHED"  # set for programs whose own processes must end with them
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def start(
    command: list[str], *, cwd: Path, environment: Mapping[str, str], output: IO[bytes] | int
) -> "subprocess.Popen[bytes]":
    """Start it as the leader of a new group; on Linux the kernel kills it when we are gone.

    Only the main thread may call this: the kernel watches the thread that started the child.
    """
    parent = os.getpid()
    return subprocess.Popen(  # noqa: S603 - the programs are ours
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        process_group=0,
        preexec_fn=lambda: end_with_parent(parent),
    )


def end_with_parent(parent: int, number: int = signal.SIGKILL) -> None:
    """Ask the kernel for this signal when the parent ends; where it cannot, the guardian does."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def adopt_orphans() -> None:
    """Let what our children leave behind become ours to bury, also where nobody else would."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)


def send(group: int, number: int) -> bool:
    """False when nobody of the group is left."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of a group of zombies
        return False
    return True


def kill(leader: "subprocess.Popen[bytes]", seconds: float = 2.0) -> None:
    """Kill the whole group and wait until nobody of it is left."""
    deadline = time.monotonic() + seconds
    while send(leader.pid, signal.SIGKILL) and time.monotonic() < deadline:
        if leader.poll() is not None:
            _bury_adopted(leader.pid)
        time.sleep(0.005)
    leader.poll()


def _bury_adopted(group: int) -> None:
    with suppress(ChildProcessError):
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
