"""Home at 10,000 and 1,000,000 trades, its panels, and an export of all of them.

``HOME_ROWS=10000,5000000`` asks for other sizes (5,000,000 on PostgreSQL alone). Filled databases
are kept and shared with the bench of the history; all sizes take turns.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from tests.bench._sizes import Contestant, Report, databases, is_postgres, sizes_asked

SIZES = "10000,1000000"
TURNS = 15
FEW_TURNS = 3  # of what reads rows
PAGES = ("month", "year", "all")
PANELS = ("bots", "items", "reasons", "exposure", "times")
SLOWER, PEAK_MB = 1.5, 150.0


def main() -> None:
    sizes = sizes_asked("HOME_ROWS", SIZES)
    with ExitStack() as stack:
        filled = stack.enter_context(databases(sizes))
        contestants = [Contestant(size, filled[size], "_home_child") for size in sizes]
        for one in contestants:
            stack.callback(one.close)
        report = Report()
        _take_turns(contestants)
        print(f"home on {'PostgreSQL' if is_postgres() else 'SQLite'}, median of {TURNS} turns")
        _tell(contestants, report)
        _export(sizes[-1], filled[sizes[-1]], report)
    if report.missed:
        raise SystemExit("figures missed:\n  " + "\n  ".join(report.missed))


def _take_turns(contestants: Sequence[Contestant]) -> None:
    for turn in range(TURNS + 1):
        for page in PAGES:
            for one in contestants:
                one.run(page)
        if turn == 0:  # warmed up
            for one in contestants:
                one.taken.clear()
    for _ in range(FEW_TURNS):
        for panel in PANELS:
            for one in contestants:
                one.run(f"panel {panel}")


def _tell(contestants: Sequence[Contestant], report: Report) -> None:
    """A year has more days at the larger size: only the month is the same of both."""
    smallest, largest = contestants[0], contestants[-1]
    print(f"  {'ms a page':16}" + "".join(f"{one.rows:>12,}" for one in contestants) + "   ratio")
    for page in (*PAGES, *(f"panel {panel}" for panel in PANELS)):
        walls = "".join(f"{one.wall(page):12.2f}" for one in contestants)
        ratio = largest.wall(page) / smallest.wall(page)
        report.figure(f"{page:16}{walls}{ratio:8.2f}", ratio <= SLOWER or page != "month")


def _export(rows: int, environment: dict[str, str], report: Report) -> None:
    command = [sys.executable, "-m", "tests.bench._home_child", "export", str(rows)]
    done = subprocess.run(command, env=os.environ | environment, check=True, capture_output=True)
    written, took, peak, bare = json.loads(done.stdout)
    report.figure(f"export of {written:,} rows: {written / took:,.0f} rows/s, a bare cursor "
                  f"{written / bare:,.0f} ({took / bare:.1f} x)", is_met=True)  # fmt: skip
    report.figure(f"its process at most {peak:.0f} MB", peak <= PEAK_MB)


if __name__ == "__main__":
    main()
