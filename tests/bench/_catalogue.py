"""What the benches' markets trade: some thousands of items, a few of them very often.

An item's name follows from a number, and one item in nine is the commonest. ``PLACE`` is the same
in SQL, of ``n``.
"""

NAMES = 5_000
_PRIME = 1_000_003
_SPREAD = f"(n * 48271 % {_PRIME})"
_SQUARE = f"({_SPREAD} * {_SPREAD} / {_PRIME})"
PLACE = f"({_SQUARE} * {_SQUARE} / {_PRIME} * {NAMES} / {_PRIME})"


def item_name(number: int) -> str:
    return name_at(place(number))


def place(number: int) -> int:
    """From 0, the commonest."""
    spread = number * 48_271 % _PRIME
    square = spread * spread // _PRIME
    return square * square // _PRIME * NAMES // _PRIME


def name_at(place: int) -> str:
    return f"Item {place} | Finish {place % 211} (Field-Tested)"
