"""A sell as a live card: how it stands, what it holds, and what a click can do about it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse

from accounts.access import Can, may
from accounts.models import AuditEntry, Membership, Team
from dashboard.templatetags.ui import age_text, count_text, game_text, moment_text, money_text
from trades.models import Phase, SellItem, SellRequest, SellState
from trades.refusals import Mend
from trades.services.mending import is_over
from trades.views import sell_words
from trades.views.live import digest
from trades.views.pictures import Picture, icons_for, picture_of

FREED = "sell.claims-freed"  # the audit verb of services.selling.free_claims
LINES_SHOWN = 6
POLL_SECONDS = {
    SellState.QUEUED: 2,
    SellState.SENDING: 2,
    SellState.UNKNOWN: 2,
    SellState.CREATED: 2,
}
TRADE_POLL_SECONDS = {Phase.OPEN: 2, Phase.FROZEN: 15, Phase.UNKNOWN: 15}
CAN_BE_FREED = frozenset({SellState.UNKNOWN, SellState.CREATED})


@dataclass(frozen=True, slots=True)
class Line:
    """Equal items at an equal price."""

    name: str
    count: int
    price: str
    live: int
    picture: Picture


@dataclass(frozen=True, slots=True)
class Action:
    mode: str
    label: str
    is_main: bool


@dataclass(frozen=True, slots=True)
class Card:
    """Ready to print; ages are left to the template, so that a digest of it stands still."""

    pk: int
    url: str
    trade_url: str
    title: str
    total: str
    game: str
    account: str
    custom_id: str
    state: str
    state_word: str
    state_class: str
    phase: str
    phase_class: str
    story: sell_words.Story
    differences: tuple[str, ...]
    lines: tuple[Line, ...]
    lines_left_out: int
    items: str
    picture: Picture
    bot_name: str
    bot_steamid: str
    offer_id: str
    offer_url: str
    settlement: str
    agreed_by: str
    agreed_at: datetime
    freed: str
    actions: tuple[Action, ...]
    may_free: bool
    poll_seconds: int

    @property
    def is_unresolved(self) -> bool:
        return self.state == SellState.UNKNOWN

    @property
    def seen(self) -> str:
        return digest(self)

    @property
    def age(self) -> str:
        return age_text(self.agreed_at)

    @property
    def seen_age(self) -> str:
        """With the age that is shown beside it: for the poll, to tell what of the two is new."""
        return f"{self.seen}-{digest(self.age)}"


def readable(team: Team) -> QuerySet[SellRequest]:
    """A team's sells without what is sealed or sent."""
    return (
        SellRequest.objects.filter(team=team)
        .select_related("trade", "by", "account", "quote__draft", "key")
        .only(
            *_OWN_COLUMNS,
            *(f"trade__{name}" for name in _TRADE_COLUMNS),
            *("by__email", "account__label", "account__upstream", "key__trade_link_partner"),
            *("quote__draft__steamid64", "quote__draft__message"),
        )
    )


_OWN_COLUMNS = [
    field.attname
    for field in SellRequest._meta.concrete_fields
    if field.name not in {"payload", "trade_link_sealed", "seal_id"}
]
_TRADE_COLUMNS = (
    *("phase", "status", "error", "offer_id", "settles_at", "bot_name", "bot_steamid"),
    *("team_id", "account_id"),
)


def cards(
    request: HttpRequest,
    membership: Membership,
    sells: Sequence[SellRequest],
    *,
    most_lines: int = LINES_SHOWN,
) -> list[Card]:
    lines = _lines(request, membership.team, [sell.pk for sell in sells])
    freed = _freed(membership.team, sells, lines)
    return [
        _card(membership, one, lines.get(one.pk, []), freed.get(one.pk, ""), most_lines)
        for one in sells
    ]


def _lines(request: HttpRequest, team: Team, request_ids: Sequence[int]) -> dict[int, list[Line]]:
    """Dearest first; one query for all of them, counted by the database, and one for pictures."""
    rows = list(
        SellItem.objects.filter(request_id__in=request_ids)
        .values_list("request_id", "app_id", "name", "price_milli")
        .annotate(count=Count("id"), live=Count("id", filter=Q(is_live=True)))
        .order_by("request_id", "-price_milli", "name")
    )
    found: dict[int, list[Line]] = defaultdict(list)
    icons = icons_for(request, team, {(app_id, name) for _, app_id, name, *_ in rows})
    for request_id, app_id, name, price, count, live in rows:
        picture = picture_of(name, app_id, icons)
        found[request_id].append(Line(name, count, money_text(price), live, picture))
    return found


