"""The launcher's side of the guardian."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

GUARDIAN = Path(__file__).with_name("guardian.py")


class Guard:
    """Names our groups to the guardian; starts another guardian when it was killed."""

    def __init__(self) -> None:
        self._groups: set[int] = set()
        self._start()

    def watch(self, group: int) -> None:
        self._groups.add(group)
        self._say(group)

    def forget(self, group: int) -> None:
        self._groups.discard(group)
        self._say(-group)

    def renew_when_killed(self) -> None:
        if self._process.poll() is not None:
            os.close(self._pipe)
            self._start()

    def end(self) -> None:
        """Let it kill what is left, then end."""
        os.close(self._pipe)
        self._process.wait()

    def _start(self) -> None:
        """It finds every group that we have in its input already: not even its start is a gap."""
        for_it, self._pipe = os.pipe()
        for group in self._groups:
            self._say(group)
        self._process = subprocess.Popen(  # noqa: S603 - the script beside us
            [sys.executable, "-I", "-S", str(GUARDIAN)], stdin=for_it, process_group=0
        )
        os.close(for_it)

    def _say(self, group: int) -> None:
        with suppress(BrokenPipeError):  # it was killed: the next round starts another
            os.write(self._pipe, b"%d\n" % group)
