"""What the pages that refresh themselves share: not swapping in vain."""

import zlib

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


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