def _freed(
    team: Team, requests: Iterable[SellRequest], lines: dict[int, list[Line]]
) -> dict[int, str]:
    """Who freed the items of those that reserve nothing though they are not over, and why."""
    odd = [
        request.pk
        for request in requests
        if request.state in CAN_BE_FREED and not is_settled(request) and not _live(lines, request)
    ]
    if not odd:
        return {}
    entries = AuditEntry.objects.filter(
        team=team, verb=FREED, object_id__in=[str(pk) for pk in odd]
    ).order_by("at", "id")
    return {
        int(entry.object_id): f"{entry.actor_email} freed the items by hand at"
        f" {moment_text(entry.at)}: {entry.detail.get('reason', '')}"
        for entry in entries
    }


def _live(lines: dict[int, list[Line]], request: SellRequest) -> int:
    return sum(line.live for line in lines.get(request.pk, []))


def is_settled(request: SellRequest) -> bool:
    """Nothing about it will change by itself."""
    if request.state == SellState.CREATED:
        return request.trade is not None and not request.trade.is_still_moving
    return request.state not in POLL_SECONDS


def _card(
    membership: Membership, request: SellRequest, lines: list[Line], freed: str, most_lines: int
) -> Card:
    slug = membership.team.slug
    trade = request.trade
    story = sell_words.story_of(request)
    phase, phase_class = sell_words.phase_badge(trade)
    live = sum(line.live for line in lines)
    return Card(
        pk=request.pk,
        url=reverse("sell", args=[slug, request.pk]),
        trade_url=reverse("trade", args=[slug, trade.pk]) if trade else "",
        title=_title(lines, request.items_count),
        total=money_text(request.total_milli),
        game=game_text(request.game_id),
        account=request.account.label,
        custom_id=request.custom_id,
        state=request.state,
        state_word=sell_words.state_label(request),
        state_class=sell_words.state_class(request),
        phase=phase,
        phase_class=phase_class,
        story=story,
        differences=tuple(sell_words.differences(request)),
        lines=tuple(lines[:most_lines]),
        lines_left_out=max(0, len(lines) - most_lines),
        items="1 item" if request.items_count == 1 else f"{count_text(request.items_count)} items",
        picture=lines[0].picture if lines else picture_of("", request.game_id),
        bot_name=request.bot_name or (trade.bot_name if trade else ""),
        bot_steamid=request.bot_steamid or (trade.bot_steamid if trade else ""),
        offer_id=_offer_id(request),
        offer_url=_offer_url(request),
        settlement=moment_text(trade.settles_at) if trade and trade.settles_at else "",
        agreed_by=request.by.email if request.by else "someone who is gone",
        agreed_at=request.created_at,
        freed=freed,
        actions=_actions(membership, request, story, lines),
        may_free=request.state in CAN_BE_FREED and live > 0 and may(membership, Can.KEYS_ANY),
        poll_seconds=_poll_seconds(request),
    )


def _title(lines: Sequence[Line], items_count: int) -> str:
    first = lines[0].name if lines else "Sell"
    more = items_count - 1
    return f"{first} and {more:,} more" if more > 0 else first


def _offer_id(request: SellRequest) -> str:
    """Foreign text: only what can be an offer's number goes into an address."""
    offer = request.trade.offer_id if request.trade else ""
    return offer if offer.isascii() and offer.isdigit() else ""


def _offer_url(request: SellRequest) -> str:
    offer = _offer_id(request)
    return f"{settings.STEAM_COMMUNITY_URL.rstrip('/')}/tradeoffer/{offer}/" if offer else ""


def _poll_seconds(request: SellRequest) -> int:
    if is_settled(request):
        return 0
    if request.trade:
        return TRADE_POLL_SECONDS[Phase(request.trade.phase)]
    return POLL_SECONDS[SellState(request.state)]


def _actions(
    membership: Membership, request: SellRequest, story: sell_words.Story, lines: Sequence[Line]
) -> tuple[Action, ...]:
    """What mends it, the likeliest first; what cannot work for these items is left out."""
    if not may(membership, Can.SELL) or not is_over(request):
        return ()
    names = {line.name for line in lines}
    possible = {
        Mend.SAME: True,
        Mend.WITHOUT: story.dropped_item in names and len(names) > 1,
        Mend.SPLIT: request.items_count > 1,
    }
    modes = [mend for mend in story.mends if possible[mend]]
    return tuple(
        Action(mend, _LABELS[mend], is_main=place == 0) for place, mend in enumerate(modes)
    )


_LABELS = {
    Mend.SAME: "Match again",
    Mend.WITHOUT: "Match without it",
    Mend.SPLIT: "Split in two",
}
