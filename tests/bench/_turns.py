"""Contestants in turn, so that a machine that slows down slows all of them."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Medians over the turns, in seconds."""

    wall: float
    cpu: float


def in_turn(
    contestants: Mapping[str, Callable[[], object]],
    turns: int,
    before: Callable[[], object] = lambda: None,
) -> dict[str, Timing]:
    """Each contestant once a turn; CPU is this process's alone, the database's is not in it.

    What is done ``before`` each of them is not timed.
    """
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for _ in range(turns):
        for name, run in contestants.items():
            before()
            wall, cpu = time.perf_counter(), time.process_time()
            run()
            taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        name: Timing(*(statistics.median(column) for column in zip(*rows, strict=True)))
        for name, rows in taken.items()
    }
