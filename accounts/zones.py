"""Time zones that a person or a team may choose."""

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

_NOT_A_PLACE = {"localtime", "posixrules", "Factory"}


@cache
def names() -> tuple[str, ...]:
    """Sorted; read from disk once a process."""
    return tuple(sorted(available_timezones() - _NOT_A_PLACE))


@cache
def options_html() -> SafeString:
    """All of them for a ``datalist``; the same for everybody, so drawn once a process."""
    return format_html_join("", '<option value="{}">', ((name,) for name in names()))


def zone_of(user: AbstractBaseUser | AnonymousUser | None) -> ZoneInfo:
    """The zone a person reads times in; UTC when unknown, or when its name went out of use."""
    try:
        return ZoneInfo(getattr(user, "time_zone", "UTC"))
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return ZoneInfo("UTC")
