"""Home at 10,000 to 5,000,000 trades, and its panels, which read at most a year of them.

``HOME_ROWS=10000,1000000`` asks for other sizes; SQLite is asked for 1,000,000 at most. Filled
databases are kept and shared with the bench of the history.
"""

from collections.abc import Sequence

from tests.bench._contest import ROUNDS, Contestant, contestants, heads, line, take_turns
from tests.bench._sizes import Report, databases, product

TURNS, FEW_TURNS = 8, 1  # a round; few of what reads rows
PAGES = ("month", "year", "all")
PANELS = tuple(f"panel {name}" for name in ("bots", "items", "reasons", "exposure", "times"))
SLOWER, QUERIES = 1.5, 16
FRAGMENT_BYTES = 15_000  # compressed
FRAGMENTS = ("figures alone", *PANELS)


def main() -> None:
    report = Report()
    with databases("HOME_ROWS") as filled, contestants(filled, "home") as found:
        print(f"home on {product()} over HTTP, median of {ROUNDS} rounds of {TURNS} turns")
        take_turns(found, dict.fromkeys(PAGES, TURNS) | dict.fromkeys(PANELS, FEW_TURNS))
        _tell(found, report)
    report.close()


def _tell(found: Sequence[Contestant], report: Report) -> None:
    """A year has more days at the larger size: only the month is the same of both."""
    print(heads(found))
    for page in PAGES:
        is_met = page != "month" or found[-1].times(found[0], page) <= SLOWER
        report.figure(line(found, page), is_met)
    most = {one.rows: max(one.queries[page] for page in PAGES) for one in found}
    is_flat = len(set(most.values())) == 1
    report.figure(f"queries a page, at most: {most}", is_flat and max(most.values()) <= QUERIES)
    print("  panels, each a fragment of its own that is asked for when it comes into view")
    for panel in PANELS:
        print(f"  {line(found, panel)}", flush=True)
    weight = max(found[-1].weight(each) for each in FRAGMENTS)
    report.figure(f"fragments of at most {weight:,} bytes, compressed", weight <= FRAGMENT_BYTES)


if __name__ == "__main__":
    main()
