"""Home: what sold, what is frozen, what failed, and how far to trust each figure."""

from collections.abc import Sequence
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
from trades.models import Phase
from trades.services.abilities import reports_statistics
from trades.stats import Total
from trades.views import home_parts, key_cards
from trades.views.compare_table import Table, compare_table

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
        "compared": _compared(totals, accounts, link),
        "mirrors": [home_parts.mirror(membership, account) for account in accounts],
        "concerns": home_parts.concerns(membership, accounts, totals, frozen, link),
    }


def _compared(
    totals: Sequence[Total], accounts: list[MarketAccount], link: home_parts.Links
) -> Table | None:
    """Only of markets that report statistics of their own."""
    told = [account for account in accounts if reports_statistics(account.upstream)]
    if not told:
        return None
    theirs = totals if told == accounts else stats.totals_of(told)
    return compare_table(theirs, stats.market_of(told), told, link)


def _is_arriving(account: MarketAccount) -> bool:
    return any(key_cards.shows_bar(state) for state in account.sync_states.all())


def _poll_seconds(*, is_arriving: bool, is_moving: bool) -> int:
    if is_arriving:
        return BUSY_SECONDS
    return MOVING_SECONDS if is_moving else CALM_SECONDS
