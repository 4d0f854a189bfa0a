"""Foreign scalars to the values that our columns take, or Unreadable with the field's name.

Reasons name the field and never the value: they are stored and shown.
"""

from decimal import Decimal

SMALL = 2**31  # bounds of a 32-bit column
BIG = 2**63
_MOST_DIGITS = 20


class Unreadable(ValueError):
    """A value, a row or an answer that does not have the documented shape."""


def text(value: object, name: str, longest: int) -> str:
    """Text as it came; a whole number becomes text (ids), null becomes ""."""
    if type(value) is str and len(value) <= longest and "\0" not in value:
        return value
    if value is None:
        return ""
    if type(value) is int:
        value = str(value) if -BIG <= value < BIG else "9" * (longest + 1)
    if not isinstance(value, str):
        raise Unreadable(f"{name} is not a text")
    if len(value) > longest:
        raise Unreadable(f"{name} is longer than {longest} characters")
    if "\0" in value:
        raise Unreadable(f"{name} holds a character that cannot be stored")
    return value


def whole(value: object, name: str, bound: int = BIG) -> int | None:
    """A whole number, also as text or with an empty fraction; null and "" are None."""
    if type(value) is int and -bound <= value < bound:
        return value
    if value is None or value == "":
        return None
    number = value if type(value) is int else _as_int(value)
    if number is None:
        raise Unreadable(f"{name} is not a whole number")
    if not -bound <= number < bound:
        raise Unreadable(f"{name} is too large")
    return number


def rounded(value: object, factor: int = 1) -> int | None:
    """The nearest whole number of ``value * factor``, None when it is no number: for averages."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value)) * factor
    except ArithmeticError:
        return None
    return round(number) if number.is_finite() and -BIG <= number <= BIG - 1 else None


def _as_int(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and len(value) <= _MOST_DIGITS:
        digits = value.removeprefix("-")
        return int(value) if digits.isascii() and digits.isdigit() else None
    return None
