"""The history: every mirrored trade under a filter that lives in the address."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import push_url

from accounts.access import Can, may, team_for
from accounts.models import MarketAccount, Membership
from dashboard.htmx import wants_partial
from dashboard.templatetags.ui import count_text, game_text
from trades import columns, counting, queries
from trades.counting import Counted
from trades.filters import KNOWN_GAMES, TradeFilter
from trades.forms import TradeFilterForm
from trades.models import Phase
from trades.paging import Order, Page, page_of
from trades.queries import COUNT_CAP
from trades.services import saved_views
from trades.services.weather import bad_weather_among
from trades.views import history_rows
from trades.views.history_address import Address, address_of, headings, sorted_by
from trades.views.history_chips import chips
from trades.views.history_rows import Known, Row
from trades.views.live import asks_by_itself, digest, nothing_new

PAGE = "trades/history.html"
FRAGMENT = "trade-table"
COUNT_FRAGMENT = "history-count"
FILTER_ID = "history-filter"
POLL_SECONDS = 10


@require_safe
def history(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    if request.GET.get("view") == "mine":
        return redirect(_own_way(membership))
    accounts = queries.accounts_of(membership.team)
    form = _form(request, membership, accounts)
    wanted, address = form.wanted(), _address(request, team)
    context = _list_context(request, membership, accounts, wanted, address)
    if nothing_new(request, FRAGMENT, context["seen"]):
        return HttpResponse(status=204)
    context |= {"membership": membership, "form": form, "sentences": form.sentences()}
    if request.GET.get("count") == "1":
        context |= _counted(membership, accounts, wanted)
    if wants_partial(request):
        response = render(request, f"{PAGE}#{FRAGMENT}", context)
    else:
        response = render(request, PAGE, context | _frame(membership, address))
    if asks_by_itself(request, FILTER_ID):
        push_url(response, address(wanted))
    return response


@require_safe
def history_count(request: HttpRequest, team: str) -> HttpResponse:
    """The number alone, as the list asks for it once it is there."""
    membership = team_for(request, team, need=Can.READ)
    if not wants_partial(request):
        query = request.GET.copy()
        query["count"] = "1"
        return redirect(f"{reverse('history', args=[team])}?{query.urlencode()}")
    accounts = queries.accounts_of(membership.team)
    wanted = _bare_form(request, membership, accounts).wanted()
    context = _counted(membership, accounts, wanted)
    context["is_arriving"] = queries.history_is_arriving(accounts)
    return render(request, f"{PAGE}#{COUNT_FRAGMENT}", context)


def _own_way(membership: Membership) -> str:
    """Where this person wants the history to open."""
    team = membership.team
    view = saved_views.default_of(team, membership.user_id)
    return address_of(team.slug, view) if view else reverse("history", args=[team.slug])


def _address(request: HttpRequest, team: str) -> Address:
    view = request.GET.get("view", "")
    is_likely = view.isascii() and view.isdigit() and len(view) < 19
    return Address(team, columns.chosen(request.GET.getlist(columns.PARAM)), view * is_likely)


def _form(
    request: HttpRequest, membership: Membership, accounts: Sequence[MarketAccount]
) -> TradeFilterForm:
    """A fragment leaves the form alone, so only a whole page looks up what to offer."""
    if wants_partial(request):
        return _bare_form(request, membership, accounts)
    present = queries.present(membership.team)
    return TradeFilterForm(
        request.GET,
        zone=ZoneInfo(membership.team.time_zone),
        accounts=accounts,
        games=_games(present.games),
        statuses=present.statuses,
    )


def _bare_form(
    request: HttpRequest, membership: Membership, accounts: Sequence[MarketAccount]
) -> TradeFilterForm:
    zone = ZoneInfo(membership.team.time_zone)
    return TradeFilterForm(request.GET, zone=zone, accounts=accounts)


def _frame(membership: Membership, address: Address) -> dict[str, Any]:
    """What a whole page has around its list."""
    return {
        "zone": timezone.get_current_timezone_name(),
        "days_zone": membership.team.time_zone,
        "column_choices": [(each, each.key in address.shown) for each in columns.COLUMNS],
        "view_id": address.view,
        **_views(membership, address),
    }


def _views(membership: Membership, address: Address) -> dict[str, Any]:
    """Each with its address; which one is open, and which History opens with."""
    views = saved_views.visible_to(membership.team, membership.user_id)
    opened = next((view for view in views if str(view.pk) == address.view), None)
    slug = membership.team.slug
    return {"views": [(view, address_of(slug, view)) for view in views], "opened": opened}


def _games(present: Sequence[int]) -> list[tuple[str, str]]:
    known = [game for game in KNOWN_GAMES if game in present]
    others = [game for game in present if game not in KNOWN_GAMES]
    return [(str(game), game_text(game)) for game in [*known, *others]]


def _list_context(
    request: HttpRequest,
    membership: Membership,
    accounts: Sequence[MarketAccount],
    wanted: TradeFilter,
    address: Address,
) -> dict[str, Any]:
    page = _page(request, membership, accounts, wanted, address)
    is_arriving = queries.history_is_arriving(accounts)
    rows = _rows(page.rows, accounts, address)
    is_open = any(line.phase == Phase.OPEN for line in page.rows)
    is_live = page.is_first and (is_arriving or is_open)
    weather = bad_weather_among(accounts)
    seen = digest(rows, is_arriving, is_live, weather)
    return {
        "rows": rows,
        "headings": headings(wanted, address),
        "is_usual": address.shown == columns.DEFAULT,
        "counted": _all_shown(page),
        "count_url": address(wanted, route="history-count"),
        "is_page_one": page.is_first,
        "is_arriving": is_arriving,
        "weather": weather,
        "is_filtered": wanted.is_narrowed,
        "has_accounts": bool(accounts),
        "may_add": may(membership, Can.KEYS_OWN),
        "chips": chips(wanted, accounts, address),
        "newest_url": address(wanted),
        "save_url": address(wanted, route="views", save="1"),
        "export_url": address(wanted, route="export-new"),
        "all_url": Address(address.slug, address.shown)(TradeFilter()),
        "newer_url": address(wanted, page=page.newer) if page.newer else "",
        "older_url": address(wanted, page=page.older) if page.older else "",
        "poll_url": address(wanted, seen=seen) if is_live else "",
        "poll_seconds": POLL_SECONDS,
        "is_poll": asks_by_itself(request, FRAGMENT),
        "seen": seen,
    }


def _page(
    request: HttpRequest,
    membership: Membership,
    accounts: Sequence[MarketAccount],
    wanted: TradeFilter,
    address: Address,
) -> Page[Any]:
    trades = queries.matching(membership.team, wanted, accounts)
    named = trades.annotate(first_item=queries.first_item())
    lines = named.values_list(*columns.reads(address.shown), "first_item", named=True)
    order = Order(sorted_by(wanted), wanted.is_ascending)
    return page_of(lines, request.GET.get("page", ""), order)


def _all_shown(page: Page[Any]) -> str:
    """A list of one page counts itself; a longer one says nothing yet."""
    is_whole = page.is_first and not page.older
    return _in_words(Counted(len(page.rows), is_exact=True)) if is_whole else ""


def _counted(
    membership: Membership, accounts: Sequence[MarketAccount], wanted: TradeFilter
) -> dict[str, Any]:
    return {"counted": _in_words(counting.count(membership.team, wanted, accounts))}


def _in_words(counted: Counted) -> str:
    number, is_exact = counted
    if is_exact:
        return "1 trade" if number == 1 else f"{count_text(number)} trades"
    if number >= COUNT_CAP:
        return f"{count_text(COUNT_CAP)}+ trades"
    if number:
        return f"at least {count_text(number)} trade{'s' * (number != 1)}"
    return "too few to count quickly"


def _rows(lines: Sequence[Any], accounts: Sequence[MarketAccount], address: Address) -> list[Row]:
    known = Known(
        accounts={account.pk: account.label for account in accounts},
        names_accounts=sum(account.is_active for account in accounts) > 1,
    )
    before_id = reverse("trade", args=[address.slug, 0]).removesuffix("0/")
    return history_rows.rows(lines, address.shown, known, before_id)
