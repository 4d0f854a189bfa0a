"""What a mirrored account of a million trades costs from then on: calls, and time in the database.

The mirror is filled from the market's own rows (``TICK_TRADES`` for fewer) and kept under
``.cache``. Each of ``TICK_TURNS`` turns (3) works on a fresh copy, and their medians are told; a
turn that would begin after ``BENCH_MINUTES`` is skipped, loudly. In a turn our clock is moved from
one due time to the next.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import _figures, _mirrors
from tests.bench._catalogue import item_name
from tests.bench._figures import Figure
from tests.bench._sizes import Report, product
from trades.upstreams.vpsbot import parse

TRADES = int(os.environ.get("TICK_TRADES", "1000000"))
TURNS = int(os.environ.get("TICK_TURNS", "3"))
MINUTES = float(os.environ.get("BENCH_MINUTES", "inf"))
ROW = b'{"trade_id": "1", "status": "completed", "created_at": "2026-01-01T00:00:00Z"}'


def main() -> None:
    # How rows are read, and what they tell, as the mirror keeps it.
    edition = f"{parse.trade(ROW).content_hash.hex()} {item_name(1)}"
    ends, turns, report = time.monotonic() + MINUTES * 60, list[list[Figure]](), Report()
    for number in range(1, TURNS + 1):
        if turns and time.monotonic() > ends:
            print(f"!!!! turn {number} SKIPPED on {product()}: {MINUTES:.0f} minutes are over")
            continue
        with _mirrors.copied(TRADES, edition) as environment:
            print(f"turn {number} on a mirror of {TRADES:,} trades on {product()}", flush=True)
            turns.append(_turn(environment))
    _figures.tell_medians(turns, report)
    report.close()


def _turn(environment: Mapping[str, str]) -> list[Figure]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "figures"
        command = [sys.executable, "-m", "tests.bench._ticks_child", "live", str(TRADES), str(file)]
        subprocess.run(command, env=os.environ | environment, check=True)
        return _figures.of_turn(file)


if __name__ == "__main__":
    main()
