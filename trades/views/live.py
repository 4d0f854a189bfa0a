"""What the pages that refresh themselves share: being read anew, and not swapping in vain."""

import zlib

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from trades.models import Trade
from trades.services.syncs import note_watching
from trades.tasks import sync_account, wake

POLL_SECONDS = 2  # while the market may change what a page shows any moment


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


def watch(trade: Trade) -> None:
    """While the page goes on asking, the market is asked about this trade every few seconds."""
    if note_watching(trade):
        wake(sync_account, trade.account_id)
