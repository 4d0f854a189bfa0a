"""The history at 10,000, 100,000 and 1,000,000 trades: what a page costs, and what its count does.

``HISTORY_ROWS=10000,5000000`` asks for other sizes. Filled databases are kept under ``.cache``, so
a second run starts at once. All sizes take turns, so that a busy machine slows each of them.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from dashboard.environment import BASE_DIR
from tests.bench import _datasette
from tests.servers import postgres

KEPT = BASE_DIR / ".cache" / "bench"
SIZES = "10000,100000,1000000"
ON_SQLITE = 1_000_000  # the largest
TURNS = 25
FEW_TURNS = 3  # of what takes seconds
PAGES = ("first", "deep", "rare", "contains", "error", "value", "common", "updated", "never")
SLOWER, COUNT_MS, CPU, ADMIN, QUERIES = 1.5, 50.0, 4.0, 15.0, 12
UNBOUND = ("never",)  # printed: no figure is asked of conditions that are rare together only


class Contestant:
    """A process with one size; answers in wall and CPU seconds."""

    def __init__(self, rows: int, environment: dict[str, str]) -> None:
        self.rows = rows
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench._history_child", str(rows)],
            env=os.environ | environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.queries: dict[str, int] = json.loads(self._line())
        self.taken: dict[str, list[tuple[float, float]]] = {}

    def run(self, page: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{page}\n")
        self._process.stdin.flush()
        wall, cpu = map(float, self._line().split())
        self.taken.setdefault(page, []).append((wall * 1000, cpu * 1000))

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise SystemExit(f"the process with {self.rows:,} rows ended")
        return line

    def wall(self, page: str) -> float:
        return statistics.median(wall for wall, _ in self.taken[page])

    def cpu(self, page: str) -> float:
        return statistics.median(cpu for _, cpu in self.taken[page])

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class Report:
    """Lines as they come; what misses its figure is said again at the end."""

    def __init__(self) -> None:
        self.missed: list[str] = []

    def figure(self, text: str, is_met: bool) -> None:
        print(f"  {text}{'' if is_met else '   MISSED'}", flush=True)
        if not is_met:
            self.missed.append(text)


def main() -> None:
    is_postgres = os.environ.get("DATABASE_URL", "").startswith("postgres")
    sizes = sorted(int(size) for size in os.environ.get("HISTORY_ROWS", SIZES).split(","))
    if not is_postgres:
        for size in [size for size in sizes if size > ON_SQLITE]:
            print(f"!!!! {size:,} rows SKIPPED on SQLite")
        sizes = [size for size in sizes if size <= ON_SQLITE]
    with ExitStack() as stack:
        databases = stack.enter_context(_databases(is_postgres, sizes))
        contestants = [Contestant(size, databases[size]) for size in sizes]
        for one in contestants:
            stack.callback(one.close)
        report = Report()
        _take_turns(contestants)
        print(f"history on {'PostgreSQL' if is_postgres else 'SQLite'}, median of {TURNS} turns")
        _tell(contestants, report)
        if not is_postgres:
            _beside_datasette(contestants[-1], databases, report)
    if report.missed:
        raise SystemExit("figures missed:\n  " + "\n  ".join(report.missed))


def _take_turns(contestants: Sequence[Contestant]) -> None:
    pages = [*PAGES, *(f"count {page}" for page in PAGES), "empty"]
    for turn in range(TURNS + 1):
        for page in pages:
            for one in contestants:
                one.run(page)
        if turn == 0:  # warmed up
            for one in contestants:
                one.taken.clear()
    for _ in range(FEW_TURNS):
        for page in ("admin", "admin contains"):
            contestants[-1].run(page)


def _tell(contestants: Sequence[Contestant], report: Report) -> None:
    smallest, largest = contestants[0], contestants[-1]
    print(f"  {'ms a page':16}" + "".join(f"{one.rows:>12,}" for one in contestants) + "   ratio")
    for page in PAGES:
        walls = "".join(f"{one.wall(page):12.2f}" for one in contestants)
        ratio = largest.wall(page) / smallest.wall(page)
        report.figure(f"{page:16}{walls}{ratio:8.2f}", ratio <= SLOWER or page in UNBOUND)
    for page in PAGES:
        walls = "".join(f"{one.wall(f'count {page}'):12.2f}" for one in contestants)
        is_met = largest.wall(f"count {page}") <= COUNT_MS
        report.figure(f"{f'count {page}':16}{walls}", is_met)
    ratio = largest.cpu("first") / largest.cpu("empty")
    report.figure(f"CPU of 50 rows {largest.cpu('first'):.2f} ms, {ratio:.2f} x the empty page "
                  f"({largest.cpu('empty'):.2f} ms)", ratio <= CPU)  # fmt: skip
    ratio = largest.wall("admin") / largest.wall("first")
    report.figure(f"{ratio:.1f} x faster than Django's admin ({largest.wall('admin'):.0f} ms)",
                  ratio >= ADMIN)  # fmt: skip
    ratio = largest.wall("admin contains") / largest.wall("contains")
    print(f"  {ratio:.1f} x its search for an item, which uses our index too")
    most = {one.rows: max(one.queries[page] for page in PAGES) for one in contestants}
    report.figure(f"queries a page, at most: {most}", max(most.values()) <= QUERIES)


def _beside_datasette(
    ours: Contestant, databases: dict[int, dict[str, str]], report: Report
) -> None:
    file = databases[ours.rows]["DATABASE_URL"].removeprefix("sqlite:///")
    with _datasette.serving(KEPT / "datasette", Path(file)) as get:
        if get is None:
            return
        theirs = []
        for _ in range(FEW_TURNS + 2):
            theirs.append(get())
            ours.run("http first")
        datasette, mine = statistics.median(theirs), ours.wall("http first")
        report.figure(f"over HTTP {mine:.1f} ms, Datasette {datasette:.1f} ms", mine < datasette)


# -- the filled databases --


@contextmanager
def _databases(is_postgres: bool, sizes: Sequence[int]) -> Iterator[dict[int, dict[str, str]]]:
    KEPT.mkdir(parents=True, exist_ok=True)
    if not is_postgres:
        yield {size: _sqlite(size) for size in sizes}
        return
    with postgres.running(kept=KEPT / "postgres") as url:
        assert url
        yield {size: _postgres(size, url) for size in sizes}


def _sqlite(size: int) -> dict[str, str]:
    file = KEPT / f"history-{size}.sqlite3"
    environment = {"DATABASE_URL": f"sqlite:///{file}"}
    mark = file.with_suffix(".filled")
    if not mark.exists():
        for left in KEPT.glob(f"{file.name}*"):
            left.unlink()
        _fill(size, environment, mark)
    return environment


def _postgres(size: int, url: str) -> dict[str, str]:
    name = f"history_{size}"
    environment = {"DATABASE_URL": f"{url.rpartition('/')[0]}/{quote(name)}"}
    mark = KEPT / "postgres" / f"{name}.filled"
    if not mark.exists():
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name}")
            connection.execute(f"CREATE DATABASE {name}")
        _fill(size, environment, mark)
    return environment


def _fill(size: int, environment: dict[str, str], mark: Path) -> None:
    print(f"filling {size:,} rows (first run only)…", flush=True)
    command = [sys.executable, "-m", "tests.bench._history_child", "fill", str(size)]
    subprocess.run(command, env=os.environ | environment, check=True)
    mark.touch()


if __name__ == "__main__":
    if sys.argv[1:] == ["forget"]:
        shutil.rmtree(KEPT, ignore_errors=True)
    else:
        main()
