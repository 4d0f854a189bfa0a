"""Inviting, and walking through the door."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts import services
from accounts.access import Can, invitation_for, team_for
from accounts.forms import InvitationForm
from accounts.models import Membership
from accounts.reauthentication import recently_authenticated
from accounts.services.invitations import SHUT
from accounts.views.asking import Ask, ask_page, sent
from dashboard.errors import UserError


@require_http_methods(["GET", "POST"])
@recently_authenticated
def invitation_add(request: HttpRequest, team: str) -> HttpResponse:
    """The link is in the answer to the POST and nowhere else, so that it is shown once."""
    membership = team_for(request, team, need=Can.PEOPLE)
    form = InvitationForm(sent(request))
    if not form.is_valid():
        return _form_page(request, membership, form)
    try:
        return _invited(request, membership, **form.cleaned_data)
    except UserError as refusal:
        form.add_error(None, refusal.sentence)
        return _form_page(request, membership, form)


@require_POST
@recently_authenticated
def invitation_revoke(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.PEOPLE)
    services.revoke_invitation(invitation=invitation_for(membership, pk), by=membership.user)
    messages.success(request, "The invitation is revoked; its link opens nothing.")
    return redirect("team", team)


@login_not_required
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing: mail programs look at links too."""
    found = services.open_invitation(token)
    after = urlencode({"next": request.path})
    context = {"invitation": found, "after": after, "refusal": "" if found else SHUT}
    if request.method == "POST" and found:
        if not request.user.is_authenticated:
            return redirect("invitation", token)
        try:
            joined = services.accept_invitation(token=token, user=request.user)
        except UserError as refusal:
            context["refusal"] = refusal.sentence
        else:
            messages.success(request, f"Welcome to {joined.team.name}.")
            return redirect("team-home", joined.team.slug)
    status = 422 if found and context["refusal"] else 200 if found else 404
    return render(request, "accounts/invitation.html", context, status=status)


def _invited(
    request: HttpRequest, membership: Membership, *, role: str, email: str, by_mail: bool, days: int
) -> HttpResponse:
    by = membership.user
    door = services.invite(team=membership.team, role=role, by=by, email=email, days=days)
    link = request.build_absolute_uri(reverse("invitation", args=[door.token]))
    if by_mail:
        services.mail_invitation(door=door, link=link, by=by)
        messages.success(request, f"The invitation is on its way to {door.invitation.email}.")
        return redirect("team", membership.team.slug)
    context = {"membership": membership, "invitation": door.invitation, "link": link}
    return render(request, "accounts/invitation_made.html", context)


def _form_page(request: HttpRequest, membership: Membership, form: InvitationForm) -> HttpResponse:
    ask = Ask(
        title="Invite somebody",
        text="The link opens the team once, for one person.",
        button="Invite",
        back=reverse("team", args=[membership.team.slug]),
    )
    return ask_page(request, membership, form, ask)
