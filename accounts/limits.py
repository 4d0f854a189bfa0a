"""How often one person may do what costs a market or this machine work, in all processes together.

Counted by allauth's rate limits in the shared cache, as tries to sign in are.
"""

import math
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from dashboard.htmx import wants_partial

Deed = Literal["match", "sell", "resend", "sync", "export"]
View = Callable[..., HttpResponseBase]
SOURCE = "sellside"  # sets our counts apart from allauth's in the cache
WORDS: dict[Deed, str] = {
    "match": "asked for prices",
    "sell": "agreed to sells",
    "resend": "sent trades again",
    "sync": "asked for a sync",
    "export": "asked for files",
}


def limited(deed: Deed) -> Callable[[View], View]:
    """For views that do ``deed`` on POST; goes below the method check and re-authentication."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            limits: dict[str, str] = settings.LIMITS_OF_A_PERSON
            if ratelimit.consume(request, app=SOURCE, action=deed, config=limits):
                return view(request, *args, **kwargs)
            return _too_often(request, deed, _seconds_until_free(request, deed, limits))

        return guarded

    return decorate


def _seconds_until_free(request: HttpRequest, deed: Deed, limits: dict[str, str]) -> int:
    """Whole seconds, at least one: until the oldest deed that counts is forgotten."""
    waits = [1]
    for rate in ratelimit.get_rates(app=SOURCE, action=deed, config=limits):
        key = ratelimit.get_cache_key(request, app=SOURCE, action=deed, rate=rate)
        done_at: list[float] = cache.get(key, [])
        if len(done_at) >= rate.amount:
            waits.append(math.ceil(done_at[-1] + rate.duration - time.time()))
    return max(waits)


def _too_often(request: HttpRequest, deed: Deed, seconds: int) -> HttpResponse:
    sentence = (
        f"You {WORDS[deed]} too often for now: try again in {_span(seconds)}. Nothing was done."
    )
    if wants_partial(request):
        answer = HttpResponse(sentence, status=429, content_type="text/plain; charset=utf-8")
    else:
        answer = render(request, "429.html", {"sentence": sentence}, status=429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _span(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} second{'s' * (seconds != 1)}"
    return f"{math.ceil(seconds / 60)} minutes"
