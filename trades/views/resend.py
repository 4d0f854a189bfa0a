"""A failed withdrawal is sent again: asked on a page of its own, done once by a worker."""

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import Can, team_for
from accounts.limits import limited
from accounts.models import Membership
from dashboard.errors import UserError
from dashboard.htmx import wants_partial
from trades.models import Trade
from trades.services.resending import awaits_the_list, may_be_resent, request_resend
from trades.tasks import step_resend, wake

PAGE = "trades/resend.html"


class ResendForm(forms.Form):
    """Nothing to type; the token makes one yes of a button that is pressed twice."""

    yes_token = forms.UUIDField(widget=forms.HiddenInput)


@require_http_methods(["GET", "POST"])
@limited("resend")
def trade_resend(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SELL)
    trade = get_object_or_404(
        Trade.objects.in_team(membership.team).select_related("account"), pk=pk
    )
    if request.method == "GET":
        form = ResendForm(initial={"yes_token": uuid.uuid4()})
        return _page(request, membership, trade, form)
    form = ResendForm(request.POST)
    if not form.is_valid():
        return _page(request, membership, trade, form)
    try:
        made = request_resend(
            trade=trade, by=membership.user, yes_token=form.cleaned_data["yes_token"]
        )
    except UserError as refusal:
        form.add_error(None, refusal.sentence)
        return _page(request, membership, trade, form)
    wake(step_resend, made.pk)
    messages.success(request, "It is sent again; how it goes on shows here.")
    address = reverse("trade", args=[team, pk])
    return HttpResponseClientRedirect(address) if wants_partial(request) else redirect(address)


def _page(
    request: HttpRequest, membership: Membership, trade: Trade, form: ResendForm
) -> HttpResponse:
    name = f"{PAGE}#resend-form" if wants_partial(request) else PAGE
    context = {
        "membership": membership,
        "trade": trade,
        "form": form,
        "can_be_sent": may_be_resent(trade) and not awaits_the_list(trade),
    }
    return render(request, name, context, status=422 if form.is_bound else 200)
