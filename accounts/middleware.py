"""Before every view: the wall around a team, and the clock of the person who looks."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.access import membership_in
from accounts.zones import zone_of

LAST_TEAM = "last_team"


class TeamWallMiddleware:
    """A stranger gets 404 whatever the method, before a view can answer 405 or anything else.

    Goes after LoginRequiredMiddleware. ``access.team_for`` takes the membership read here, so
    the two together cost one query.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: list[Any],
        kwargs: dict[str, Any],
    ) -> None:
        del view, args
        slug = kwargs.get("team")
        if slug is None:
            return
        request.membership = membership_in(request, slug)  # type: ignore[attr-defined]
        _remember(request, slug)


def _remember(request: HttpRequest, slug: str) -> None:
    """Pages are remembered, fragments are not: two tabs that poll would fight over the session."""
    is_page = request.method == "GET" and "HX-Request" not in request.headers
    if is_page and request.session.get(LAST_TEAM) != slug:
        request.session[LAST_TEAM] = slug


class OwnZoneMiddleware:
    """Times on a page are the person's own; filters read their days in the same zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(zone_of(request.user)):
            return self.get_response(request)
