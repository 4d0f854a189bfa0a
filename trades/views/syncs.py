"""The live card of one account, asking for a sync at once, and having seen a gap."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts.access import Can, account_for, team_for
from accounts.limits import limited
from dashboard.errors import UserError
from dashboard.htmx import wants_partial
from trades.services import gaps
from trades.services.syncs import sync_now as ask_for_sync
from trades.tasks import sync_account, wake
from trades.views import key_cards


@require_GET
def sync_card(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team)
    account = account_for(membership, pk)
    if not wants_partial(request):
        return redirect("keys", team)
    if not account.is_active:  # found to be the same as another one, which the page shows
        return HttpResponseClientRefresh()
    card = key_cards.card(membership, pk)
    context = {"membership": membership, "account": card, "is_poll": True}
    return render(request, f"{key_cards.PAGE}#sync-card", context)


@require_POST
@limited("sync")
def sync_now(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SYNC)
    account = account_for(membership, pk)
    try:
        ask_for_sync(account=account, by=membership.user)
    except UserError as refusal:
        return key_cards.answer(request, membership, pk, refusal.sentence, done=False)
    wake(sync_account, account.pk)
    sentence = f"{account.label} is synced now."
    return key_cards.answer(request, membership, pk, sentence, done=True)


@require_POST
def gap_acknowledge(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SYNC)
    account = account_for(membership, pk)
    begin = request.POST.get("gap", "")
    if gaps.acknowledge(account=account, begin=begin, by=membership.user):
        sentence = "The gap is marked as seen. It stays on record here."
        return key_cards.answer(request, membership, pk, sentence, done=True)
    sentence = "Somebody has marked it as seen before, or there is no such gap."
    return key_cards.answer(request, membership, pk, sentence, done=False)
