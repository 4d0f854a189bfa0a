"""Home: what sold, what is frozen, what failed, and how far to trust each figure."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.access import Can, may, team_for
from accounts.models import MarketAccount, Membership
from dashboard.htmx import wants_partial
from trades import queries, stats
from trades.models import Phase, Stream
from trades.views import home_parts, key_cards
from trades.views.compare_table import compare_table

PAGE = "trades/home.html"
FRAGMENT = "home-figures"
BUSY_SECONDS = 5
MOVING_SECONDS = 15
CALM_SECONDS = 60


@require_safe
def home(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    accounts = list(key_cards.accounts_of(membership.team))
    context: dict[str, Any] = {
        "membership": membership,
        "accounts": accounts,
        "may_add": may(membership, Can.KEYS_OWN),
    }
    if accounts:
        context |= _figures(membership, accounts)
    elif wants_partial(request):
        return HttpResponseClientRefresh()  # the last account went while the page was open
    template = f"{PAGE}#{FRAGMENT}" if wants_partial(request) else PAGE
    return render(request, template, context)


def _figures(membership: Membership, accounts: list[MarketAccount]) -> dict[str, Any]:
    team, zone = membership.team, timezone.get_current_timezone()
    totals = stats.totals_of(accounts)
    market = stats.market_of(accounts)
    frozen = queries.frozen_by_day(team, accounts, zone)
    is_arriving = any(_is_arriving(account) for account in accounts)
    link = home_parts.Links(team.slug)
    is_moving = bool(stats.tally(totals, phases=[Phase.OPEN]).count)
    return {
        "is_arriving": is_arriving,
        "poll_seconds": _poll_seconds(is_arriving=is_arriving, is_moving=is_moving),
        "tiles": home_parts.tiles(totals, frozen, link),
        "calendar": home_parts.calendar(frozen, link),
        "chart": home_parts.chart(accounts),
        "compared": compare_table(totals, market, accounts, link),
        "mirrors": [home_parts.mirror(membership, account) for account in accounts],
        "concerns": home_parts.concerns(membership, accounts, totals, frozen, link),
    }


def _is_arriving(account: MarketAccount) -> bool:
    return any(
        state.stream == Stream.BACKFILL and key_cards.is_unfinished(state)
        for state in account.sync_states.all()
    )


def _poll_seconds(*, is_arriving: bool, is_moving: bool) -> int:
    if is_arriving:
        return BUSY_SECONDS
    return MOVING_SECONDS if is_moving else CALM_SECONDS
