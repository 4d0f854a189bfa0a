"""Sell lists: saved selections with floor prices, and the way from one to a draft."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Can, may, team_for
from accounts.limits import limited
from accounts.models import Membership
from dashboard.errors import UserError
from trades.models import SellDraft, SellList
from trades.services import sell_lists as services
from trades.services.inventory import Source, sources
from trades.views import sell_cards
from trades.views.sell_list_forms import (
    LineForm,
    MatchForm,
    NameForm,
    SaveForm,
    line_forms,
    wishes,
)

PAGE = "trades/sell_lists.html"
ONE_PAGE = "trades/sell_list.html"
MISSING_SHOWN = 3


@dataclass(frozen=True, slots=True)
class KeyChoice:
    pk: int
    label: str


@never_cache
@require_safe
def sell_lists(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    lists = SellList.objects.filter(team=membership.team).select_related("by")
    counted = lists.annotate(names=Count("lines"), items=Sum("lines__amount"))
    context = {
        "membership": membership,
        "lists": counted.order_by("name", "id"),
        "keys": _key_choices(membership),
        "may_sell": may(membership, Can.SELL),
    }
    return render(request, PAGE, context)


@never_cache
@require_safe
def sell_list(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    found = _list(membership, pk)
    form = NameForm(initial={"name": found.name})
    return _list_page(request, membership, found, form, line_forms(found, None))


@never_cache
@require_POST
def sell_list_edit(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SELL)
    found = _list(membership, pk)
    name_form, lines = NameForm(request.POST), line_forms(found, request.POST)
    if not all([name_form.is_valid(), *(form.is_valid() for form in lines)]):
        return _list_page(request, membership, found, name_form, lines)
    try:
        services.change(
            sell_list=found,
            by=membership.user,
            name=name_form.cleaned_data["name"],
            wishes=wishes(lines),
        )
    except UserError as refusal:
        name_form.add_error(None, refusal.sentence)
        return _list_page(request, membership, found, name_form, lines)
    messages.success(request, "The list is saved.")
    return redirect("sell-list", team, pk)


@never_cache
@require_POST
def sell_list_save(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.SELL)
    form = SaveForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give the list a name of at most 80 characters.")
        return redirect("sells", team)
    try:
        saved = _save(membership, form)
    except UserError as refusal:
        messages.error(request, refusal.sentence)
        return redirect("sells", team)
    messages.success(request, f"Saved as “{saved.name}”.")
    return redirect("sell-list", team, saved.pk)


@require_POST
def sell_list_delete(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SELL)
    found = _list(membership, pk)
    services.delete(sell_list=found, by=membership.user)
    messages.success(request, f"The list “{found.name}” is deleted.")
    return redirect("sell-lists", team)


@require_POST
@limited("match")
def sell_list_match(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SELL)
    found = _list(membership, pk)
    form = MatchForm(request.POST)
    try:
        if not form.is_valid():
            raise UserError("Choose a key that you may sell with.")
        key_id = form.cleaned_data["key"]
        picked = services.match(
            sell_list=found,
            by=membership.user,
            source=_source_of(membership, key_id),
            key_id=key_id,
        )
    except UserError as refusal:
        messages.error(request, refusal.sentence)
        return redirect("sell-lists", team)
    if picked.missing:
        messages.warning(request, _missing_text(picked))
    return redirect("sell-draft", team, picked.draft.pk)


def _list(membership: Membership, pk: int) -> SellList:
    return get_object_or_404(SellList.objects.filter(team=membership.team), pk=pk)


def _list_page(
    request: HttpRequest,
    membership: Membership,
    found: SellList,
    name_form: NameForm,
    lines: Sequence[LineForm],
) -> HttpResponse:
    context = {
        "membership": membership,
        "list": found,
        "form": name_form,
        "lines": lines,
        "keys": _key_choices(membership),
        "may_sell": may(membership, Can.SELL),
    }
    return render(request, ONE_PAGE, context, status=422 if name_form.is_bound else 200)


def _save(membership: Membership, form: SaveForm) -> SellList:
    name, by = form.cleaned_data["name"], membership.user
    if form.cleaned_data["sell"]:
        sells = sell_cards.readable(membership.team)
        sell = get_object_or_404(sells, pk=form.cleaned_data["sell"])
        return services.save_from_sell(request=sell, by=by, name=name)
    drafts = SellDraft.objects.filter(team=membership.team)
    draft = get_object_or_404(drafts, pk=form.cleaned_data["draft"] or 0)
    return services.save_from_draft(draft=draft, by=by, name=name)


def _key_choices(membership: Membership) -> list[KeyChoice]:
    if not may(membership, Can.SELL):
        return []
    return [
        KeyChoice(key.pk, f"{key.label} · {source.steamid64}")
        for source in sources(membership.team)
        for key in source.keys_for(membership.user)
    ]


def _source_of(membership: Membership, key_id: int) -> Source:
    for source in sources(membership.team):
        if any(key.pk == key_id for key in source.keys):
            return source
    raise UserError("Choose a key that you may sell with.")


def _missing_text(picked: services.Picked) -> str:
    """What the inventory could not give, the first few by name."""
    named = [f"{number} × {name}" for name, number in picked.missing[:MISSING_SHOWN]]
    more = len(picked.missing) - len(named)
    rest = f" and {more} more names" if more else ""
    return f"Not in the inventory, or not for sale now: {', '.join(named)}{rest}."
