"""What the inventory page says: the address it was asked by, its tabs, state and rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import Membership
from dashboard import clock
from dashboard.templatetags.ui import age_text, ago_html, count_text, game_text, money_text
from trades.filters import KNOWN_GAMES
from trades.models import Inventory
from trades.services import stock
from trades.services.inventory import PROTECTED_CONTEXT, Source
from trades.services.stock import BY_COUNT, BY_NAME, Claimed, Group, Shelf
from trades.views.basket import FIELD, Basket
from trades.views.live import digest
from trades.views.pictures import Picture, picture_address, picture_of

PAGE_SIZE = 200
LONGEST_SEARCH = 100
LAST_PAGE = 10_000
SORTS = ((BY_NAME, "Name"), (BY_COUNT, "Most first"))
BUSY_SECONDS = 1
WAITING_SECONDS = 10
State = Inventory.State
NEXT_STEPS = {
    State.PRIVATE: "Set the inventory to public in Steam's privacy settings, then refresh.",
    State.HIDDEN: "Items may be on hold, or the profile may hide them.",
    State.FAILED: "Refresh to try again.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The page's address; whatever cannot be is what the page starts with."""

    slug: str
    shelf: Shelf
    counts: Mapping[int, int]  # items held, by game
    text: str
    sort: str
    page: int

    def query(self, **more: str) -> str:
        params = {
            "source": self.shelf.source.steamid64,
            "game": str(self.shelf.app_id),
            "q": self.text,
            "sort": self.sort if self.sort != BY_NAME else "",
            "page": str(self.page) if self.page > 1 else "",
        }
        return urlencode({name: value for name, value in (params | more).items() if value})

    def address(self, **more: str) -> str:
        return f"{reverse('inventory', args=[self.slug])}?{self.query(**more)}"


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    count: str
    url: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class ReadState:
    """How the inventory in hand stands."""

    word: str
    word_class: str
    sentence: str
    troubles: Sequence[str]
    done: int
    total: int | None
    is_reading: bool
    poll_seconds: int | None
    was_read: bool
    is_empty_at_steam: bool
    read_sign: str  # new whenever the items are


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    field: str
    picture_url: str
    picture: Picture
    colour: str  # "" = unknown
    total: int
    free: int
    chosen: int
    floor: str
    reasons: Sequence[str]
    sells: Sequence[Claimed]


def asked_by(membership: Membership, params: QueryDict, sources: Sequence[Source]) -> Asked:
    source = _source_asked(params, sources)
    counts = stock.counts_by_game(membership.team, source.steamid64)
    shelf = Shelf(membership.team, source, _game_asked(params, counts))
    sort, page = params.get("sort", ""), params.get("page", "")
    return Asked(
        slug=membership.team.slug,
        shelf=shelf,
        counts=counts,
        text=params.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH],
        sort=sort if sort in dict(SORTS) else BY_NAME,
        page=_page_number(page),
    )


def _source_asked(params: QueryDict, sources: Sequence[Source]) -> Source:
    asked = params.get("source", "")
    return next((one for one in sources if one.steamid64 == asked), sources[0])


def _game_asked(params: QueryDict, counts: Mapping[int, int]) -> int:
    """The first game that has items where none is named."""
    games = {str(game): game for game in KNOWN_GAMES}
    filled = next((game for game in KNOWN_GAMES if counts.get(game)), KNOWN_GAMES[0])
    return games.get(params.get("game", ""), filled)


def _page_number(text: str) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(LAST_PAGE))
    return min(max(int(text), 1), LAST_PAGE) if is_number else 1


def basket_of(request: HttpRequest, asked: Asked) -> Basket:
    shelf = asked.shelf
    return Basket(request.session, shelf.team.pk, shelf.source.steamid64, shelf.app_id)


def tabs(asked: Asked, inventories: Sequence[Inventory]) -> list[Tab]:
    read = {one.app_id for one in inventories if one.read_at}
    return [
        Tab(
            name=game_text(game),
            count=count_text(asked.counts.get(game, 0)) if game in read else "",
            url=asked.address(game=str(game), page=""),
            is_here=game == asked.shelf.app_id,
        )
        for game in KNOWN_GAMES
    ]


