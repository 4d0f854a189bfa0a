"""One trade: what it holds, how it stands, what was seen on the way, and the answer itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Can, may, team_for
from accounts.limits import limited
from accounts.models import Team
from dashboard import clock
from dashboard.errors import UserError
from dashboard.htmx import wants_partial
from dashboard.templatetags.ui import age_text, game_text, moment_text, money_text, phase_class
from trades.models import (
    Difference,
    DifferenceKind,
    Direction,
    Phase,
    SellItem,
    Trade,
    TradeItem,
    TradeRaw,
    ValueSource,
)
from trades.services import finding, joined
from trades.services.syncs import sync_now
from trades.services.weather import bad_weather
from trades.tasks import sync_account, wake
from trades.views import resend_words
from trades.views.history_rows import kind_of
from trades.views.live import POLL_SECONDS, digest, nothing_new, watch
from trades.views.neighbours import neighbours_of
from trades.views.offer_rows import direction_text
from trades.views.pictures import Icons, Picture, icons_for, picture_of
from trades.views.raw_text import raw_text
from trades.views.words import meaning_of_status, status_text, steam_status_text

PAGE = "trades/trade.html"
FRAGMENT = "trade-state"
ITEMS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    text: str
    note: str = ""
    may_copy: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One status that the trade had, as it came, and when we saw it."""

    when: str
    age: str
    status: str
    words: str
    told_at: str
    phase_class: str


@dataclass(frozen=True, slots=True)
class Item:
    name: str
    game: str
    amount: int
    asset_id: str
    price: str  # "" where only the whole trade's value is known, or none
    picture: Picture


@require_safe
def trade(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.READ)
    found = get_object_or_404(_readable(membership.team), pk=pk)
    watch(found)
    state = _state(found) | {"resends": resend_words.cards(found)}
    may_resend = resend_words.may_ask(membership, found)
    is_going_on = found.is_still_moving or resend_words.is_going_on(found)
    seen = digest(state)
    if nothing_new(request, FRAGMENT, seen):
        return HttpResponse(status=204)
    address = reverse("trade", args=[team, pk])
    context = {
        "membership": membership,
        "trade": found,
        "may_resend": may_resend,
        "may_refresh": may(membership, Can.SELL) and found.account.is_active,
        "poll_url": f"{address}?seen={seen}" if is_going_on else "",
        "poll_seconds": POLL_SECONDS,
        **state,
    }
    if wants_partial(request):
        return render(request, f"{PAGE}#{FRAGMENT}", context)
    return render(request, PAGE, context | _rest(request, found))


@require_POST
@limited("sync")
def trade_refresh(request: HttpRequest, team: str, pk: int) -> HttpResponse:
    membership = team_for(request, team, need=Can.SELL)
    found = get_object_or_404(_readable(membership.team), pk=pk)
    if not finding.is_looked_up(found.account):
        sync_now(account=found.account, by=membership.user)
        wake(sync_account, found.account_id)
        messages.success(request, "The market tells of all trades in lists: they are read now.")
        return redirect("trade", team, pk)
    try:
        if finding.refresh(trade=found, by=membership.user):
            messages.success(request, "The market was asked: this is how it stands now.")
        else:
            messages.warning(request, "The market says that it has no such trade.")
    except UserError as refusal:
        messages.error(request, refusal.sentence)
    return redirect("trade", team, pk)


def _readable(team: Team) -> QuerySet[Trade]:
    return Trade.objects.in_team(team).select_related("account", "team")


def _state(trade: Trade) -> dict[str, object]:
    """Everything that may change while one looks."""
    return {
        "phase": Phase(trade.phase).label if trade.phase in Phase.values else trade.phase,
        "phase_class": phase_class(trade.phase),
        "meaning": meaning_of_status(trade.status),
        "steam": steam_status_text(trade.steam_status),
        "money": list(_money(trade)),
        "ids": list(_ids(trade)),
        "steps": _steps(trade),
        "words": (trade.status, trade.summary, trade.error),
        "status": status_text(trade.status),
        "code": trade.code,
        "gone_since": _gone_since(trade),
        "item_count": trade.item_count,
    }


def _gone_since(trade: Trade) -> str:
    """Since when the market says that there is no such trade; "" while it lists it."""
    gone = Difference.objects.filter(
        trade=trade, kind=DifferenceKind.PHANTOM, mended_at__isnull=True
    ).first()
    return moment_text(gone.since) if gone else ""


def _rest(request: HttpRequest, trade: Trade) -> dict[str, object]:
    items = list(trade.items.order_by("id")[: ITEMS_SHOWN + 1])
    shown = items[:ITEMS_SHOWN]
    return {
        "neighbours": neighbours_of(trade),
        "exchange": _exchange(trade),
        "kind": kind_of(trade.direction) or Direction.SELL.label,
        "title": _title(trade, shown),
        "game": game_text(trade.game_id),
        "sides": _sides(trade, shown, _icons(request, trade, shown)),
        "items_left_out": max(0, trade.item_count - len(shown)),
        "raw": _raw(trade),
        **_steam(trade),
        "asked_at": f"{timezone.localtime(trade.asked_at):%Y-%m-%d %H:%M:%S}",
    }


def _steam(trade: Trade) -> dict[str, object]:
    """The same exchange as Steam shows it, and what the two say differently."""
    sides = [
        (one.offer, direction_text(one.offer), steam_status_text(one.offer.state), one.differences)
        for one in joined.steam_side(trade)
    ]
    waits = bool(trade.offer_id) and not sides and joined.is_watched(trade)
    weather = bad_weather(trade.team) if sides or waits else []
    return {"steam_sides": sides, "steam_waits": waits, "weather": weather}


