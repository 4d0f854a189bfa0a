"""Who comes back to a page left open is asked again who they are before a grave deed."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

SIGNED_IN_AT = "signed_in_at"
FILLING_IN_SECONDS = 15 * 60  # a form that was opened in time may be sent this much later
View = Callable[..., HttpResponseBase]


@receiver(user_logged_in, dispatch_uid="note-sign-in")
def note_sign_in(sender: object, request: HttpRequest, **kwargs: object) -> None:
    """After the last step of signing in, the second factor included."""
    del sender, kwargs
    request.session[SIGNED_IN_AT] = time.time()


def recently_authenticated(view: View) -> View:
    """For views before which a person proves again who they are; goes below the method check.

    What was sent too late is not kept for afterwards: it may hold a secret.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_recent(request):
            return view(request, *args, **kwargs)
        return _ask_again(request)

    return guarded


def is_recent(request: HttpRequest) -> bool:
    patience = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    patience += 0 if request.method in {"GET", "HEAD"} else FILLING_IN_SECONDS
    return _proved_at(request) + patience > time.time()


def _proved_at(request: HttpRequest) -> float:
    """Seconds since 1970 at which this session last showed who it is; 0 = never."""
    records = get_authentication_records(request, request.user)
    proofs = [record["at"] for record in records if record.get("reauthenticated")]
    return float(max([request.session.get(SIGNED_IN_AT, 0.0), *proofs]))


def _ask_again(request: HttpRequest) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        messages.warning(request, "Nothing was changed: confirm first that it is you.")
    after = urlencode({"next": _page_to_return_to(request)})
    address = f"{reverse('account_reauthenticate')}?{after}"
    if "HX-Request" not in request.headers:
        return redirect(address)
    answer = HttpResponseClientRedirect(address)
    answer.status_code = 204
    return answer


def _page_to_return_to(request: HttpRequest) -> str:
    """The page itself, or for a mere deed the page that its button is on."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    came_from = urlsplit(
        request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    )
    is_ours = came_from.netloc == request.get_host() and came_from.path.startswith("/")
    return came_from.path if is_ours else reverse("home")
