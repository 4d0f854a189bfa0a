"""Panels of home that read trades: each its own fragment, asked for when it comes into view."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import Can, team_for
from accounts.models import MarketAccount
from dashboard.htmx import wants_partial
from dashboard.templatetags.ui import count_text, percent_text
from trades import breakdowns, periods, queries, stats
from trades.breakdowns import Exposure, Reason, Shares, Wait
from trades.filter_fields import LONGEST_WHOLE
from trades.filters import NOTHING, UNKNOWN, TradeFilter
from trades.models import Phase
from trades.models.trade import TradeQuerySet
from trades.settling import Settling, settling
from trades.stats import Selection, Tally, Total
from trades.views import home_days
from trades.views.compare_table import game_labels
from trades.views.home_links import SELLS, Links
from trades.views.home_scope import Scope, scope_of
from trades.views.home_tiles import value_note

PAGE = "trades/home_panel.html"
FRAGMENT = "panel"
MOST_DAYS = 12


@dataclass(frozen=True, slots=True)
class Row:
    label: str  # may be foreign text
    url: str  # "" where no list counts the same
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    caption: str
    heads: Sequence[str]
    rows: Sequence[Row]
    empty: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    name: str
    title: str
    note: str
    url: str
    tables: Sequence[Table] = field(default=())


@dataclass(frozen=True, slots=True)
class Asked:
    """What a panel is made of."""

    scope: Scope
    link: Links
    accounts: Sequence[MarketAccount]
    wanted: TradeFilter
    trades: TradeQuerySet


@require_safe
def home_panel(request: HttpRequest, team: str, name: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    if name not in PANELS:
        raise Http404
    scope, link = scope_of(membership.team, request.GET.dict()), Links(membership.team.slug)
    context = {
        "membership": membership,
        "scope": scope,
        "choices": scope.choices(link.panel(name)),
        "home_url": link.team() + scope.query,
        "panel": _panel(name, membership.team.slug, scope),
    }
    template = f"{PAGE}#{FRAGMENT}" if wants_partial(request) else PAGE
    return render(request, template, context)


def doors(scope: Scope, link: Links) -> list[Panel]:
    """What stands in their places until they are asked for."""
    return [
        Panel(name, title, note, link.panel(name) + scope.query)
        for name, (title, note, _) in PANELS.items()
    ]


def _panel(name: str, slug: str, scope: Scope) -> Panel:
    title, note, make = PANELS[name]
    accounts = queries.accounts_of(scope.team)
    wanted = _within_a_year(scope)
    asked = Asked(
        scope, Links(slug), accounts, wanted, queries.matching(scope.team, wanted, accounts)
    )
    cut = "" if wanted == scope.wanted else " · the last year of it"
    return Panel(name, title, f"{note}{cut}", asked.link.panel(name) + scope.query, make(asked))


def _within_a_year(scope: Scope) -> TradeFilter:
    span = scope.period.span
    if span and span.days <= periods.LONGEST_SCAN:
        return scope.wanted
    return scope.within(periods.last_year_of(scope.period, scope.today))


# -- success by bot --


def _bots(asked: Asked) -> list[Table]:
    found = breakdowns.by_bot(asked.trades)
    heads = ["Bot", "Sells", "Success", "Of ended", "Rolled back", "Value"]
    rows = [_bot_row(shares, asked) for shares in found]
    return [Table("Success by bot", heads, rows, "No sells in this period.")]


def _value(sells: int, value_milli: int | None, unknown: int) -> str:
    return value_note(Tally(sells, value_milli, unknown)).removeprefix("value ")


def _bot_row(shares: Shares, asked: Asked) -> Row:
    url = asked.link.history(asked.wanted.with_(bot_is=shares.key or NOTHING))
    value = _value(shares.sells, shares.value_milli, shares.unknown_count)
    cells = [
        count_text(shares.sells),
        _percent(shares.succeeded, shares.sells),
        _percent(shares.free, shares.ended),
        count_text(shares.reverted),
        value,
    ]
    return Row(shares.name or "no bot named", url, cells)


def _percent(part: int, whole: int) -> str:
    rate = stats.rate(part, whole)
    return "none ended" if rate is None else percent_text(round(rate, -2))


# -- reasons of failure --


def _reasons(asked: Asked) -> list[Table]:
    found, others = breakdowns.reasons(asked.trades)
    rows = [_reason_row(reason, asked) for reason in found]
    more = f"{count_text(others)} more sells for other reasons." if others else ""
    heads = ["Reason", "Status", "Sells"]
    return [Table("Why sells failed", heads, rows, "Nothing failed in this period.", more)]


def _reason_row(reason: Reason, asked: Asked) -> Row:
    wanted = asked.wanted.with_(
        statuses=(reason.status,), error_is=reason.error or NOTHING, phases=(reason.phase,)
    )
    url = asked.link.history(wanted) if len(reason.error) <= LONGEST_WHOLE else ""
    label = reason.error or "no reason told"
    return Row(label, url, [reason.status, count_text(reason.sells)])


# -- time --


def _times(asked: Asked) -> list[Table]:
    found = breakdowns.waits(asked.trades)
    rows = [
        _wait_row("Sold here: from your yes to accepted", found.yes_to_accepted),
        _wait_row("Sold here: from your yes to settled", found.yes_to_settled),
        _wait_row("Sold elsewhere: from created to accepted", found.created_to_accepted),
        _wait_row("All: from accepted to settled", found.accepted_to_settled),
    ]
    note = (
        "Measured where both moments were seen; the history from before the key was added has none."
        " A yes is timed by our clock, everything else by the market's."
    )
    heads = ["Step", "Half take at most", "Nine of ten", "Measured"]
    return [Table("How long sells take", heads, rows, "", note)]


def _wait_row(label: str, wait: Wait) -> Row:
    sells = f"{count_text(wait.sells)} {'sell' if wait.sells == 1 else 'sells'}"
    return Row(label, "", [_length(wait.median), _length(wait.ninetieth), sells])


def _length(took: timedelta | None) -> str:
    """``12 s``, ``4 min``, ``3 h 20 min``, ``7 d 4 h``."""
    if took is None:
        return "unknown"
    minutes, seconds = divmod(int(took.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


# -- items --


def _items(asked: Asked) -> list[Table]:
    found = breakdowns.top_items(asked.trades)
    rows = [_item_row(name, items, sells, asked) for name, items, sells in found]
    return [Table("Top items", ["Item", "Items", "Sells"], rows, "Nothing sold in this period.")]


def _item_row(name: str, items: int, sells: int, asked: Asked) -> Row:
    phases = (Phase.DONE.value, Phase.FROZEN.value)
    url = asked.link.history(asked.wanted.with_(item_is=name, phases=phases))
    return Row(name, url, [count_text(items), count_text(sells)])


# -- what can still be rolled back --


def _exposure(asked: Asked) -> list[Table]:
    return [_exposed_bots(asked), _exposed_games(asked), _exposed_days(asked)]


def _exposed_bots(asked: Asked) -> Table:
    found = breakdowns.exposed_by_bot(asked.accounts)
    rates = breakdowns.rollbacks_of(asked.trades, [each.key for each in found])
    rows = [_exposed_row(each, rates.get(each.key, (0, 0)), asked.link) for each in found]
    heads = ["Bot", "Frozen", "Value", "Own rollbacks"]
    return Table("By bot", heads, rows, "No sell is frozen now.", ROLLBACKS)


ROLLBACKS = "Own rollbacks: of the sells of the period that were free or rolled back."


def _exposed_row(each: Exposure, rate: tuple[int, int], link: Links) -> Row:
    frozen = SELLS.with_(phases=(Phase.FROZEN.value,), bot_is=each.key or NOTHING)
    value = _value(each.sells, each.value_milli, each.unknown_count)
    cells = [count_text(each.sells), value, _share_words(*rate)]
    return Row(each.name or "no bot named", link.history(frozen), cells)


def _share_words(part: int, whole: int) -> str:
    return f"{_percent(part, whole)} of {count_text(whole)}" if whole else "none ended"


def _exposed_games(asked: Asked) -> Table:
    totals, ended = stats.totals_over(asked.accounts, [None, _span(asked)])
    labels = game_labels(totals)
    rows = [
        row
        for game, label in labels.items()
        if (row := _game_row(game, label, totals, ended, asked))
    ]
    heads = ["Game", "Frozen", "Value", "Own rollbacks"]
    return Table("By game", heads, rows, "No sell is frozen now.")


def _span(asked: Asked) -> periods.Span | None:
    since, until = asked.wanted.since, asked.wanted.until
    return periods.Span(since, until) if since and until else None


def _game_row(
    game: str, label: str, totals: Sequence[Total], ended: Sequence[Total], asked: Asked
) -> Row | None:
    chosen = Selection(phases=(Phase.FROZEN.value,), game=game)
    frozen = stats.tally(chosen.of(totals))
    if not frozen.count:
        return None
    of_game = Selection(game=game).of(ended)
    reverted = stats.tally(of_game, phases=[Phase.REVERTED]).count
    free = stats.tally(of_game, phases=[Phase.DONE]).count
    cells = [
        count_text(frozen.count),
        _value(frozen.count, frozen.value_milli, frozen.unknown_count),
        _share_words(reverted, reverted + free),
    ]
    return Row(label, asked.link.history(chosen.asked_of(SELLS)), cells)


def _exposed_days(asked: Asked) -> Table:
    """What can still be rolled back after each day."""
    frozen, rows = settling(asked.accounts, asked.scope.today), []
    sells, unknown = frozen.whole.count, frozen.whole.unknown_count
    known = frozen.whole.value_milli or 0
    for row in frozen.days[:MOST_DAYS]:
        day = home_days.day_word(row.day, asked.scope.today) if row.day else "no day given"
        value = _value(sells, known if unknown < sells else None, unknown)
        url = _rest_url(row.day, frozen, asked.link)
        rows.append(Row(day, url, [count_text(sells), value]))
        sells, unknown = sells - row.sells, unknown - row.unknown_count
        known -= row.value_milli or 0
    heads = ["Until the end of", "Still frozen before it", "Value"]
    return Table("By day", heads, rows, "No sell is frozen now.")


def _rest_url(day: date | None, frozen: Settling, link: Links) -> str:
    """No filter finds days from one on together with those that no market told."""
    if day is None:
        return link.sells(phase=Phase.FROZEN.value, free=UNKNOWN)
    if frozen.undated:
        return ""
    return link.history(SELLS.with_(phases=(Phase.FROZEN.value,), settles_since=day))


Maker = Callable[[Asked], list[Table]]
PANELS: dict[str, tuple[str, str, Maker]] = {
    "bots": ("Success by bot", "the busiest of the period", _bots),
    "items": ("Top items", "sold or frozen in the period", _items),
    "reasons": ("Reasons of failure", "failed and rolled back in the period", _reasons),
    "exposure": ("Can still be rolled back", "all that is frozen now", _exposure),
    "times": ("How long it takes", "sells of the period", _times),
}
