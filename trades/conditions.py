"""A ``TradeFilter`` as conditions on trades, each one by itself, so that the reader can choose
which of them leads (trades.narrowing)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from django.db.models import Q

from accounts.models import MarketAccount
from trades.filters import (
    KNOWN_GAMES,
    KNOWN_STATUSES,
    NOTHING,
    OTHER_GAMES,
    OTHER_STATUSES,
    SHORTEST_TEXT,
    UNKNOWN,
    TradeFilter,
)
from trades.models import Direction, Phase
from trades.models.stat import NO_GAME

INDEXED_TEXTS = {"custom": "custom_id", "item": "item_names", "error": "error"}
TIMES = {
    "sort_at": ("since", "until"),
    "updated_at": ("updated_since", "updated_until"),
    "settles_at": ("settles_since", "settles_until"),
}


class Condition(NamedTuple):
    """``column`` is the one whose index can lead, "" where none can."""

    column: str
    found: Q


def day_start(day: date, zone: tzinfo) -> datetime:
    """The first instant of a day; a midnight that the clocks skip or repeat is the earlier one."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def conditions(wanted: TradeFilter, accounts: Sequence[MarketAccount]) -> list[Condition]:
    """All that the filter asks for, joined by "and"; its ids are looked up apart."""
    found = [*_of_accounts(wanted, accounts), *_of_words(wanted), *_of_values(wanted)]
    found += [*_of_times(wanted), *_of_texts(wanted), *_of_whole_texts(wanted)]
    return [condition for condition in found if condition.found]


def _of_accounts(wanted: TradeFilter, accounts: Sequence[MarketAccount]) -> list[Condition]:
    shown = shown_accounts(wanted, accounts)
    if len(shown) == len(accounts):
        return []
    return [Condition("", Q(account_id__in=[each.pk for each in shown]))]


def shown_accounts(wanted: TradeFilter, accounts: Sequence[MarketAccount]) -> list[MarketAccount]:
    """An account found to be a double is never shown twice."""
    return [
        each
        for each in accounts
        if each.is_active
        and (not wanted.accounts or each.pk in wanted.accounts)
        and (not wanted.upstreams or each.upstream in wanted.upstreams)
    ]


def _of_words(wanted: TradeFilter) -> list[Condition]:
    return [
        Condition(
            "" if OTHER_STATUSES in wanted.statuses else "status",
            _statuses(wanted.statuses),
        ),
        Condition(
            "" if OTHER_GAMES in wanted.games else "game_id",
            _games(wanted.games),
        ),
        Condition("", _is_in("summary", wanted.summaries)),
        Condition("", _is_in("steam_status", wanted.steam_statuses)),
        Condition("phase", _is_in("phase", wanted.phases)),
        Condition(
            "" if Direction.SELL in wanted.directions else "direction",
            _is_in("direction", wanted.directions),
        ),
        Condition("bot_name", _bot(wanted.bot)),
    ]


def _is_in(column: str, values: Sequence[object]) -> Q:
    if len(values) == 1:
        return Q(**{column: values[0]})
    return Q(**{f"{column}__in": values}) if values else Q()


def _statuses(asked: Sequence[str]) -> Q:
    named = _is_in("status", [word for word in asked if word != OTHER_STATUSES])
    if OTHER_STATUSES in asked:
        return named | ~Q(status__in=KNOWN_STATUSES)
    return named


def _games(asked: Sequence[str]) -> Q:
    numbers = [int(game) for game in asked if game != OTHER_GAMES]
    found = _is_in("game_id", numbers)
    if NO_GAME in numbers:
        found |= Q(game_id=None)
    if OTHER_GAMES in asked:
        found |= Q(game_id=None) | ~Q(game_id__in=KNOWN_GAMES)
    return found


def _bot(text: str) -> Q:
    return Q(bot_name=text) | Q(bot_steamid=text) if text else Q()


def _of_values(wanted: TradeFilter) -> list[Condition]:
    if wanted.value == UNKNOWN:
        return [Condition("", Q(value_milli=None))]
    found = Q()
    if wanted.value_from is not None:
        found &= Q(value_milli__gte=wanted.value_from)
    if wanted.value_to is not None:
        found &= Q(value_milli__lte=wanted.value_to)
    return [Condition("value_milli", found)]


def _of_times(wanted: TradeFilter) -> list[Condition]:
    spans = [
        Condition(
            column, _days(column, getattr(wanted, since), getattr(wanted, until), wanted.zone)
        )
        for column, (since, until) in TIMES.items()
    ]
    return [*spans, Condition("phase" if wanted.free == UNKNOWN else "settles_at", _free(wanted))]


def _days(column: str, since: date | None, until: date | None, zone: tzinfo) -> Q:
    found = Q()
    if since:
        found &= Q(**{f"{column}__gte": day_start(since, zone)})
    if until:
        found &= Q(**{f"{column}__lt": day_start(until + timedelta(days=1), zone)})
    return found


def _free(wanted: TradeFilter) -> Q:
    if not wanted.free:
        return Q()
    frozen = Q(phase=Phase.FROZEN)
    if wanted.free == UNKNOWN:
        return frozen & Q(settles_at=None)
    day = date.fromisoformat(wanted.free)
    return frozen & _days("settles_at", day, day, wanted.zone)


def _of_texts(wanted: TradeFilter) -> list[Condition]:
    return [
        Condition(column, _contains(column, getattr(wanted, name)))
        for name, column in INDEXED_TEXTS.items()
        if getattr(wanted, name)
    ]


def _contains(column: str, text: str) -> Q:
    found = Q(**{f"{column}__icontains": _folded(column, text)})
    if column == "error":
        # PostgreSQL's index leaves the empty ones out, and is used where the question does.
        found &= ~Q(error="")
    return found


def _folded(column: str, text: str) -> str:
    """Item names are stored in lower case, whatever letters they have."""
    return text.lower() if column == "item_names" else text


def _of_whole_texts(wanted: TradeFilter) -> list[Condition]:
    return [
        Condition("item_names", _has_line(wanted.item_is.lower())),
        Condition("", Q(error=""))
        if wanted.error_is == NOTHING
        else _led_by_part("error", wanted.error_is, Q(error=wanted.error_is)),
        Condition("", _bot_alone(wanted.bot_is)),
    ]


def _led_by_part(column: str, text: str, whole: Q) -> Condition:
    """What equals a text contains it, and "contains" has the index."""
    if len(text) < SHORTEST_TEXT:
        return Condition("", whole if text else Q())
    return Condition(column, _contains(column, text) & whole)


def _has_line(name: str) -> Q:
    """Names stand one a line; with "contains" beside it PostgreSQL would expect next to no rows."""
    if not name:
        return Q()
    return (
        Q(item_names=name)
        | Q(item_names__startswith=f"{name}\n")
        | Q(item_names__endswith=f"\n{name}")
        | Q(item_names__contains=f"\n{name}\n")
    )


def _bot_alone(key: str) -> Q:
    """A bot is known by its steamid64, by its name where it has none."""
    if not key:
        return Q()
    named = Q(bot_steamid="", bot_name="" if key == NOTHING else key)
    return named if key == NOTHING else named | Q(bot_steamid=key)
