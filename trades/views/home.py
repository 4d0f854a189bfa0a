"""Home: what sold, what is frozen, what failed, and how far to trust each figure."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.access import Can, may, team_for
from accounts.models import MarketAccount, Membership
from dashboard.htmx import wants_partial
from dashboard.templatetags.ui import ago_html
from trades import stats
from trades.models import Phase
from trades.services.abilities import lists_trades, reports_statistics
from trades.services.weather import bad_weather_among
from trades.settling import settling
from trades.stats import Total
from trades.views import home_days, home_panels, home_parts, home_tiles, key_cards
from trades.views.compare_table import Table, compare_table, game_labels
from trades.views.home_links import Links
from trades.views.home_scope import Scope, scope_of

PAGE = "trades/home.html"
FRAGMENT = "home-figures"
BUSY_SECONDS = 5
MOVING_SECONDS = 15
CALM_SECONDS = 60


@require_safe
def home(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    accounts = home_parts.accounts_of(membership.team)
    scope, link = scope_of(membership.team, request.GET.dict()), Links(membership.team.slug)
    context: dict[str, Any] = {
        "membership": membership,
        "accounts": accounts,
        "may_add": may(membership, Can.KEYS_OWN),
    }
    if accounts:
        context |= _scope_context(scope, link)
        context |= _figures(membership, accounts, scope, link)
        if wants_partial(request) and "blank" in request.GET and not context["is_blank"]:
            return HttpResponseClientRefresh()  # the first trades are here: the whole page fills
    elif wants_partial(request):
        return HttpResponseClientRefresh()  # the last account went while the page was open
    template = f"{PAGE}#{FRAGMENT}" if wants_partial(request) else PAGE
    return render(request, template, context)


def _scope_context(scope: Scope, link: Links) -> dict[str, Any]:
    return {
        "scope": scope,
        "choices": scope.choices(link.team()),
        "days_form": scope.form(),
        "figures_url": link.team() + scope.query,
        "panels": home_panels.doors(scope, link),
    }


def _figures(
    membership: Membership, accounts: list[MarketAccount], scope: Scope, link: Links
) -> dict[str, Any]:
    period = scope.period
    reporting = [account for account in accounts if reports_statistics(account.upstream)]
    totals, now, before, reported = _totals(accounts, reporting, scope)
    frozen = settling(accounts, scope.today)
    is_arriving = any(_is_arriving(account) for account in accounts)
    is_compared = bool(period.before) and not is_arriving
    has_market = any(lists_trades(account.upstream) for account in accounts)
    is_moving = bool(stats.tally(totals, phases=[Phase.OPEN]).count)
    return {
        "is_arriving": is_arriving,
        "has_market": has_market,
        "is_blank": not totals and (is_arriving or not has_market),
        "weather": bad_weather_among(accounts),
        "is_compared": is_compared,
        "read": _oldest_good_answer(accounts),
        "poll_seconds": _poll_seconds(is_arriving=is_arriving, is_moving=is_moving),
        "tiles": home_tiles.tiles(now, before if is_compared else None, scope.wanted, link),
        "games": home_tiles.by_game(now, scope.wanted, link, game_labels(now)),
        "calendar": home_days.calendar(frozen, scope.today, link),
        "calendar_note": home_days.calendar_note(frozen),
        "chart": home_days.chart(accounts, scope),
        "compared": _compared(reported, reporting, link, is_arriving=is_arriving),
        "mirrors": [home_parts.mirror(membership, account) for account in accounts],
        "concerns": home_parts.concerns(
            membership, accounts, totals, frozen, link, scope.today
        ),
    }  # fmt: skip


def _totals(
    accounts: list[MarketAccount], reporting: list[MarketAccount], scope: Scope
) -> list[list[Total]]:
    """Over all days, in the period, in the one before it, and over all days of ``reporting``."""
    asked: list[stats.Question] = [(accounts, None), (accounts, scope.period.span)]
    asked += [(accounts, scope.period.before), (reporting, None)]
    once = [question for place, question in enumerate(asked) if question not in asked[:place]]
    found = stats.totals_asked(once)
    return [found[once.index(question)] for question in asked]


def _compared(
    totals: Sequence[Total], reporting: list[MarketAccount], link: Links, *, is_arriving: bool
) -> Table | None:
    """Only of markets that report statistics of their own."""
    if not reporting:
        return None
    market = stats.market_of(reporting)
    return compare_table(totals, market, reporting, link, is_arriving=is_arriving)


def _is_arriving(account: MarketAccount) -> bool:
    return any(key_cards.shows_bar(state) for state in account.sync_states.all())


def _oldest_good_answer(accounts: Sequence[MarketAccount]) -> str:
    """Markup: the age of the figures is that of the account that was heard of longest ago."""
    newest = [
        max((row.last_good_at for row in account.sync_states.all() if row.last_good_at),
            default=None)
        for account in accounts
    ]  # fmt: skip
    known = [at for at in newest if at]
    return ago_html(min(known) if len(known) == len(newest) else None, "not read yet")


def _poll_seconds(*, is_arriving: bool, is_moving: bool) -> int:
    if is_arriving:
        return BUSY_SECONDS
    return MOVING_SECONDS if is_moving else CALM_SECONDS
