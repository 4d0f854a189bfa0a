"""What the pages that refresh themselves share: the person's zone, and not swapping in vain."""

import zlib
from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from accounts.models import User

View = Callable[..., HttpResponse]


def zone_of(user: User) -> ZoneInfo:
    try:
        return ZoneInfo(user.time_zone)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return ZoneInfo("UTC")


def in_own_zone(view: View) -> View:
    """Times on the page are the person's own; filters read their days in the same zone."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with timezone.override(zone_of(cast("User", request.user))):
            return view(request, *args, **kwargs)

    return shown


def digest(*parts: object) -> str:
    """A short sign for what a fragment says, to tell whether it says anything new."""
    return f"{zlib.crc32(repr(parts).encode()):x}"


def asks_by_itself(request: HttpRequest, fragment_id: str) -> bool:
    """True for the fragment's own poll, not for what a person did."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # HtmxMiddleware sets it
    return htmx.trigger == fragment_id


def nothing_new(request: HttpRequest, fragment_id: str, sign: str) -> bool:
    """The poll already shows this: 204 keeps selection, focus and scroll where they are."""
    return asks_by_itself(request, fragment_id) and request.GET.get("seen") == sign
