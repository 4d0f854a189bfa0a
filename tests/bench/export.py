"""An export of 1,000,000 trades as CSV, beside a bare server-side cursor that writes the same.

``EXPORT_ROWS=5000000`` asks for another size. The same is done with a tenth of the rows: memory is
constant when the process that makes the file needs no more for all of them.
"""

import json
import os
import statistics
import subprocess
import sys
from typing import NamedTuple

from tests.bench._sizes import Report, databases, product

SIZES = "100000,1000000"
ROUNDS = 3
PEAK_MB, FLAT = 150.0, 1.1


class Made(NamedTuple):
    rows: int
    seconds: float
    peak_mb: float
    bare_seconds: float


def main() -> None:
    report, made = Report(), list[Made]()
    with databases("EXPORT_ROWS", SIZES) as filled:
        print(f"export to CSV on {product()}, median of {ROUNDS} turns beside a bare cursor")
        for environment in filled.values():
            turns = [_make(environment) for _ in range(ROUNDS)]
            made.append(Made(*(statistics.median(each) for each in zip(*turns, strict=True))))
            _tell(made[-1], report)
    flat = made[-1].peak_mb / made[0].peak_mb
    report.figure(f"{made[-1].rows / made[0].rows:.0f} x the rows take {flat:.2f} x the memory",
                  flat <= FLAT)  # fmt: skip
    report.close()


def _make(environment: dict[str, str]) -> Made:
    command = [sys.executable, "-m", "tests.bench._export_child"]
    done = subprocess.run(command, env=os.environ | environment, check=True, capture_output=True)
    return Made(*json.loads(done.stdout))


def _tell(made: Made, report: Report) -> None:
    ours, bare = made.rows / made.seconds, made.rows / made.bare_seconds
    print(
        f"  {made.rows:,} rows: {ours:,.0f} rows/s, a bare cursor {bare:,.0f} ({bare / ours:.1f} x)"
    )
    report.figure(f"its process at most {made.peak_mb:.0f} MB", made.peak_mb <= PEAK_MB)


if __name__ == "__main__":
    main()