def read_state(inventories: Sequence[Inventory], held: int) -> ReadState:
    """Of the one or two inventories that make a game; ``held`` = how many items are shown."""
    now = clock.now()
    reading = [one for one in inventories if one.lease_until and one.lease_until > now]
    waiting = [one.due_at for one in inventories if one.due_at]
    is_held_back = bool(waiting) and not reading and min(waiting) > now
    word, word_class = _word(inventories, is_busy=bool(reading or waiting), waits=is_held_back)
    is_read = bool(inventories) and all(one.state == State.READ for one in inventories)
    return ReadState(
        word=word,
        word_class=word_class,
        sentence=_age_sentence(inventories, held),
        troubles=[] if reading else _troubles(inventories, waiting, held),
        done=sum(one.progress_done for one in reading),
        total=sum(one.total or 0 for one in reading) or None,
        is_reading=bool(reading) or (bool(waiting) and min(waiting) <= now),
        poll_seconds=_poll_seconds(waiting, now),
        was_read=any(one.read_at for one in inventories),
        is_empty_at_steam=is_read and not held,
        read_sign=digest([one.read_at for one in inventories]),
    )


def _word(inventories: Sequence[Inventory], *, is_busy: bool, waits: bool) -> tuple[str, str]:
    states = {one.state for one in inventories}
    if waits:
        return "Waiting for Steam", "is-wait"
    if is_busy:
        return "Reading", "is-wait"
    if not inventories or states == {State.NEVER}:
        return "Not read yet", "is-none"
    if states == {State.READ}:
        return "Read", "is-good"
    for state, word in ((State.PRIVATE, "Private"), (State.HIDDEN, "Nothing is shown")):
        if state in states:
            return word, "is-bad"
    return "Could not be read", "is-bad"


def _age_sentence(inventories: Sequence[Inventory], held: int) -> str:
    ages = [one.read_at for one in inventories if one.read_at]
    if not ages:
        return ""
    things = "1 item" if held == 1 else f"{count_text(held)} items"
    return format_html("{}, read {}.", things, ago_html(min(ages)))


def _troubles(
    inventories: Sequence[Inventory], waiting: Sequence[datetime], held: int
) -> list[str]:
    """A sentence for each kind of trouble, with what to do or what will happen."""
    bad = [one for one in inventories if one.state not in {State.NEVER, State.READ}]
    said = dict.fromkeys(_trouble(one, bad) for one in bad)
    counted = sum(one.total or 0 for one in inventories)
    if inventories and not bad and not waiting and counted > held:
        words = f"Steam counts {count_text(counted)} items and shows {count_text(held)} of them"
        said[f"{words} to strangers."] = None
    later = [at for at in waiting if at > clock.now()]
    if later:
        if not bad:
            said["Steam asks us to slow down, for every inventory together."] = None
        said[f"It is read by itself {age_text(min(later))}."] = None
    return list(said)


def _trouble(one: Inventory, bad: Sequence[Inventory]) -> str:
    is_alone = all(each is one or each.last_error != one.last_error for each in bad)
    about = "Trade-protected items: " if one.context_id == PROTECTED_CONTEXT and is_alone else ""
    return f"{about}{one.last_error} {NEXT_STEPS.get(State(one.state), '')}".strip()


def _poll_seconds(waiting: Sequence[datetime], now: datetime) -> int | None:
    if not waiting:
        return None
    return BUSY_SECONDS if min(waiting) <= now else WAITING_SECONDS


def rows(asked: Asked, groups: Sequence[Group], basket: Basket, *, pictures: bool) -> list[Row]:
    names = [group.name for group in groups if group.claimed]
    held: dict[str, list[Claimed]] = {}
    for claimed in stock.claimed_among(asked.shelf, names):
        held.setdefault(claimed.name, []).append(claimed)
    return [
        _row(group, asked, basket, held.get(group.name, ()), pictures=pictures) for group in groups
    ]


def _row(
    group: Group, asked: Asked, basket: Basket, sells: Sequence[Claimed], *, pictures: bool
) -> Row:
    chosen = basket.get(group.name)
    return Row(
        name=group.name or "Unnamed item",
        field=f"{FIELD}{group.name}",
        picture_url=picture_address(group.icon) if pictures and group.icon else "",
        picture=picture_of(group.name, asked.shelf.app_id),
        colour=f"#{group.rarity_colour}" if group.rarity_colour else "",
        total=group.total,
        free=group.free,
        chosen=min(chosen.amount, group.free) if chosen else 0,
        floor=money_text(chosen.floor_milli) if chosen and chosen.floor_milli is not None else "",
        reasons=_reasons(group),
        sells=sells,
    )


def _reasons(group: Group) -> list[str]:
    """Why some of them cannot be chosen."""
    if not group.name:
        return ["Steam gives no name to sell it by"]
    kinds = (
        (group.protected, "trade-protected (up to 7 days)"),
        (group.untradable, "not tradable"),
        (group.stacked, "in stacks, which the market does not take"),
    )
    return [
        words if number == group.total else f"{count_text(number)} {words}"
        for number, words in kinds
        if number
    ]
