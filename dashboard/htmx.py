"""What every page shares in talking to htmx."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails


def wants_partial(request: HttpRequest) -> bool:
    """True when htmx asks for a fragment, not when it restores a whole page."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]  # HtmxMiddleware sets it
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


class SignInRedirectMiddleware:
    """An ended session sends the whole page to sign in; a sign-in form is never swapped in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        sign_in = resolve_url("account_login")
        location = response.headers.get("Location", "")
        if getattr(request, "htmx", False) and location.startswith(sign_in):
            redirect = HttpResponseClientRedirect(location)
            redirect.status_code = 204
            return redirect
        return response
