"""What the history can be asked for: one frozen ``TradeFilter``, carried by the address.

trades.forms builds it, trades.queries reads by it, links, exports and saved views pass it on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, tzinfo
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db import models

KNOWN_GAMES = (730, 570, 440, 252490)
OTHER_GAMES = "other"
# The seven of the market's documents; its statistics count everything else as errors.
KNOWN_STATUSES = (
    "processing",
    "accepted",
    "completed",
    "cancelled",
    "declined",
    "rolled_back_by_user",
    "rolled_back_by_bot",
)
OTHER_STATUSES = "(other)"
UNKNOWN = "unknown"  # of a settlement day or a value: rows that have none
SHORTEST_TEXT = 3  # a trigram index cannot look for less
NOTHING = "(none)"  # of an exact bot or error: rows that name none


class Sort(models.TextChoices):
    """By which column; the rows that have nothing there come last."""

    CREATED = "created", "Created"
    UPDATED = "updated", "Updated"
    VALUE = "value", "Value"
    SETTLEMENT = "settles", "Becomes free"


COLUMNS = {
    Sort.CREATED: "sort_at",
    Sort.UPDATED: "updated_at",
    Sort.VALUE: "value_milli",
    Sort.SETTLEMENT: "settles_at",
}


class IdKind(models.TextChoices):
    ANY = "", "Any id"
    TRADE = "trade", "Trade id"
    CUSTOM = "custom", "Custom id"
    OFFER = "offer", "Steam offer id"
    STEAM_TRADE = "steam", "Steam trade id"


@dataclass(frozen=True, slots=True)
class TradeFilter:
    """Empty fields ask for nothing. Days are whole days of ``zone``, both ends included.

    Values are milli-dollars. A field of several values asks for any of them.
    """

    upstreams: tuple[str, ...] = ()
    accounts: tuple[int, ...] = ()
    games: tuple[str, ...] = ()  # a game id, "0" for trades without a game, OTHER_GAMES
    statuses: tuple[str, ...] = ()  # as the upstream says it, OTHER_STATUSES
    summaries: tuple[str, ...] = ()
    steam_statuses: tuple[int, ...] = ()
    phases: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()
    since: date | None = None  # by sort_at
    until: date | None = None
    updated_since: date | None = None
    updated_until: date | None = None
    settles_since: date | None = None
    settles_until: date | None = None
    free: str = ""  # the ISO day frozen money becomes free, UNKNOWN
    value_from: int | None = None
    value_to: int | None = None
    value: str = ""  # UNKNOWN: rows without a value
    custom: str = ""  # contains
    item: str = ""  # contains
    error: str = ""  # contains
    bot: str = ""  # the whole name or steamid64
    # As home's panels group, so that their links count the same:
    item_is: str = ""  # one of the items has this very name, in whatever case
    error_is: str = ""  # this very text, NOTHING
    bot_is: str = ""  # steamid64, the name of a bot without one, NOTHING
    ids: tuple[str, ...] = ()
    id_kind: str = IdKind.ANY.value
    sort: str = Sort.CREATED.value
    is_ascending: bool = False
    zone: tzinfo = UTC

    def params(self) -> list[tuple[str, str]]:
        """The filter as the address carries it, what asks for nothing left out."""
        return [
            (name, text)
            for field, name in PARAMS.items()
            for text in _as_texts(field, getattr(self, field))
        ]

    @classmethod
    def from_params(cls, params: Iterable[Sequence[str]], zone: tzinfo) -> "TradeFilter":
        """What ``params`` gave, which was stored; an address goes through trades.forms."""
        texts: dict[str, list[str]] = {}
        for name, text in params:
            texts.setdefault(name, []).append(text)
        asked = {field: texts[name] for field, name in PARAMS.items() if name in texts}
        return cls(zone=zone, **{field: _as_value(field, each) for field, each in asked.items()})

    def query(self, **more: str) -> str:
        """The part of the address after "?"."""
        return urlencode(
            [*self.params(), *((name, value) for name, value in more.items() if value)]
        )

    def without(self, name: str, value: object = None) -> "TradeFilter":
        """The same without a field, or without one of its several values."""
        kept = getattr(self, name)
        if value is not None and isinstance(kept, tuple):
            return self.with_(**{name: tuple(each for each in kept if each != value)})
        return self.with_(**{name: _DEFAULTS[name]})

    def with_(self, **changed: Any) -> "TradeFilter":
        return replace(self, **changed)

    @property
    def is_narrowed(self) -> bool:
        """It asks for less than everything."""
        return any(
            getattr(self, name) != _DEFAULTS[name] for name in PARAMS if name not in NOT_NARROWING
        )


# Field -> parameter of the address, in the order that a reader expects there.
PARAMS = {
    "ids": "q",
    "id_kind": "kind",
    "upstreams": "upstream",
    "accounts": "account",
    "games": "game",
    "statuses": "status",
    "summaries": "summary",
    "steam_statuses": "steam",
    "phases": "phase",
    "directions": "direction",
    "since": "since",
    "until": "until",
    "updated_since": "updated_since",
    "updated_until": "updated_until",
    "settles_since": "settles_since",
    "settles_until": "settles_until",
    "free": "free",
    "value_from": "value_from",
    "value_to": "value_to",
    "value": "value",
    "custom": "custom",
    "item": "item",
    "error": "error",
    "bot": "bot",
    "item_is": "item_is",
    "error_is": "error_is",
    "bot_is": "bot_is",
    "sort": "sort",
    "is_ascending": "up",
}
NOT_NARROWING = ("id_kind", "sort", "is_ascending")
_DEFAULTS = {field.name: field.default for field in fields(TradeFilter)}
_IN_DOLLARS = ("value_from", "value_to")
_DAYS = ("since", "until", "updated_since", "updated_until", "settles_since", "settles_until")


def _as_texts(name: str, value: Any) -> Sequence[str]:
    if value == _DEFAULTS[name]:
        return ()
    if name == "ids":
        return ("\n".join(value),)
    if isinstance(value, tuple):
        return [str(each) for each in value]
    if name in _IN_DOLLARS:
        return (dollars(value),)
    if isinstance(value, bool):
        return ("1",)
    return (value.isoformat() if isinstance(value, date) else str(value),)


def _as_value(name: str, texts: Sequence[str]) -> Any:
    if name == "ids":
        return tuple(texts[0].split("\n"))
    if name in {"accounts", "steam_statuses"}:
        return tuple(map(int, texts))
    if isinstance(_DEFAULTS[name], tuple):
        return tuple(texts)
    if name in _IN_DOLLARS:
        return int(Decimal(texts[0]) * 1000)
    if name in _DAYS:
        return date.fromisoformat(texts[0])
    return True if name == "is_ascending" else texts[0]


def dollars(value_milli: int) -> str:
    """Plain decimal dollars, as a person types them: 14500 -> "14.5"."""
    whole, rest = divmod(value_milli, 1000)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".")
