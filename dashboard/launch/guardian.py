"""Outlives the launcher by a moment: kills every group that the launcher left behind.

It runs as a bare script. The launcher names groups on its standard input, ``123`` and, taken back,
``-123``; the end of that input means that the launcher is gone, however it ended.
"""

import os
import signal
import sys
from collections.abc import Iterable


def remaining(lines: Iterable[str]) -> set[int]:
    """The groups that were named and not taken back when the input ended."""
    groups: set[int] = set()
    for line in lines:
        group = int(line)
        if group > 0:
            groups.add(group)
        else:
            groups.discard(-group)
    return groups


def kill(groups: set[int]) -> None:
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    kill(remaining(sys.stdin))
