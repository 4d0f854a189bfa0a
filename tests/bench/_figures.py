"""What the turns of a bench measured: told as they come, then as medians over the turns."""

import json
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench._sizes import Report


class Figure(NamedTuple):
    name: str
    value: float | None  # None: it never came
    unit: str
    most: float | None  # None: printed alone, nothing is asked

    def told(self, value: float | None) -> str:
        number = "NEVER" if value is None else f"{_short(value)} {self.unit}"
        asked = "" if self.most is None else f", at most {self.most:,.0f}"
        return f"{self.name:44} {number}{asked}"

    def is_met(self, value: float | None) -> bool:
        return self.most is None or (value is not None and value <= self.most)


class Turn:
    """One turn's figures, kept in a file for the process that started it."""

    def __init__(self, file: Path) -> None:
        self._file, self._figures = file, list[Figure]()

    def figure(
        self, name: str, value: float | None, unit: str, *, most: float | None = None, note: str
    ) -> None:
        figure = Figure(name, value, unit, most)
        missed = "" if figure.is_met(value) else "   MISSED"
        print(f"  {figure.told(value)}; {note}{missed}", flush=True)
        self._figures.append(figure)

    def close(self) -> None:
        self._file.write_text(json.dumps(self._figures))


def of_turn(file: Path) -> list[Figure]:
    return [Figure(*each) for each in json.loads(file.read_text())]


def tell_medians(turns: Sequence[Sequence[Figure]], report: Report) -> None:
    """What never came in one turn is missed, whatever the others had."""
    print(f"medians over {len(turns)} of the turns", flush=True)
    for same in zip(*turns, strict=True):
        values = [math.inf if each.value is None else each.value for each in same]
        median = None if math.inf in values else statistics.median(values)
        spread = f" ({_short(min(values))} to {_short(max(values))})"
        report.figure(same[0].told(median) + spread, same[0].is_met(median))


def _short(value: float) -> str:
    return f"{value:,.2f}".removesuffix(".00")
