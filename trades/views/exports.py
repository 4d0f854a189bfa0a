"""Exports: the filtered history as a file, small ones at once, large ones made by a worker."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Can, team_for
from accounts.limits import limited
from accounts.models import MarketAccount, Membership
from accounts.reauthentication import recently_authenticated
from dashboard import clock
from dashboard.errors import UserError
from dashboard.htmx import wants_partial
from dashboard.templatetags.ui import count_text, moment_text
from trades import columns, queries
from trades.exports.formats import CONTENT_TYPES
from trades.filters import TradeFilter
from trades.forms import TradeFilterForm
from trades.models import Direction, Export, ExportFormat, ExportState, Phase
from trades.models.export import UNFINISHED
from trades.services import exporting
from trades.services.exporting import Order
from trades.tasks import make_export, wake
from trades.views.export_forms import TAX_YEAR, ExportForm
from trades.views.history_chips import Chip, chips

PAGE = "trades/exports.html"
NEW_PAGE = "trades/export_new.html"
FRAGMENT = "export-list"
POLL_SECONDS = 2
SHOWN = 20
YEARS_OFFERED = 3
_STATE_CLASSES = {
    ExportState.READY: "is-good",
    ExportState.FAILED: "is-bad",
    ExportState.CANCELLED: "is-none",
}


@dataclass(frozen=True, slots=True)
class Card:
    export: Export
    is_unfinished: bool
    is_ready: bool
    state_class: str
    progress: str
    expires: str
    chips: list[Chip]


@never_cache
@require_safe
def exports(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.EXPORT)
    cards = _cards(membership)
    context = {
        "membership": membership,
        "cards": cards,
        "years": list(_years(membership)),
        "is_live": any(card.is_unfinished for card in cards),
        "poll_seconds": POLL_SECONDS,
    }
    return render(request, f"{PAGE}#{FRAGMENT}" if wants_partial(request) else PAGE, context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@recently_authenticated
@limited("export")
def export_new(request: HttpRequest, team: str) -> HttpResponseBase:
    membership = team_for(request, team, need=Can.EXPORT)
    accounts = queries.accounts_of(membership.team)
    asked = TradeFilterForm(
        request.GET, zone=ZoneInfo(membership.team.time_zone), accounts=accounts
    )
    wanted = asked.wanted()
    form = ExportForm(
        request.POST or None,
        preset=request.GET.get("preset", ""),
        shown=request.GET.getlist(columns.PARAM),
    )
    if request.method == "POST" and form.is_valid() and not asked.sentences():
        order = _order(membership, wanted, form)
        try:
            return _served(request, membership, order, accounts)
        except UserError as refusal:
            form.add_error(None, refusal.sentence)
    context = _new_context(membership, wanted, accounts)
    return render(request, NEW_PAGE, context | {"form": form, "sentences": asked.sentences()})


@never_cache
@require_safe
@recently_authenticated
def export_file(request: HttpRequest, team: str, pk: int) -> HttpResponseBase:
    membership = team_for(request, team, need=Can.EXPORT)
    export = _own(membership, pk)
    if export.state != ExportState.READY:
        messages.error(request, "This file is not there: it is not ready, or was thrown away.")
        return redirect("exports", team)
    response = _attachment(exporting.order_of(export), exporting.file_of(export))
    response["Content-Length"] = str(export.size_bytes)
    return response


@never_cache
@require_POST
def export_withdraw(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.EXPORT)
    exporting.withdraw(_own(membership, pk), by=membership.user)
    messages.success(request, "The export is gone.")
    return redirect("exports", team)


def _own(membership: Membership, pk: int) -> Export:
    """A file is its asker's alone: to everybody else there is none."""
    found = Export.objects.filter(team=membership.team, by=membership.user)
    return get_object_or_404(found, pk=pk, expires_at__gt=clock.now())


