"""The launcher's side of the guardian."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

GUARDIAN = Path(__file__).with_name("guardian.py")


class Guard:
    """Names our groups to the guardian; starts another guardian when it was killed."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._process = self._start()

    def watch(self, group: int) -> None:
        self._groups.add(group)
        self._say(group)

    def forget(self, group: int) -> None:
        self._groups.discard(group)
        self._say(-group)

    def renew_when_killed(self) -> None:
        if self._process.poll() is None:
            return
        self._close()
        self._process = self._start()
        for group in self._groups:
            self._say(group)

    def end(self) -> None:
        """Let it kill what is left, then end."""
        self._close()
        self._process.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603 - the script beside us
            [sys.executable, "-I", "-S", str(GUARDIAN)],
            stdin=subprocess.PIPE,
            process_group=0,
            bufsize=0,
        )

    def _say(self, group: int) -> None:
        with suppress(BrokenPipeError):  # it was killed: the next round starts another
            self._input.write(b"%d\n" % group)

    def _close(self) -> None:
        self._input.close()

    @property
    def _input(self) -> IO[bytes]:
        return cast("IO[bytes]", self._process.stdin)
