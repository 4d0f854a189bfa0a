"""The way in, and the person's own page."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import services, zones
from accounts.access import has_second_factor
from accounts.forms import TimeZoneForm
from accounts.middleware import LAST_TEAM
from accounts.models import Membership, User


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the team looked at last, else the first one; a person without teams to their own page."""
    slugs = [membership.team.slug for membership in _memberships(request)]
    last = request.session.get(LAST_TEAM)
    if not slugs:
        return redirect("me")
    return redirect("team-home", last if last in slugs else slugs[0])


@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    user = cast("User", request.user)
    form = TimeZoneForm(
        request.POST if request.method == "POST" else None, initial={"time_zone": user.time_zone}
    )
    if request.method == "POST" and form.is_valid():
        services.set_time_zone(user=user, name=form.cleaned_data["time_zone"])
        messages.success(request, "Your time zone is saved.")
        return redirect("me")
    status = 422 if request.method == "POST" else 200
    context = {
        "form": form,
        "zones": zones.options_html(),
        "memberships": _memberships(request),
        "has_second_factor": has_second_factor(user.pk),
    }
    return render(request, "accounts/me.html", context, status=status)


def _memberships(request: HttpRequest) -> list[Membership]:
    """In the order of joining, so that the desk made at sign-up comes first."""
    user = cast("User", request.user)
    return list(user.memberships.select_related("team").order_by("id"))
