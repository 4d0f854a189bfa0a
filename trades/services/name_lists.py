"""A pasted or uploaded list of names: what each line asks for, and what the inventory has of it.

Lines are read one by one. Nothing in them is ever evaluated: a formula is a name like any other.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from dashboard.errors import UserError

MOST_LINES = 2_000
LONGEST_LINE = 1_000
LARGEST = 256 * 1024  # bytes
LONGEST_SHOWN = 120
_NAME_HEADS = {"name", "item", "item name", "market_hash_name", "market hash name"}
_AMOUNT_HEADS = {"amount", "count", "quantity", "qty", "number"}
_FLOOR_HEADS = {"floor", "floor price", "min", "min price", "minimum", "price"}
_AMOUNT = re.compile(r"[0-9]{1,5}")
_FLOOR = re.compile(r"\$?\s?([0-9]{1,7})(?:[.,]([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a list has its cells; by the order name, amount, floor when no head names them."""

    name: int = 0
    amount: int | None = 1
    floor: int | None = 2


@dataclass(frozen=True, slots=True)
class Line:
    number: int  # from 1, as an editor counts
    text: str  # the whole line
    name: str
    amount: int = 1
    floor_milli: int | None = None
    wrong: str = ""  # why it cannot be used


@dataclass(frozen=True, slots=True)
class LineReport:
    number: int
    text: str
    sentence: str


@dataclass(slots=True)
class Wanted:
    amount: int = 0
    floor_milli: int | None = None


@dataclass(slots=True)
class ListReport:
    """``wanted`` never asks for more than is free; ``problems`` has a sentence a line."""

    wanted: dict[str, Wanted] = field(default_factory=dict)
    problems: list[LineReport] = field(default_factory=list)
    lines: int = 0


def refuse_too_large(size: int) -> None:
    if size > LARGEST:
        raise UserError(f"The list is larger than {LARGEST // 1024} KB; split it.")


def decode(content: bytes) -> str:
    """The text of an uploaded file; ``UserError`` when it is too large or no text."""
    refuse_too_large(len(content))
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise UserError("The file is not a text in UTF-8; save it as CSV UTF-8.") from None


def parse(text: str) -> list[Line]:
    """``UserError`` when the list is too long or empty; a bad line says what is wrong with it."""
    refuse_too_large(len(text))
    numbered = [
        (number, line.strip()) for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1)
    ]
    lines = [(number, line) for number, line in numbered if line]
    if not lines:
        raise UserError("Paste at least one name, or choose a file that has one.")
    if len(lines) > MOST_LINES:
        raise UserError(f"A list has at most {MOST_LINES:,} lines; split it.")
    mark = _delimiter(lines[0][1])
    columns = _columns(_cells(lines[0][1], mark))
    if columns:
        lines = lines[1:]
    return [_line(number, line, mark, columns or Columns()) for number, line in lines]


def compare(lines: Sequence[Line], free: Mapping[str, int], held: Mapping[str, int]) -> ListReport:
    """By exact name. ``held``: how many there are of each name; ``free``: that can be sold now."""
    report = ListReport(lines=len(lines))
    for line in lines:
        problem = _take(report.wanted, line, free, held)
        if problem:
            shown = (
                line.text if len(line.text) <= LONGEST_SHOWN else f"{line.text[:LONGEST_SHOWN]}…"
            )
            report.problems.append(LineReport(line.number, shown, problem))
    return report


def _take(
    wanted: dict[str, Wanted], line: Line, free: Mapping[str, int], held: Mapping[str, int]
) -> str:
    """Adds what the line can have; returns what it cannot, "" when all is well."""
    is_bare_name = line.text in held  # a name may hold the mark that parts cells
    if line.wrong and not is_bare_name:
        return line.wrong
    name, amount = (line.text, 1) if is_bare_name else (line.name, line.amount)
    if name not in held:
        return "Not in this inventory under exactly this name."
    left = free.get(name, 0) - (wanted[name].amount if name in wanted else 0)
    if left <= 0:
        return "In the inventory, but none is left that can be sold now."
    chosen = wanted.setdefault(name, Wanted())
    chosen.amount += min(amount, left)
    floors = [each for each in (chosen.floor_milli, line.floor_milli) if each is not None]
    chosen.floor_milli = max(floors, default=None)  # of two floors the seller is sure of neither
    return (
        "" if amount <= left else f"{amount:,} asked for, {left:,} can be sold now: {left:,} taken."
    )


def _delimiter(line: str) -> str:
    return next((mark for mark in "\t;" if mark in line), ",")


def _cells(line: str, mark: str) -> list[str]:
    if len(line) > LONGEST_LINE or "\0" in line:
        return []
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=mark))]
    except csv.Error:
        return []


def _columns(cells: Sequence[str]) -> Columns | None:
    """None when the first line is no head."""
    heads = [cell.lower() for cell in cells]
    name = _place(heads, _NAME_HEADS)
    if name is None:
        return None
    return Columns(name, _place(heads, _AMOUNT_HEADS), _place(heads, _FLOOR_HEADS))


def _place(heads: Sequence[str], known: set[str]) -> int | None:
    return next((place for place, head in enumerate(heads) if head in known), None)


def _line(number: int, text: str, mark: str, columns: Columns) -> Line:
    cells = _cells(text, mark)
    name = _cell(cells, columns.name)
    if not name:
        return Line(number, text, "", wrong="This line has no readable name.")
    amount, floor = _cell(cells, columns.amount), _cell(cells, columns.floor)
    if amount and not (_AMOUNT.fullmatch(amount) and int(amount)):
        return Line(number, text, name, wrong="The amount is not a whole number from 1 to 99,999.")
    if floor and not _FLOOR.fullmatch(floor):
        return Line(number, text, name, wrong="The floor is not a price in dollars, like 1.25.")
    return Line(number, text, name, int(amount or 1), _milli(floor))


def _cell(cells: Sequence[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""


def _milli(floor: str) -> int | None:
    found = _FLOOR.fullmatch(floor)
    if not found:
        return None
    return int(Decimal(f"{found[1]}.{found[2] or 0}") * 1000)
