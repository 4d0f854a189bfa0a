"""The inventory: what Steam shows of the team's items, and choosing what to sell of it."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, push_url

from accounts.access import Can, may, team_for
from accounts.limits import limited
from accounts.models import KeyState, Membership, UpstreamKey
from dashboard.errors import UserError
from dashboard.htmx import wants_partial
from dashboard.templatetags.ui import count_text
from trades.models import SellDraft
from trades.services import stock
from trades.services.inventory import Source, request_refresh, sources
from trades.services.matching import MOST_ITEMS, DraftAsset, make_draft
from trades.views import stock_parts
from trades.views.basket import Basket, amounts_in
from trades.views.live import asks_by_itself, digest, nothing_new
from trades.views.pictures import WITHOUT_PICTURES, shows_pictures
from trades.views.stock_parts import PAGE_SIZE, Asked, asked_by, basket_of

PAGE = "trades/inventory.html"
STATE, LIST, COUNT = "stock-state", "stock", "chosen-count"
TO_PAGE = "page:"


@never_cache
@require_safe
def inventory(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    found = sources(membership.team)
    if not found:
        return render(request, PAGE, _nothing_to_show(membership))
    asked = asked_by(membership, request.GET, found)
    context = _context(request, membership, found, asked)
    if nothing_new(request, STATE, context["seen"]):
        return HttpResponse(status=204)
    part = STATE if asks_by_itself(request, STATE) else LIST
    name = f"{PAGE}#{part}" if wants_partial(request) else PAGE
    response = render(request, name, context)
    if part == LIST and wants_partial(request):
        push_url(response, asked.address())
    return response


@never_cache
@require_POST
def inventory_choose(request: HttpRequest, team: str) -> HttpResponse:
    """Keep what was chosen, then do what the pressed button says."""
    membership = team_for(request, team, need=Can.SELL)
    found = sources(membership.team)
    if not found:
        return redirect("inventory", team)
    asked = asked_by(membership, request.POST, found)
    basket = basket_of(request, asked)
    basket.take(amounts_in(request.POST))
    deed = request.POST.get("do", "")
    if deed == "draft":
        return _drafted(request, membership, asked, basket)
    if deed in {"all", "none"}:
        _choose_all_or_none(request, asked, basket, takes_all=deed == "all")
    if deed.startswith(TO_PAGE) or deed == "look":
        wanted = {**request.POST.dict(), "page": deed.removeprefix(TO_PAGE)}
        asked = asked_by(membership, _query_dict(wanted), found)
    return _after_choosing(request, membership, found, asked, is_count_enough=not deed)


@require_POST
@limited("sync")
def inventory_refresh(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.SYNC)
    found = sources(membership.team)
    if not found:
        return redirect("inventory", team)
    asked = asked_by(membership, request.POST, found)
    shelf = asked.shelf
    try:
        request_refresh(
            team=membership.team,
            steamid64=shelf.source.steamid64,
            app_id=shelf.app_id,
            by=membership.user,
        )
    except UserError as refusal:
        messages.error(request, refusal.sentence)
    if not wants_partial(request):
        return redirect(asked.address())
    context = _context(request, membership, found, asked)
    context |= {"brings_messages": True, "brings_list": not context["totals"].total}
    return render(request, f"{PAGE}#{STATE}", context)


@require_POST
def inventory_pictures(request: HttpRequest, team: str) -> HttpResponse:
    """Each person's own switch, for their session."""
    membership = team_for(request, team, need=Can.READ)
    request.session[WITHOUT_PICTURES] = request.POST.get("show") != "yes"
    found = sources(membership.team)
    if not found:
        return redirect("inventory", team)
    return redirect(asked_by(membership, request.POST, found).address())


def _query_dict(params: dict[str, Any]) -> QueryDict:
    wanted = QueryDict(mutable=True)
    wanted.update(params)
    return wanted


def _nothing_to_show(membership: Membership) -> dict[str, Any]:
    keys = UpstreamKey.objects.filter(account__team=membership.team)
    return {
        "membership": membership,
        "may_add": may(membership, Can.KEYS_OWN),
        "has_keys": keys.exclude(state=KeyState.REMOVED).exists(),
    }


def _context(
    request: HttpRequest, membership: Membership, found: Sequence[Source], asked: Asked
) -> dict[str, Any]:
    shelf = asked.shelf
    inventories = stock.inventories_of(membership.team, shelf.source.steamid64)
    here = [one for one in inventories if one.app_id == shelf.app_id]
    held = asked.counts.get(shelf.app_id, 0)
    state = stock_parts.read_state(here, held)
    tabs = stock_parts.tabs(asked, inventories)
    seen = digest(state, tabs)
    return {
        "membership": membership,
        "asked": asked,
        "sources": found,
        "tabs": tabs,
        "state": state,
        "seen": seen,
        "poll_url": asked.address(seen=seen, read=state.read_sign),
        "brings_list": asks_by_itself(request, STATE)
        and (not held or request.GET.get("read") != state.read_sign),
        "sorts": stock_parts.SORTS,
        "may_refresh": may(membership, Can.SYNC),
        "may_sell": may(membership, Can.SELL),
        "pictures": shows_pictures(request),
        **_list_context(request, asked),
        **_bar_context(request, membership, asked),
    }


