"""Sells: what a team agreed to, each with a live card, and what to do about those that stopped."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, retarget

from accounts.access import Can, may, team_for
from accounts.models import Membership
from dashboard import clock
from dashboard.errors import UserError
from dashboard.htmx import wants_partial
from trades.models import Phase, SellDraft, SellRequest, SellState
from trades.paging import page_of
from trades.refusals import Mend
from trades.services.mending import sell_again as make_drafts_again
from trades.services.selling import LONGEST_REASON, free_claims
from trades.views import sell_cards
from trades.views.live import asks_by_itself, nothing_new, watch

PAGE = "trades/sells.html"
ONE_PAGE = "trades/sell.html"
FREE_PAGE = "trades/sell_free.html"
STATE = "sell-state"
PAGE_SIZE = 20
MOST_UNRESOLVED = 100
DRAFTS_SHOWN = 5
DRAFTS_KEPT = timedelta(days=1)  # an older selection is forgotten here, its prices long are
ITEM_LINES = 1000


class FreeForm(forms.Form):
    reason = forms.CharField(
        label="Why nothing will come of it",
        max_length=LONGEST_REASON,
        help_text="Kept in the team's audit, with your name.",
    )


class AgainForm(forms.Form):
    mode = forms.ChoiceField(choices=[(mend.value, mend.value) for mend in Mend])


@never_cache
@require_safe
def sells(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    all_of_them = sell_cards.readable(membership.team)
    resolved = all_of_them.exclude(state=SellState.UNKNOWN).annotate(sort_at=F("created_at"))
    page = page_of(resolved, request.GET.get("page", ""), size=PAGE_SIZE)
    open_questions = list(_unresolved(all_of_them)) if page.is_first else []
    shown = sell_cards.cards(request, membership, [*open_questions, *page.rows])
    address = reverse("sells", args=[team])
    context = {
        "membership": membership,
        "unresolved": shown[: len(open_questions)],
        "cards": shown[len(open_questions) :],
        "drafts": _drafts(membership) if page.is_first else [],
        "is_page_one": page.is_first,
        "newest_url": address,
        "newer_url": f"{address}?page={page.newer}" if page.newer else "",
        "older_url": f"{address}?page={page.older}" if page.older else "",
        "may_sell": may(membership, Can.SELL),
        "may_set_defaults": may(membership, Can.PEOPLE),
    }
    return render(request, PAGE, context)


@never_cache
@require_safe
def sell_card(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    found = _sell(membership, pk)
    if not wants_partial(request):
        return redirect("sell", team, pk)
    _watch(found)
    card = sell_cards.cards(request, membership, [found])[0]
    context = {"membership": membership, "card": card}
    return _only_older(request, context, f"{PAGE}#sell-age") or render(
        request, f"{PAGE}#sell-card", context
    )


@never_cache
@require_safe
def sell(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    found = _sell(membership, pk)
    _watch(found)
    card = sell_cards.cards(request, membership, [found], most_lines=ITEM_LINES)[0]
    context = {
        "membership": membership,
        "card": card,
        "request_row": found,
        "may_sell": may(membership, Can.SELL),
    }
    return _only_older(request, context, f"{ONE_PAGE}#sell-age") or render(
        request, f"{ONE_PAGE}#{STATE}" if wants_partial(request) else ONE_PAGE, context
    )


@never_cache
@require_http_methods(["GET", "POST"])
def sell_free(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.KEYS_ANY)
    found = _sell(membership, pk)
    form = FreeForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _free_page(request, membership, found, form)
    try:
        free_claims(request=found, by=membership.user, reason=form.cleaned_data["reason"])
    except UserError as refusal:
        form.add_error(None, refusal.sentence)
        return _free_page(request, membership, found, form)
    messages.success(request, "The items are free: they can be sold again.")
    return _go_to(request, reverse("sell", args=[team, pk]))


@require_POST
def sell_again(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SELL)
    found = _sell(membership, pk)
    form = AgainForm(request.POST)
    try:
        if not form.is_valid():
            raise UserError("Choose how to go on.")
        mend = Mend(form.cleaned_data["mode"])
        drafts = make_drafts_again(request=found, by=membership.user, mend=mend)
    except UserError as refusal:
        messages.error(request, refusal.sentence)
        return _go_to(request, reverse("sell", args=[team, pk]))
    if len(drafts) > 1:
        messages.success(
            request, "Split in two: this is the first half, the other one waits under Sells."
        )
    return _go_to(request, reverse("sell-draft", args=[team, drafts[0].pk]))


def _only_older(
    request: HttpRequest, context: dict[str, Any], age_part: str
) -> HttpResponse | None:
    """What a poll gets when the sell stands as it did; None when there is more to say.

    204 while the age reads the same too; else the age by itself, in the place of the old one, so
    that nothing else of the card moves.
    """
    card: sell_cards.Card = context["card"]
    asker = f"sell-age-{card.pk}"
    if nothing_new(request, asker, card.seen_age):
        return HttpResponse(status=204)
    if asks_by_itself(request, asker) and _state_shown(request) == card.seen:
        return retarget(render(request, age_part, context), f"#{asker}")
    return None


def _state_shown(request: HttpRequest) -> str:
    return request.GET.get("seen", "").partition("-")[0]


def _sell(membership: Membership, pk: int) -> SellRequest:
    return get_object_or_404(sell_cards.readable(membership.team), pk=pk)


def _watch(request: SellRequest) -> None:
    """Frozen money moves once a week, and its card asks too rarely to count as an open page."""
    if request.trade and request.trade.phase == Phase.OPEN:
        watch(request.trade)


def _unresolved(requests: QuerySet[SellRequest]) -> QuerySet[SellRequest]:
    """Oldest first: those have waited longest."""
    return requests.filter(state=SellState.UNKNOWN).order_by("state_at", "id")[:MOST_UNRESOLVED]


def _drafts(membership: Membership) -> list[SellDraft]:
    """The person's own selections that wait for a yes."""
    drafts = SellDraft.objects.filter(
        team=membership.team, by=membership.user_id, created_at__gte=clock.now() - DRAFTS_KEPT
    ).exclude(state=SellDraft.State.SOLD)
    return list(drafts.annotate(count=Count("items")).order_by("-id")[:DRAFTS_SHOWN])


def _free_page(
    request: HttpRequest, membership: Membership, found: SellRequest, form: FreeForm
) -> HttpResponse:
    card = sell_cards.cards(request, membership, [found])[0]
    name = f"{FREE_PAGE}#free-form" if wants_partial(request) else FREE_PAGE
    context = {"membership": membership, "card": card, "form": form}
    return render(request, name, context, status=422 if form.is_bound else 200)


def _go_to(request: HttpRequest, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if wants_partial(request) else redirect(address)
