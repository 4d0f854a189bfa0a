"""Rows of a market that could not be read, and statuses that no document names."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Can, account_for, may, team_for
from accounts.limits import limited
from accounts.models import MarketAccount
from dashboard.templatetags.ui import ago_html, count_text
from trades.filters import KNOWN_STATUSES, OTHER_STATUSES, TradeFilter
from trades.models import BadRecord, DayStat, Direction, Trade
from trades.services.syncs import read_bad_rows_again
from trades.views.raw_text import raw_text

PAGE = "trades/bad_rows.html"
ROWS_SHOWN = 50
RAW_SHOWN = 20_000


@dataclass(frozen=True, slots=True)
class BadRow:
    pk: int
    upstream_id: str
    reason: str
    first_seen: str  # markup
    last_seen: str  # markup
    raw: str
    held_pk: int | None  # our trade in an older state
    held_status: str
    waits: bool


@dataclass(frozen=True, slots=True)
class UnknownStatus:
    status: str
    count: str


@require_safe
def bad_rows(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    account = account_for(membership, pk)
    waiting = BadRecord.objects.filter(account=account)
    before = request.GET.get("before", "")
    rows = list(_page(waiting, before))
    shown = _shown(account, rows[:ROWS_SHOWN])
    context = {
        "membership": membership,
        "account": account,
        "count": waiting.count(),
        "rows": shown,
        "next_before": shown[-1].pk if len(rows) > ROWS_SHOWN else None,
        "unknown": unknown_statuses(account),
        "unknown_query": _unknown_query(account),
        "may_ask": may(membership, Can.SYNC) and waiting.exclude(upstream_id="").exists(),
    }
    return render(request, PAGE, context)


@require_POST
@limited("sync")
def bad_rows_again(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SYNC)
    account = account_for(membership, pk)
    count = read_bad_rows_again(account=account, by=membership.user)
    rows = "1 trade is" if count == 1 else f"{count_text(count)} trades are"
    messages.success(request, f"{rows} asked for again in a moment.")
    return redirect("bad-rows", team, pk)


def unknown_statuses(account: MarketAccount) -> list[UnknownStatus]:
    """As they came, and how many sells bear each."""
    totals = DayStat.objects.filter(account=account).exclude(status__in=KNOWN_STATUSES)
    rows = totals.values_list("status").annotate(sells=Sum("count")).order_by("-sells", "status")
    return [
        UnknownStatus(status or "(empty)", count_text(count)) for status, count in rows if count
    ]


def _unknown_query(account: MarketAccount) -> str:
    wanted = TradeFilter(
        accounts=(account.pk,), statuses=(OTHER_STATUSES,), directions=(Direction.SELL,)
    )
    return wanted.query()


def _page(waiting: QuerySet[BadRecord], before: str) -> QuerySet[BadRecord]:
    """Newest first; one more than is shown tells whether there are more."""
    if before.isdecimal() and len(before) < 19:
        waiting = waiting.filter(pk__lt=int(before))
    return waiting.order_by("-pk")[: ROWS_SHOWN + 1]


def _shown(account: MarketAccount, rows: Sequence[BadRecord]) -> list[BadRow]:
    ids = [row.upstream_id for row in rows if row.upstream_id]
    held = Trade.objects.filter(account=account, upstream_id__in=ids)
    columns = held.values_list("upstream_id", "pk", "status")
    found = {upstream_id: (pk, status) for upstream_id, pk, status in columns}
    return [_row(row, found.get(row.upstream_id)) for row in rows]


def _row(row: BadRecord, held: tuple[int, str] | None) -> BadRow:
    held_pk, held_status = held or (None, "")
    return BadRow(
        pk=row.pk,
        upstream_id=row.upstream_id,
        reason=row.reason,
        first_seen=ago_html(row.first_seen_at),
        last_seen=ago_html(row.last_seen_at),
        raw=raw_text(bytes(row.packed), RAW_SHOWN),
        held_pk=held_pk,
        held_status=held_status,
        waits=row.ask_again,
    )
