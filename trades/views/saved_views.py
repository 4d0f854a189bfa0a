"""Saved views of the history: the list of them, saving, renaming, sharing, the default."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import Can, may, team_for
from accounts.models import MarketAccount, Membership, User
from dashboard.errors import UserError
from trades import columns, queries
from trades.filters import Sort, TradeFilter
from trades.forms import TradeFilterForm
from trades.models import SavedView
from trades.services import saved_views as services
from trades.views.history_address import Address, address_of
from trades.views.history_chips import chips

PAGE = "trades/saved_views.html"
MOST_READ = 2 * services.LONGEST_QUERY


class Card(NamedTuple):
    view: SavedView
    url: str
    asks: list[str]
    columns: list[str]  # empty: the usual ones
    is_default: bool
    may_change: bool


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def saved_views(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    if request.method == "POST":
        return _save(request, membership)
    default = services.default_of(membership.team, membership.user_id)
    views = services.visible(membership.team, membership.user_id)
    accounts = queries.accounts_of(membership.team)
    context = {
        "membership": membership,
        "cards": [_card(membership, accounts, view, view == default) for view in views],
        "has_default": default is not None,
        "may_share": may(membership, Can.PEOPLE),
        **_new(request, membership, accounts),
    }
    return render(request, PAGE, context)


def _new(
    request: HttpRequest, membership: Membership, accounts: Sequence[MarketAccount]
) -> dict[str, Any]:
    """What the history was left with, to be given a name."""
    if not request.GET.get("save"):
        return {}
    query = _tidy(membership, accounts, request.GET)
    asks, shown = _in_words(membership, accounts, query)
    held = services.visible(membership.team, membership.user_id).filter(
        pk=request.GET["view"] if _is_id(request.GET.get("view", "")) else 0
    )
    return {"query": query, "asks": asks, "columns": shown, "opened": held.first()}


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _save(request: HttpRequest, membership: Membership) -> HttpResponse:
    accounts = queries.accounts_of(membership.team)
    asked = QueryDict(request.POST.get("query", "")[:MOST_READ])
    query = _tidy(membership, accounts, asked)
    try:
        view = services.save(
            team=membership.team,
            by=membership.user,
            name=request.POST.get("name", ""),
            query=query,
            is_shared=bool(request.POST.get("share")),
        )
    except UserError as refusal:
        messages.error(request, refusal.sentence)
        return redirect(f"{reverse('views', args=[membership.team.slug])}?save=1&{query}")
    messages.success(request, f"Saved as “{view.name}”.")
    return redirect(address_of(membership.team.slug, view))


def _tidy(membership: Membership, accounts: Sequence[MarketAccount], asked: QueryDict) -> str:
    """What the filter and the columns make of it: nothing else is kept."""
    shown = columns.chosen(asked.getlist(columns.PARAM))
    return Address(membership.team.slug, shown).query(_filter(membership, accounts, asked))


def _filter(
    membership: Membership, accounts: Sequence[MarketAccount], asked: QueryDict
) -> TradeFilter:
    zone = ZoneInfo(membership.team.time_zone)
    return TradeFilterForm(asked, zone=zone, accounts=accounts).wanted()


def _in_words(
    membership: Membership, accounts: Sequence[MarketAccount], query: str
) -> tuple[list[str], list[str]]:
    """What it asks for, and its columns where they are not the usual ones."""
    asked = QueryDict(query)
    wanted = _filter(membership, accounts, asked)
    shown = columns.chosen(asked.getlist(columns.PARAM))
    asks = [chip.text for chip in chips(wanted, accounts, Address(membership.team.slug))]
    if wanted.sort != Sort.CREATED or wanted.is_ascending:
        first = "lowest first" if wanted.is_ascending else "highest first"
        asks.append(f"by {Sort(wanted.sort).label.lower()}, {first}")
    return asks, [columns.BY_KEY[key].label for key in shown if shown != columns.DEFAULT]


def _card(
    membership: Membership, accounts: Sequence[MarketAccount], view: SavedView, is_default: bool
) -> Card:
    asks, shown = _in_words(membership, accounts, view.query)
    is_manager = may(membership, Can.PEOPLE)
    return Card(
        view=view,
        url=address_of(membership.team.slug, view),
        asks=asks,
        columns=shown,
        is_default=is_default,
        may_change=services.may_change(view, membership.user_id, is_manager=is_manager),
    )


@require_POST
def view_rename(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    def rename(view: SavedView, by: User) -> str:
        services.rename(view=view, by=by, name=request.POST.get("name", ""))
        return f"The view is called “{view.name}” now."

    return _done(request, team, pk, rename)


@require_POST
def view_share(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    def share(view: SavedView, by: User) -> str:
        services.share(view=view, by=by)
        return f"“{view.name}” is the team's view now."

    return _done(request, team, pk, share)


@require_POST
def view_unshare(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    def unshare(view: SavedView, by: User) -> str:
        services.unshare(view=view, by=by)
        return f"“{view.name}” is yours alone now."

    return _done(request, team, pk, unshare)


@require_POST
def view_delete(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    def delete(view: SavedView, by: User) -> str:
        services.delete(view=view, by=by)
        return f"The view “{view.name}” is deleted."

    return _done(request, team, pk, delete)


@require_POST
def view_default(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    def choose(view: SavedView, by: User) -> str:
        is_on = services.default_of(view.team, by.pk) == view
        services.make_default(view=None if is_on else view, team=view.team, by=by)
        if is_on:
            return "History opens with every trade again."
        return f"History opens with “{view.name}” from now on."

    return _done(request, team, pk, choose)


def _done(
    request: HttpRequest, team: str, pk: int, deed: Callable[[SavedView, User], str]
) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    views = services.visible(membership.team, membership.user_id)
    view = get_object_or_404(views, pk=pk)
    try:
        messages.success(request, deed(view, membership.user))
    except UserError as refusal:
        messages.error(request, refusal.sentence)
    if request.POST.get("from") == "history" and view.pk:
        return redirect(address_of(team, view))
    return redirect("views", team)