def _order(membership: Membership, wanted: TradeFilter, form: ExportForm) -> Order:
    return Order(
        team=membership.team,
        wanted=wanted,
        columns=form.chosen(),
        form=form.cleaned_data["format"],
        has_preface=form.cleaned_data["preface"],
        zone=membership.team.time_zone,
    )


def _served(
    request: HttpRequest, membership: Membership, order: Order, accounts: list[MarketAccount]
) -> HttpResponseBase:
    trades = queries.matching(membership.team, order.wanted, accounts)
    _, is_small = queries.count_matching(trades)
    if is_small:
        return _attachment(order, exporting.at_once(order, by=membership.user))
    with transaction.atomic():
        export = exporting.ask(order, by=membership.user)
        wake(make_export, export.pk)
    messages.success(request, "The file is being made. It will stand here when it is ready.")
    return redirect("exports", membership.team.slug)


def _attachment(order: Order, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    form = ExportFormat(order.form)
    response = StreamingHttpResponse(pieces, content_type=CONTENT_TYPES[form])
    name = f"sellside-{order.team.slug}-{timezone.localdate()}.{form.value}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _new_context(
    membership: Membership, wanted: TradeFilter, accounts: list[MarketAccount]
) -> dict[str, Any]:
    trades = queries.matching(membership.team, wanted, accounts)
    number, is_exact = queries.count_matching(trades)
    slug = membership.team.slug
    return {
        "membership": membership,
        "counted": count_text(number),
        "is_small": is_exact,
        "chips": _chips(slug, wanted, accounts),
        "history_url": f"{reverse('history', args=[slug])}?{wanted.query()}",
        "address": f"{reverse('export-new', args=[slug])}?{wanted.query()}",
        "days_zone": membership.team.time_zone,
        "kept_hours": int(exporting.KEPT.total_seconds() // 3600),
    }


def _chips(slug: str, wanted: TradeFilter, accounts: list[MarketAccount]) -> list[Chip]:
    path = reverse("export-new", args=[slug])
    return chips(wanted, accounts, lambda narrowed: f"{path}?{narrowed.query()}")


def _cards(membership: Membership) -> list[Card]:
    found = Export.objects.filter(
        team=membership.team, by=membership.user, expires_at__gt=clock.now()
    )
    accounts = queries.accounts_of(membership.team)
    return [_card(export, membership, accounts) for export in found.order_by("-created_at")[:SHOWN]]


def _card(export: Export, membership: Membership, accounts: list[MarketAccount]) -> Card:
    wanted = TradeFilter.from_params(export.params, ZoneInfo(export.zone))
    return Card(
        export=export,
        is_unfinished=export.state in UNFINISHED,
        is_ready=export.state == ExportState.READY,
        state_class=_STATE_CLASSES.get(ExportState(export.state), "is-wait"),
        progress=_progress(export),
        expires=moment_text(export.expires_at),
        chips=_chips(membership.team.slug, wanted, accounts),
    )


def _progress(export: Export) -> str:
    if export.rows_total is None:
        return "not begun yet"
    if export.state == ExportState.READY:
        return f"{count_text(export.rows_done)} rows, {_size(export.size_bytes)}"
    return f"{count_text(export.rows_done)} of {count_text(export.rows_total)} rows"


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 100_000 else f"{number / 1e3:.1f} kB"


def _years(membership: Membership) -> Iterator[tuple[int, str]]:
    """The tax years to offer: what was sold and settled in each, by the team's days."""
    this = clock.now().astimezone(ZoneInfo(membership.team.time_zone)).year
    path = reverse("export-new", args=[membership.team.slug])
    for year in range(this, this - YEARS_OFFERED, -1):
        wanted = TradeFilter(
            directions=(Direction.SELL.value,),
            phases=(Phase.DONE.value,),
            since=date(year, 1, 1),
            until=date(year, 12, 31),
            is_ascending=True,
        )
        yield year, f"{path}?{wanted.query(preset=TAX_YEAR)}"
