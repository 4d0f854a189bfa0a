"""The history: every mirrored trade, newest first, under a filter that lives in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import push_url

from accounts.access import Can, may, team_for
from accounts.models import MarketAccount, Membership
from dashboard.htmx import wants_partial
from dashboard.templatetags.ui import count_text, game_text, moment_text, money_text, phase_class
from trades import queries
from trades.filters import COLUMNS, KNOWN_GAMES, Sort, TradeFilter
from trades.forms import TradeFilterForm
from trades.models import Direction, Phase
from trades.paging import Order, Page, page_of
from trades.queries import TradeLine
from trades.views.history_chips import chips
from trades.views.live import asks_by_itself, digest, nothing_new

PAGE = "trades/history.html"
FRAGMENT = "trade-table"
FILTER_ID = "history-filter"
POLL_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Row:
    """A trade ready to print."""

    pk: int
    url: str
    when: str
    iso: str
    is_undated: bool
    game: str
    item: str
    more_items: int
    phase: str
    phase_class: str
    words: str
    kind: str  # "" for a sell
    value: str
    custom_id: str
    bot: str
    account: str


@require_safe
def history(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    accounts = queries.accounts_of(membership.team)
    form = _form(request, membership, accounts)
    wanted = form.wanted()
    context = _list_context(request, membership, accounts, wanted)
    context |= {"membership": membership, "form": form, "sentences": form.sentences()}
    context["zone"] = timezone.get_current_timezone_name()
    context["days_zone"] = membership.team.time_zone
    if nothing_new(request, FRAGMENT, context["seen"]):
        return HttpResponse(status=204)
    template = f"{PAGE}#{FRAGMENT}" if wants_partial(request) else PAGE
    response = render(request, template, context)
    if asks_by_itself(request, FILTER_ID):
        push_url(response, _address(membership, wanted))
    return response


def _form(
    request: HttpRequest, membership: Membership, accounts: Sequence[MarketAccount]
) -> TradeFilterForm:
    """A fragment leaves the form alone, so only a whole page looks up what to offer."""
    is_page = not wants_partial(request)
    zone = ZoneInfo(membership.team.time_zone)
    if not is_page:
        return TradeFilterForm(request.GET, zone=zone, accounts=accounts)
    return TradeFilterForm(
        request.GET,
        zone=zone,
        accounts=accounts,
        games=_games(queries.games_present(membership.team)),
        statuses=queries.statuses_present(membership.team),
    )


def _games(present: Sequence[int]) -> list[tuple[str, str]]:
    known = [game for game in KNOWN_GAMES if game in present]
    others = [game for game in present if game not in KNOWN_GAMES]
    return [(str(game), game_text(game)) for game in [*known, *others]]


def _list_context(
    request: HttpRequest,
    membership: Membership,
    accounts: Sequence[MarketAccount],
    wanted: TradeFilter,
) -> dict[str, Any]:
    trades = queries.matching(membership.team, wanted, accounts)
    order = Order(COLUMNS[Sort(wanted.sort)], wanted.is_ascending)
    page: Page[TradeLine] = page_of(queries.lines(trades), request.GET.get("page", ""), order)
    number, is_exact = queries.count_matching(trades)
    is_arriving = queries.history_is_arriving(accounts)
    rows = _rows(page.rows, accounts, _trade_address(membership))
    is_live = page.is_first and (is_arriving or any(row.phase == "Open" for row in rows))
    seen = digest(rows, number, is_arriving, is_live)
    address = _address(membership, wanted)
    return {
        "rows": rows,
        "shows_account": sum(account.is_active for account in accounts) > 1,
        "counted": _counted(number, is_exact=is_exact),
        "is_page_one": page.is_first,
        "is_arriving": is_arriving,
        "is_filtered": wanted.is_narrowed,
        "has_accounts": bool(accounts),
        "may_add": may(membership, Can.KEYS_OWN),
        "chips": chips(wanted, accounts, partial(_address, membership)),
        "newest_url": address,
        "export_url": f"{reverse('export-new', args=[membership.team.slug])}?{wanted.query()}",
        "all_url": _address(membership, TradeFilter()),
        "newer_url": _address(membership, wanted, page=page.newer) if page.newer else "",
        "older_url": _address(membership, wanted, page=page.older) if page.older else "",
        "poll_url": _address(membership, wanted, seen=seen) if is_live else "",
        "poll_seconds": POLL_SECONDS,
        "is_poll": asks_by_itself(request, FRAGMENT),
        "seen": seen,
    }


def _address(membership: Membership, wanted: TradeFilter, **more: str) -> str:
    query = wanted.query(**more)
    path = reverse("history", args=[membership.team.slug])
    return f"{path}?{query}" if query else path


def _counted(number: int, *, is_exact: bool) -> str:
    trades = "1 trade" if number == 1 else f"{count_text(number)} trades"
    return trades if is_exact else f"more than {trades}"


def _trade_address(membership: Membership) -> str:
    """What stands before the id in a trade's address: one look-up of the route, not one a row."""
    return reverse("trade", args=[membership.team.slug, 0]).removesuffix("0/")


def _rows(lines: Sequence[TradeLine], accounts: Sequence[MarketAccount], address: str) -> list[Row]:
    names = queries.first_item_names([line.id for line in lines])
    labels = {account.pk: account.label for account in accounts}
    return [_row(line, names.get(line.id, ""), labels, address) for line in lines]


def _row(line: TradeLine, item: str, labels: Mapping[int, str], address: str) -> Row:
    return Row(
        pk=line.id,
        url=f"{address}{line.id}/",
        when=moment_text(line.sort_at),
        iso=line.sort_at.isoformat(timespec="seconds"),
        is_undated=line.created_at is None,
        game=game_text(line.game_id),
        item=item or ("unnamed item" if line.item_count else "no items told"),
        more_items=max(0, line.item_count - 1),
        phase=_phase_label(line.phase),
        phase_class=phase_class(line.phase),
        words=words_of(line.status, line.summary),
        kind=kind_of(line.direction),
        value=money_text(line.value_milli),
        custom_id=line.custom_id or "",
        bot=line.bot_name,
        account=labels.get(line.account_id, ""),
    )


def words_of(status: str, summary: str) -> str:
    """The upstream's two words as they came; they may contradict each other by spelling."""
    return f"{status} · {summary}" if summary else status


def kind_of(direction: str) -> str:
    if direction == Direction.SELL:
        return ""
    if direction == Direction.UNKNOWN:
        return "Direction unknown"
    return _label(Direction, direction)


def _phase_label(phase: str) -> str:
    return _label(Phase, phase)


def _label(choices: type[Direction] | type[Phase], value: str) -> str:
    return str(dict(choices.choices).get(value, value))
