"""Time zones that a person or a team may choose."""

from functools import cache
from zoneinfo import available_timezones

_NOT_A_PLACE = {"localtime", "posixrules", "Factory"}


@cache
def names() -> tuple[str, ...]:
    """Sorted; read from disk once a process."""
    return tuple(sorted(available_timezones() - _NOT_A_PLACE))


def choices() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in names()]
