"""Before every view: the wall around a team, and the clock of the person who looks."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import is_barred_operator, lacks_second_factor, membership_in
from accounts.models import Team, User
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
    ) -> HttpResponse | None:
        del view, args
        slug = kwargs.get("team")
        if slug is None:
            return _shut_to_operator(request)
        membership = membership_in(request, slug)
        if lacks_second_factor(membership):
            return _second_factor_needed(request, membership.team)
        request.membership = membership  # type: ignore[attr-defined]
        _remember(request, slug)
        return None


def _shut_to_operator(request: HttpRequest) -> HttpResponse | None:
    match = request.resolver_match
    user = request.user
    if match is None or "admin" not in match.app_names or not isinstance(user, User):
        return None
    return _second_factor_needed(request) if user.is_staff and is_barred_operator(user) else None


def _second_factor_needed(request: HttpRequest, team: Team | None = None) -> HttpResponse:
    """Says what to do, and nothing else of the team."""
    if "HX-Request" in request.headers:
        answer = HttpResponseClientRedirect(reverse("team-home", args=[team.slug]) if team else "/")
        answer.status_code = 204
        return answer
    return render(request, "accounts/second_factor_needed.html", {"team": team}, status=403)


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
