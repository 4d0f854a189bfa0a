"""Sizes of one table that answer the same questions in turn, each served by a process of its own.

Everything is asked over HTTP. There are three rounds, and a ratio is the median of theirs, so that
a machine that is busy for a while slows every size and spoils one round at most.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection

ROUNDS = 3
PATIENCE = 600.0  # seconds for one answer
Taken = tuple[float, float]  # wall and CPU, in milliseconds


class Contestant:
    """A process that serves one size; CPU is that process's alone, the database's is not in it."""

    def __init__(self, rows: int, environment: Mapping[str, str], bench: str) -> None:
        self.rows = rows
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.bench._pages_child", bench, str(rows)],
            env=os.environ | environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        told = json.loads(self._line())
        self.queries: dict[str, int] = told["queries"]
        self._port: int = told["port"]
        self._pages: dict[str, tuple[str, dict[str, str]]] = told["pages"]
        self._cpu = self._cpu_seconds()
        self._rounds: list[dict[str, list[Taken]]] = []

    def begin_round(self) -> None:
        self._rounds.append({})

    def ask(self, page: str) -> tuple[float, bytes]:
        """Milliseconds, and what came."""
        path, headers = self._pages[page]
        started = time.perf_counter()
        asked = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        asked.request("GET", path, headers=headers)
        answer = asked.getresponse()
        content = answer.read()
        wall = (time.perf_counter() - started) * 1000
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
        before, self._cpu = self._cpu, self._cpu_seconds()
        if self._rounds:
            taken = self._rounds[-1].setdefault(page, [])
            taken.append((wall, (self._cpu - before) * 1000))
        return wall, content

    def wall(self, page: str) -> float:
        return statistics.median(wall for each in self._rounds for wall, _ in each.get(page, ()))

    def cpu(self, page: str) -> float:
        return statistics.median(cpu for each in self._rounds for _, cpu in each.get(page, ()))

    def times(self, other: "Contestant", page: str) -> float:
        """How many times the other's wall time."""
        pairs = zip(self._rounds, other._rounds, strict=True)
        return statistics.median(
            statistics.median(wall for wall, _ in mine[page])
            / statistics.median(wall for wall, _ in theirs[page])
            for mine, theirs in pairs
        )

    def weight(self, page: str) -> int:
        """Bytes, compressed as they travel."""
        return len(self.ask(page)[1])

    def _cpu_seconds(self) -> float:
        assert self._process.stdin
        self._process.stdin.write("cpu\n")
        self._process.stdin.flush()
        return float(self._line())

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise SystemExit(f"the process with {self.rows:,} rows ended")
        return line

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def contestants(filled: Mapping[int, Mapping[str, str]], bench: str) -> Iterator[list[Contestant]]:
    with ExitStack() as stack:
        found = []
        for rows, environment in filled.items():
            one = Contestant(rows, environment, bench)
            stack.callback(one.close)
            found.append(one)
        yield found


def take_turns(found: Sequence[Contestant], pages: Mapping[str, int]) -> None:
    """Each page so many times a round, every size in turn; the first turn of all warms up."""
    for page in pages:
        for one in found:
            one.ask(page)
    for _ in range(ROUNDS):
        for one in found:
            one.begin_round()
        for turn in range(max(pages.values())):
            for page, times in pages.items():
                if turn < times:
                    for one in found:
                        one.ask(page)


def heads(found: Sequence[Contestant]) -> str:
    sizes = "".join(f"{one.rows:>12,}" for one in found)
    ratios = "".join(f"{f'{one.rows:,} x':>13}" for one in found[1:])
    return f"  {'ms a page':16}{sizes}{ratios}"


def line(found: Sequence[Contestant], page: str) -> str:
    """Each size's time, and how many times the smallest's it is."""
    walls = "".join(f"{one.wall(page):12.2f}" for one in found)
    ratios = "".join(f"{one.times(found[0], page):13.2f}" for one in found[1:])
    return f"{page:16}{walls}{ratios}"
