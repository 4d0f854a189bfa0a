"""A team's own pages: who is in it, what each role may, its settings, its end."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from accounts import access, services
from accounts.access import Can, may, team_for
from accounts.forms import TeamNameForm, TeamSettingsForm
from accounts.models import Invitation, Membership, User
from accounts.reauthentication import recently_authenticated
from accounts.views.asking import Ask, answered, sent


@require_GET
def team(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team)
    may_invite = may(membership, Can.PEOPLE)
    context = {
        "membership": membership,
        "members": _members(membership),
        "invitations": _open_invitations(membership) if may_invite else (),
        "may_invite": may_invite,
        "may_audit": may(membership, Can.AUDIT),
        "may_set": may(membership, Can.TEAM),
    }
    return render(request, "accounts/team.html", context)


@require_GET
def team_roles(request: HttpRequest, team: str) -> HttpResponse:
    context = {"membership": team_for(request, team), "matrix": access.matrix()}
    return render(request, "accounts/roles.html", context)


@require_http_methods(["GET", "POST"])
@recently_authenticated
def team_settings(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.TEAM)
    current = membership.team
    settings = ("name", "time_zone", "requires_second_factor")
    initial = {name: getattr(current, name) for name in settings}
    form = TeamSettingsForm(sent(request), initial=initial)
    ask = Ask(
        title="Team settings",
        text="The address of the team's pages stays as it is.",
        button="Save the settings",
        back=reverse("team", args=[team]),
    )

    def deed() -> str:
        required = form.cleaned_data["requires_second_factor"]
        services.set_second_factor_required(team=current, required=required, by=membership.user)
        zone = form.cleaned_data["time_zone"]
        services.set_accounting_zone(team=current, name=zone, by=membership.user)
        services.rename_team(team=current, name=form.cleaned_data["name"], by=membership.user)
        return "The settings are saved."

    return answered(request, membership, form, ask, deed)


@require_http_methods(["GET", "POST"])
def team_new(request: HttpRequest) -> HttpResponse:
    form = TeamNameForm(sent(request))
    ask = Ask(
        title="New team",
        text="You own it, and may invite others. Keys and trades are never shared between teams.",
        button="Make the team",
        back=reverse("home"),
    )
    user = cast("User", request.user)

    def deed() -> str:
        made = services.create_team(name=form.cleaned_data["name"], owner=user)
        request.session["last_team"] = made.slug
        return f"{made.name} is made."

    return answered(request, None, form, ask, deed)


def _members(membership: Membership) -> list[dict[str, object]]:
    members = membership.team.memberships.select_related("user").order_by("user__email")
    return [
        {
            "pk": each.pk,
            "email": each.user.email,
            "is_self": each.pk == membership.pk,
            "role": each.get_role_display(),
            "since": each.created_at,
            "may_change": access.may_change_member(membership, each),
        }
        for each in members
    ]


def _open_invitations(membership: Membership) -> list[Invitation]:
    rows = membership.team.invitations.still_open().select_related("invited_by")
    return list(rows.order_by("expires_at"))
