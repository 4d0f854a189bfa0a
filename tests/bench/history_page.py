"""The history at 10,000 to 5,000,000 trades: what a page and its count cost, what they weigh.

``HISTORY_ROWS=10000,1000000`` asks for other sizes; SQLite is asked for 1,000,000 at most.
``python -m tests.bench.history_page forget`` throws the filled databases away.
"""

import shutil
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench import _datasette
from tests.bench._contest import ROUNDS, Contestant, contestants, heads, line, take_turns
from tests.bench._sizes import KEPT, Report, databases, is_postgres, product

TURNS = 8  # a round
PAGES = ("first", "deep", "rare", "contains", "error", "value", "common", "updated", "never")
JUDGED = 1_000_000  # rows; what is larger is printed beside it
SLOWER, COUNT_MS, CPU, ADMIN, QUERIES = 1.5, 50.0, 4.0, 15.0, 12
FRAGMENT_BYTES = 15_000  # compressed
UNBOUND = ("never",)  # printed: no figure is asked of conditions that are rare together only


def main() -> None:
    report = Report()
    with databases("HISTORY_ROWS") as filled, contestants(filled, "history") as found:
        print(f"history on {product()} over HTTP, median of {ROUNDS} rounds of {TURNS} turns")
        take_turns(found, dict.fromkeys([*PAGES, *(f"count {page}" for page in PAGES), "empty"],
                                        TURNS))  # fmt: skip
        judged = max((one for one in found if one.rows <= JUDGED), key=lambda one: one.rows)
        _tell_pages(found, judged, report)
        _tell_of_one(judged, report)
        _beside_admin(judged, report)
        if not is_postgres():
            _beside_datasette(judged, filled, report)
    report.close()


def _tell_pages(found: Sequence[Contestant], judged: Contestant, report: Report) -> None:
    print(heads(found))
    for page in PAGES:
        is_met = page in UNBOUND or judged.times(found[0], page) <= SLOWER
        report.figure(line(found, page), is_met)
    for page in (f"count {page}" for page in PAGES):
        report.figure(line(found, page), judged.wall(page) <= COUNT_MS)
    most = {one.rows: max(one.queries[page] for page in PAGES) for one in found}
    is_flat = len(set(most.values())) == 1
    report.figure(f"queries a page, at most: {most}", is_flat and max(most.values()) <= QUERIES)


def _tell_of_one(judged: Contestant, report: Report) -> None:
    ratio = judged.cpu("first") / judged.cpu("empty")
    report.figure(f"CPU of 50 rows {judged.cpu('first'):.2f} ms, {ratio:.2f} x the empty page "
                  f"({judged.cpu('empty'):.2f} ms)", ratio <= CPU)  # fmt: skip
    weight = max(judged.weight("list alone"), judged.weight("count first"))
    report.figure(f"fragments of at most {weight:,} bytes, compressed", weight <= FRAGMENT_BYTES)


def _beside_admin(judged: Contestant, report: Report) -> None:
    asked = ("first", "admin", "contains", "admin contains")
    taken = {page: [judged.ask(page)[0] for _ in range(ROUNDS)] for page in asked}
    first, admin, contains, search = (statistics.median(taken[page]) for page in asked)
    report.figure(f"{admin / first:.1f} x faster than Django's admin ({admin:.0f} ms) in turn",
                  admin / first >= ADMIN)  # fmt: skip
    print(f"  {search / contains:.1f} x its search for an item")


def _beside_datasette(
    judged: Contestant, filled: dict[int, dict[str, str]], report: Report
) -> None:
    file = filled[judged.rows]["DATABASE_URL"].removeprefix("sqlite:///")
    with _datasette.serving(KEPT / "datasette", Path(file)) as get:
        if get is None:
            return
        taken = [(get(), judged.ask("first")[0]) for _ in range(ROUNDS)]
        theirs, ours = (statistics.median(column) for column in zip(*taken, strict=True))
        report.figure(f"{ours:.1f} ms beside Datasette's {theirs:.1f} ms in turn", ours < theirs)


if __name__ == "__main__":
    if sys.argv[1:] == ["forget"]:
        shutil.rmtree(KEPT, ignore_errors=True)
    else:
        main()
