"""The filters that are on, each with the address that takes it off."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import MarketAccount, Upstream
from dashboard.templatetags.ui import count_text, game_text, money_text
from trades.filter_fields import STEAM_STATUSES
from trades.filters import NOTHING, OTHER_GAMES, OTHER_STATUSES, UNKNOWN, IdKind, TradeFilter
from trades.models import Direction, Phase
from trades.views.words import status_text

MOST_CHIPS_OF_IDS = 3
_STEAM_NAMES = dict(STEAM_STATUSES)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, and the address without it."""

    text: str
    url: str


def chips(
    wanted: TradeFilter, accounts: Sequence[MarketAccount], address: Callable[[TradeFilter], str]
) -> list[Chip]:
    labels = {account.pk: account.label for account in accounts}
    return [
        Chip(text, address(without)) for text, without in [*_of_ids(wanted), *_of(wanted, labels)]
    ]


def _of_ids(wanted: TradeFilter) -> Iterator[tuple[str, TradeFilter]]:
    kind = IdKind(wanted.id_kind).label.lower().removeprefix("any ")
    if len(wanted.ids) > MOST_CHIPS_OF_IDS:
        yield f"{count_text(len(wanted.ids))} {kind}s", wanted.without("ids")
        return
    for each in wanted.ids:
        yield f"{kind} {each}", wanted.without("ids", each)


def _of(wanted: TradeFilter, labels: Mapping[int, str]) -> Iterator[tuple[str, TradeFilter]]:
    for name, words in _words(labels).items():
        value = getattr(wanted, name)
        for each in value if isinstance(value, tuple) else [value]:
            if each not in {"", None}:
                yield words(each), wanted.without(name, each)


def _words(labels: Mapping[int, str]) -> dict[str, Callable[[Any], str]]:
    return {
        "upstreams": lambda each: _label(Upstream, each),
        "accounts": lambda each: labels.get(each, ""),
        "games": _game_words,
        "statuses": lambda each: (
            "any other status" if each == OTHER_STATUSES else status_text(each)
        ),
        "summaries": lambda each: f"summary {each}",
        "steam_statuses": lambda each: f"Steam: {_STEAM_NAMES.get(str(each), each)}",
        "phases": lambda each: _label(Phase, each),
        "directions": lambda each: _label(Direction, each),
        "since": lambda day: f"from {day}",
        "until": lambda day: f"to {day}",
        "updated_since": lambda day: f"updated from {day}",
        "updated_until": lambda day: f"updated to {day}",
        "settles_since": lambda day: f"becomes free from {day}",
        "settles_until": lambda day: f"becomes free to {day}",
        "free": _free_words,
        "value_from": lambda value: f"at least {money_text(value)}",
        "value_to": lambda value: f"at most {money_text(value)}",
        "value": lambda _: "value unknown",
        "item": lambda text: f"item contains “{text}”",
        "custom": lambda text: f"custom id contains “{text}”",
        "error": lambda text: f"error contains “{text}”",
        "bot": lambda text: f"bot {text}",
        "item_is": lambda text: f"item is “{text}”",
        "error_is": lambda text: "no reason told" if text == NOTHING else f"reason is “{text}”",
        "bot_is": lambda text: "no bot named" if text == NOTHING else f"bot is {text}",
    }


def _label(choices: Any, value: str) -> str:
    return str(dict(choices.choices).get(value, value))


def _game_words(game: str) -> str:
    return "other games" if game == OTHER_GAMES else game_text(int(game))


def _free_words(free: str) -> str:
    return "no settlement day" if free == UNKNOWN else f"becomes free on {free}"