def _list_context(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    items = stock.matching(asked.shelf, asked.text)
    totals = stock.totals(asked.shelf, items)
    pages = max(1, -(-totals.names // PAGE_SIZE))
    page = min(asked.page, pages)
    first = (page - 1) * PAGE_SIZE
    groups = list(stock.groups(asked.shelf, items, asked.sort)[first : first + PAGE_SIZE])
    basket = basket_of(request, asked)
    pictures = shows_pictures(request)
    return {
        "rows": stock_parts.rows(asked, groups, basket, pictures=pictures),
        "totals": totals,
        "counted": _counted(totals),
        "page": page,
        "pages": pages,
        "newer_page": page - 1,
        "older_page": page + 1 if page < pages else 0,
        "newer_url": asked.address(page=str(page - 1)),
        "older_url": asked.address(page=str(page + 1)),
    }


def _counted(totals: stock.Totals) -> str:
    items = "1 item" if totals.total == 1 else f"{count_text(totals.total)} items"
    names = "1 name" if totals.names == 1 else f"{count_text(totals.names)} names"
    return f"{items} of {names}, {count_text(totals.free)} can be sold"


def _bar_context(request: HttpRequest, membership: Membership, asked: Asked) -> dict[str, Any]:
    basket = basket_of(request, asked)
    return {
        "chosen_items": basket.items_count,
        "chosen_names": len(basket),
        "is_too_much": basket.items_count > MOST_ITEMS,
        "most_items": MOST_ITEMS,
        "keys": asked.shelf.source.keys_for(membership.user),
        "key_chosen": request.POST.get("key", ""),
    }


def _choose_all_or_none(
    request: HttpRequest, asked: Asked, basket: Basket, *, takes_all: bool
) -> None:
    """Of everything under the search, on whatever page it is."""
    free = stock.free_by_name(asked.shelf, stock.matching(asked.shelf, asked.text))
    if not takes_all:
        basket.take(dict.fromkeys(free, 0) if asked.text else dict.fromkeys(basket, 0))
        return
    room = MOST_ITEMS - sum(each for name, each in basket.amounts.items() if name not in free)
    wanted: dict[str, int] = {}
    for name, number in free.items():
        wanted[name] = min(number, max(room, 0))
        room -= wanted[name]
    basket.take(wanted)
    if sum(free.values()) > sum(wanted.values()):
        messages.warning(
            request, f"One sell takes {count_text(MOST_ITEMS)} items: no more were chosen."
        )


def _after_choosing(
    request: HttpRequest,
    membership: Membership,
    found: Sequence[Source],
    asked: Asked,
    *,
    is_count_enough: bool,
) -> HttpResponse:
    if not wants_partial(request):
        return redirect(asked.address())
    if is_count_enough:
        context = {"membership": membership, "asked": asked}
        context |= _bar_context(request, membership, asked)
        return render(request, f"{PAGE}#{COUNT}", context)
    context = _context(request, membership, found, asked) | {"brings_messages": True}
    response = render(request, f"{PAGE}#{LIST}", context)
    return push_url(response, asked.address())


def _drafted(
    request: HttpRequest, membership: Membership, asked: Asked, basket: Basket
) -> HttpResponse:
    try:
        draft = _make_draft(request, membership, asked, basket)
    except UserError as refusal:
        messages.error(request, refusal.sentence)
        found = sources(membership.team)
        return _after_choosing(request, membership, found, asked, is_count_enough=False)
    basket.clear()
    if wants_partial(request):
        return HttpResponseClientRedirect(reverse("sell-draft", args=[asked.slug, draft.pk]))
    return redirect("sell-draft", asked.slug, draft.pk)


def _make_draft(
    request: HttpRequest, membership: Membership, asked: Asked, basket: Basket
) -> SellDraft:
    key = _key_chosen(request, membership, asked)
    if not basket:
        raise UserError("Choose at least one item first.")
    assets = stock.pick(asked.shelf, basket.amounts)
    if not assets:
        raise UserError("None of the chosen items can be sold now.")
    draft = make_draft(
        team=membership.team,
        by=membership.user,
        key=key,
        steamid64=asked.shelf.source.steamid64,
        game_id=asked.shelf.app_id,
        items=[
            DraftAsset(
                context_id=asset.context_id,
                asset_id=asset.asset_id,
                name=asset.name,
                floor_milli=basket[asset.name].floor_milli,
            )
            for asset in assets
        ],
    )
    missing = basket.items_count - len(assets)
    if missing > 0:
        things = "item is" if missing == 1 else "items are"
        messages.warning(
            request, f"{count_text(missing)} chosen {things} left out: not there to sell any more."
        )
    return draft


def _key_chosen(request: HttpRequest, membership: Membership, asked: Asked) -> UpstreamKey:
    keys = asked.shelf.source.keys_for(membership.user)
    if not keys:
        raise UserError("You may sell with no key of this Steam account.")
    asked_id = request.POST.get("key", "")
    chosen = next((key for key in keys if str(key.pk) == asked_id), None)
    if chosen is None and (asked_id or len(keys) > 1):
        raise UserError("Choose the key to sell with.")
    return chosen or keys[0]