def _title(trade: Trade, items: Sequence[TradeItem]) -> str:
    first = next((item.name for item in items if item.name), "")
    if not first:
        return f"Trade {trade.upstream_id}"
    more = trade.item_count - 1
    return f"{first} and {more} more" if more > 0 else first


def _exchange(trade: Trade) -> str:
    """Which way the items of a deposit or withdrawal go, in words."""
    number = f"{trade.item_count} {'item' if trade.item_count == 1 else 'items'}"
    if trade.direction == Direction.DEPOSIT:
        return f"you give {number}, you get 0"
    return f"you give 0, you get {number}" if trade.direction == Direction.WITHDRAWAL else ""


def _icons(request: HttpRequest, trade: Trade, items: Sequence[TradeItem]) -> Icons:
    goods = {(item.app_id or trade.game_id or 0, item.name) for item in items if item.name}
    return icons_for(request, trade.team, goods)


def _sides(trade: Trade, items: Sequence[TradeItem], icons: Icons) -> list[tuple[str, list[Item]]]:
    """Given first; a side without items is left out."""
    named = [(TradeItem.Side.GIVEN, "Given away"), (TradeItem.Side.RECEIVED, "Received")]
    prices = _agreed_prices(trade)
    found = [
        (label, [_item(trade, item, icons, prices) for item in items if item.side == side])
        for side, label in named
    ]
    return [(label, side) for label, side in found if side]


def _agreed_prices(trade: Trade) -> dict[str, str]:
    """By asset id, of an own sell; no market names a price for one item of a trade."""
    if trade.value_source != ValueSource.QUOTED:
        return {}
    sold = SellItem.objects.filter(request__trade=trade)
    return {
        asset: money_text(milli) for asset, milli in sold.values_list("asset_id", "price_milli")
    }


def _item(trade: Trade, item: TradeItem, icons: Icons, prices: Mapping[str, str]) -> Item:
    game_id = item.app_id or trade.game_id  # some markets name the game of the trade alone
    return Item(
        name=item.name or "unnamed item",
        game=game_text(game_id),
        amount=item.amount,
        asset_id=item.asset_id,
        price=prices.get(item.asset_id, ""),
        picture=picture_of(item.name, game_id, icons),
    )


def _money(trade: Trade) -> Iterator[Fact]:
    source = ValueSource(trade.value_source)
    if trade.value_milli is None:
        yield Fact("Value", money_text(None), "The market's answers name no price for it.")
    else:
        yield Fact("Value", money_text(trade.value_milli), str(source.label))
    if trade.settles_at:
        yield Fact("Settlement", moment_text(trade.settles_at), _settlement_note(trade))
    elif trade.phase == Phase.FROZEN:
        yield Fact("Settlement", "unknown", "The money is frozen and no day is given.")
    else:
        yield Fact("Settlement", "none", "The market gives no settlement day for this trade.")


def _settlement_note(trade: Trade) -> str:
    if trade.settles_at is None or trade.phase not in {Phase.FROZEN, Phase.OPEN}:
        return ""
    if trade.settles_at <= clock.now():
        return f"Passed {age_text(trade.settles_at)}; the market has not confirmed it yet."
    return f"Becomes free {age_text(trade.settles_at)}, if nothing is rolled back."


def _ids(trade: Trade) -> Iterator[Fact]:
    named = [
        ("Trade id", trade.upstream_id),
        ("Custom id", trade.custom_id or ""),
        ("Steam offer", trade.offer_id),
        ("Steam trade", trade.steam_trade_id),
        ("Bot", trade.bot_steamid),
        ("Partner", trade.partner_steamid),
    ]
    for label, value in named:
        note = trade.bot_name if label == "Bot" else ""
        if value or note:
            yield Fact(label, value, note, may_copy=bool(value))


def _steps(trade: Trade) -> list[Step]:
    """Newest first. Before the first change stands what it gave way from."""
    changes = list(trade.status_changes.all())
    if changes:
        first = changes[0]
        start = (first.status_before, first.summary_before, first.steam_status_before)
    else:
        start = (trade.status, trade.summary, trade.steam_status)
    steps = [
        Step(
            when=f"{timezone.localtime(trade.first_seen_at):%Y-%m-%d %H:%M:%S}",
            age="first seen",
            status=status_text(start[0]),
            words=_words(start[1], start[2]),
            told_at=f"created {moment_text(trade.created_at)}" if trade.created_at else "",
            phase_class="is-none",
        )
    ]
    for change in changes:
        told = moment_text(change.upstream_at) if change.upstream_at else ""
        step = Step(
            when=f"{timezone.localtime(change.seen_at):%Y-%m-%d %H:%M:%S}",
            age="seen",
            status=status_text(change.status_after),
            words=_words(change.summary_after, change.steam_status_after),
            told_at=f"the market says {told}" if told else "",
            phase_class="is-none",
        )
        steps.append(step)
    return steps[::-1]


def _words(summary: str, steam_status: int | None) -> str:
    steam = f"Steam: {steam_status_text(steam_status)}" if steam_status is not None else ""
    return " · ".join(part for part in (summary, steam) if part)


def _raw(trade: Trade) -> str:
    """The last answer, indented; as it is stored when it cannot be read."""
    packed = TradeRaw.objects.filter(trade=trade).values_list("packed", flat=True).first()
    return "" if packed is None else raw_text(bytes(packed))
