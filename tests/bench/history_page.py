"""The history at 10,000, 100,000 and 1,000,000 trades: what a page costs, and what its count does.

``HISTORY_ROWS=10000,5000000`` asks for other sizes. Filled databases are kept under ``.cache``, so
a second run starts at once. All sizes take turns, so that a busy machine slows each of them.
"""

import shutil
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.bench import _datasette
from tests.bench._sizes import KEPT, Contestant, Report, databases, is_postgres, sizes_asked

SIZES = "10000,100000,1000000"
TURNS = 25
FEW_TURNS = 3  # of what takes seconds
PAGES = ("first", "deep", "rare", "contains", "error", "value", "common", "updated", "never")
SLOWER, COUNT_MS, CPU, ADMIN, QUERIES = 1.5, 50.0, 4.0, 15.0, 12
UNBOUND = ("never",)  # printed: no figure is asked of conditions that are rare together only


def main() -> None:
    sizes = sizes_asked("HISTORY_ROWS", SIZES)
    with ExitStack() as stack:
        filled = stack.enter_context(databases(sizes))
        contestants = [Contestant(size, filled[size], "_history_child") for size in sizes]
        for one in contestants:
            stack.callback(one.close)
        report = Report()
        _take_turns(contestants)
        print(f"history on {'PostgreSQL' if is_postgres() else 'SQLite'}, median of {TURNS} turns")
        _tell(contestants, report)
        if not is_postgres():
            _beside_datasette(contestants[-1], filled, report)
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


if __name__ == "__main__":
    if sys.argv[1:] == ["forget"]:
        shutil.rmtree(KEPT, ignore_errors=True)
    else:
        main()
