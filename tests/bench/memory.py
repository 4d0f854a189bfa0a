"""The memory of a worker that loads a history of 1,000,000 trades, slice after slice.

A child process works; its resident memory is read while it does. ``MEMORY_ROWS`` asks for another
size. The slope compares the median early on, once it has begun to load, with the last quarter's.
"""

from dashboard.start_up import spare_the_collector
from tests.bench import _setup

DATABASE = _setup.ready()

import os  # noqa: E402
import statistics  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

from django.conf import settings  # noqa: E402

from tests.bench import _market  # noqa: E402
from trades.models import Trade  # noqa: E402

ROWS = int(os.environ.get("MEMORY_ROWS", "1000000"))
MOST_MIB = 150.0
FLAT = 1.1  # the last quarter against the first
EVERY_SECONDS = 0.2


def megabytes(pid: int, name: str) -> float | None:
    """A figure of /proc; None when the process is over."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return None
    found = next((line.split()[1] for line in lines if line.startswith(f"{name}:")), None)
    return int(found) / 1024 if found else None


def work(address: str) -> None:
    spare_the_collector()
    settings.VPSBOT_URL, settings.VPSBOT_CALLS_A_MINUTE = address, 0
    account = _market.fresh_account()
    _market.load_history(account)
    held = Trade.objects.filter(account=account).count()
    if held != ROWS:
        raise SystemExit(f"the engine mirrored {held} of {ROWS} trades")


def watched(child: "subprocess.Popen[bytes]") -> tuple[list[float], float]:
    """Samples of its resident memory and its highest, in MiB."""
    samples, peak = [], 0.0
    while child.poll() is None:
        resident, highest = megabytes(child.pid, "VmRSS"), megabytes(child.pid, "VmHWM")
        if resident and highest:
            samples.append(resident)
            peak = highest
        time.sleep(EVERY_SECONDS)
    return samples, peak


def main() -> None:
    with _market.replayed(ROWS, lazily=True) as market:
        started = time.perf_counter()
        command = [sys.executable, "-m", "tests.bench.memory", "work", market.address]
        child = subprocess.Popen(command)
        samples, peak = watched(child)
        seconds = time.perf_counter() - started
    if child.returncode:
        raise SystemExit("the worker failed")
    quarter = max(1, len(samples) // 4)
    first = statistics.median(samples[quarter // 2 : quarter * 2])
    last = statistics.median(samples[-quarter:])
    print(f"a worker that loads {ROWS:,} trades into {DATABASE} in {seconds:,.0f} s")
    print(f"({_market.LIFTED})")
    _tell(f"peak {peak:.0f} MiB, at most {MOST_MIB:.0f}", is_met=peak <= MOST_MIB)
    _tell(f"{first:.0f} MiB at first, {last:.0f} MiB in the last quarter, "
          f"{last / first:.2f} x, flat up to {FLAT}", is_met=last / first <= FLAT)  # fmt: skip


def _tell(text: str, *, is_met: bool) -> None:
    print(f"  {text}{'' if is_met else '   MISSED'}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        work(sys.argv[2])
    else:
        main()
