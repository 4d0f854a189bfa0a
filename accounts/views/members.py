"""Deeds on members: another role, out, away, and ownership into other hands."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import services
from accounts.access import Can, member_to_change, team_for
from accounts.forms import HeirForm, RoleForm, YesForm
from accounts.models import Membership
from accounts.reauthentication import recently_authenticated
from accounts.views.asking import Ask, answered, sent

KEYS_STAY = (
    "Keys of this person stop being used at once. They stay theirs, sealed; the trades read with"
    " them stay in the team."
)


@require_http_methods(["GET", "POST"])
@recently_authenticated
def member_role(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.PEOPLE)
    member = member_to_change(membership, pk)
    form = RoleForm(sent(request), giver=membership, initial={"role": member.role})
    ask = Ask(
        title=f"Role of {member.user.email}",
        text="It holds from the next page that they open.",
        button="Change the role",
        back=_people(membership),
    )

    def deed() -> str:
        services.change_role(membership=member, role=form.cleaned_data["role"], by=membership.user)
        return f"{member.user.email} has another role now."

    return answered(request, membership, form, ask, deed)


@require_http_methods(["GET", "POST"])
@recently_authenticated
def member_remove(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.PEOPLE)
    member = member_to_change(membership, pk)
    ask = Ask(
        title=f"Remove {member.user.email}?",
        text=f"They see nothing of {membership.team.name} any more.",
        notice=KEYS_STAY,
        button="Remove from the team",
        back=_people(membership),
        is_grave=True,
    )

    def deed() -> str:
        stopped = services.remove_member(membership=member, by=membership.user)
        return f"{member.user.email} is out of the team. {_keys_stopped(stopped)}"

    after = reverse("home") if member.user_id == membership.user_id else ""
    return answered(request, membership, YesForm(sent(request)), ask, deed, after=after)


@require_http_methods(["GET", "POST"])
def team_leave(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team)
    ask = Ask(
        title=f"Leave {membership.team.name}?",
        text="You come back by an invitation alone.",
        notice="Your keys stop being used here at once. They stay yours, sealed.",
        button="Leave the team",
        back=_people(membership),
        is_grave=True,
    )

    def deed() -> str:
        services.leave_team(membership=membership)
        return f"You have left {membership.team.name}."

    return answered(request, membership, YesForm(sent(request)), ask, deed, after=reverse("home"))


@require_http_methods(["GET", "POST"])
@recently_authenticated
def team_hand_over(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.TEAM)
    form = HeirForm(sent(request), giver=membership)
    ask = Ask(
        title="Hand over ownership",
        text="The other becomes owner, and you a manager.",
        button="Hand over",
        back=_people(membership),
        is_grave=True,
    )

    def deed() -> str:
        heir = get_object_or_404(membership.team.memberships, pk=form.cleaned_data["heir"])
        services.hand_over(membership=heir, by=membership.user)
        return f"{membership.team.name} has another owner; you manage it."

    return answered(request, membership, form, ask, deed)


def _people(membership: Membership) -> str:
    return reverse("team", args=[membership.team.slug])


def _keys_stopped(count: int) -> str:
    if not count:
        return "None of their keys was in use."
    return f"{count} {'key is' if count == 1 else 'keys are'} not used any more."
