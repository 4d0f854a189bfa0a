"""What the documents leave open, as choices, and covers of them."""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

Reading = dict[str, object]
Choices = Mapping[str, Sequence[object]]
Pair = tuple[tuple[str, object], tuple[str, object]]

# Knobs of the pretend market, but for "moves": trades come and move on while they are read.
OF_THE_LIST: Choices = {
    "order": ("created_desc", "created_asc", "updated_desc", "none"),
    "nulls": ("largest", "smallest", "first", "last"),
    "bounds": ("inclusive", "exclusive", "half_open"),
    "page_cap": (40, 11, None),
    "date_field": ("created", "updated"),
    "sell_max_limit": (2000, 20),
    "purchases": (False, True),
    "moves": (False, True),
}
OF_A_ROW: Choices = {
    "absent": ("null", "missing", "empty"),
    "extra_fields": (False, True),
    "milliseconds": (False, True),
    "limit_in_answer": ("used", "default"),
    "identity": (False, True),
}
ALL: Choices = {**OF_THE_LIST, **OF_A_ROW}


def every(choices: Choices) -> list[Reading]:
    found = product(*choices.values())
    return [dict(zip(choices, values, strict=True)) for values in found]


def every_pair() -> list[Reading]:
    """A few readings in which any two values of any two points meet."""
    missing = set(_all_pairs(ALL))
    cover = []
    while missing:
        reading = _greedy(min(missing, key=repr), missing)
        missing -= set(_pairs(reading))
        cover.append(reading)
    return cover


def every_list_with_some_rows(dice: random.Random) -> Iterator[Reading]:
    """Every reading of the list, each with another reading of its rows."""
    lists, rows = every(OF_THE_LIST), every(OF_A_ROW)
    dice.shuffle(lists)
    dice.shuffle(rows)
    for number, reading in enumerate(lists):
        yield reading | rows[number % len(rows)]


def _greedy(first: Pair, missing: set[Pair]) -> Reading:
    """Begin with a pair that is missing; then each point's value that meets most missing ones."""
    reading = dict(first)
    for name, values in ALL.items():
        if name not in reading:
            gains = [len(missing & set(_pairs(reading | {name: value}))) for value in values]
            reading[name] = values[gains.index(max(gains))]
    return reading


def _all_pairs(choices: Choices) -> Iterator[Pair]:
    for one, other in combinations(sorted(choices), 2):
        for values in product(choices[one], choices[other]):
            yield (one, values[0]), (other, values[1])


def _pairs(reading: Reading) -> Iterator[Pair]:
    return combinations(sorted(reading.items(), key=lambda point: point[0]), 2)
