"""How a record becomes the columns of its row."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import CharField, Model

from accounts.models import MarketAccount
from trades.models import Trade, TradeItem, ValueSource
from trades.upstreams.records import BadRow, ItemRecord, TradeRecord

# What an answer may write. Ours (value, its source, first seen, sort_at) are not among them.
MIRRORED = (
    "phase", "direction", "status", "summary", "steam_status", "game_id", "custom_id", "offer_id",
    "steam_trade_id", "steam_trade_key", "partner_steamid", "bot_steamid", "bot_name", "code",
    "error", "item_names", "item_count", "created_at", "updated_at", "settles_at", "content_hash",
    "changed_at", "asked_at",
)  # fmt: skip
# The columns of a new row as they are written: its id, its value, what a page's rows share, and
# what the answer tells, which any thread may prepare.
_OF_THE_PAGE = ("account_id", "team_id", "first_seen_at", "changed_at", "asked_at")
_TOLD = ("sort_at", "upstream_id", *(name for name in MIRRORED if name not in _OF_THE_PAGE))
NEW_ROW = ("id", "value_milli", "value_source", *_OF_THE_PAGE, *_TOLD)
ITEM_TOLD = ("side", "app_id", "context_id", "asset_id", "name", "amount")
ITEM_COLUMNS = ("trade_id", "folded_name_id", *ITEM_TOLD)
RAW_COLUMNS = ("trade_id", "packed")


def _limits(model: type[Model], names: Sequence[str]) -> list[tuple[str, int]]:
    fields = [model._meta.get_field(name) for name in names]
    return [
        (field.name, field.max_length)
        for field in fields
        if isinstance(field, CharField) and field.max_length
    ]


_FOREIGN_TEXTS = (
    "upstream_id", "status", "summary", "custom_id", "offer_id", "steam_trade_id", "bot_steamid",
    "bot_name", "partner_steamid", "code",
)  # fmt: skip
_LIMITS = _limits(Trade, _FOREIGN_TEXTS)
_foreign_texts = attrgetter(*_FOREIGN_TEXTS)
_LONGEST_KEY = dict(_limits(Trade, ["steam_trade_key"]))["steam_trade_key"]
_ITEM_LIMITS = _limits(TradeItem, ["context_id", "asset_id", "name"])


def mirrored(record: TradeRecord, *, seen_at: datetime, asked_at: datetime) -> tuple[Any, ...]:
    """The values of ``MIRRORED``, in that order."""
    return (*_told(record), seen_at, asked_at)


def sort_at(record: TradeRecord, asked_at: datetime) -> datetime:
    """A trade without a date stands where the question was asked that showed it first."""
    return record.created_at or asked_at


def told(record: TradeRecord, asked_at: datetime) -> tuple[Any, ...]:
    """What of a new row the answer tells."""
    return (sort_at(record, asked_at), record.upstream_id, *_told(record))


def shared(account: MarketAccount, seen_at: datetime, asked_at: datetime) -> tuple[Any, ...]:
    """What the new rows of a page have in common."""
    return (account.pk, account.team_id, seen_at, seen_at, asked_at)


def quoted(value_milli: int) -> tuple[Any, ...]:
    """The value of a trade that is one of our own sells, and where it is from."""
    return (value_milli, ValueSource.QUOTED.value)


NO_VALUE = (None, ValueSource.NONE.value)


def _told(record: TradeRecord) -> tuple[Any, ...]:
    return (
        record.phase, record.direction, record.status, record.summary, record.steam_status,
        record.game_id, record.custom_id, record.offer_id, record.steam_trade_id,
        steam_trade_key(record.steam_trade_id), record.partner_steamid, record.bot_steamid,
        record.bot_name, record.code, record.error, item_names(record.items), len(record.items),
        record.created_at, record.updated_at, record.settles_at, record.content_hash,
    )  # fmt: skip


def steam_trade_key(full_id: str) -> str:
    """The bare id that Steam and the path lookup use: what stands before the underscore."""
    return full_id.partition("_")[0]


def item_names(items: Sequence[ItemRecord]) -> str:
    """Each name once, lower case, one a line: what "name contains" reads in order of time."""
    return "\n".join(dict.fromkeys(item.name.lower() for item in items if item.name))


def item_rows(
    trade_id: int, items: Iterable[ItemRecord], name_ids: Mapping[str, int | None]
) -> list[tuple[Any, ...]]:
    """The values of ``ITEM_COLUMNS``; ``name_ids`` as ``item_names.ids_of`` gives them."""
    return [(trade_id, name_ids[item.name], *item_values(item)) for item in items]


def item_values(item: ItemRecord) -> tuple[Any, ...]:
    """The values of ``ITEM_TOLD``."""
    return (item.side, item.app_id, item.context_id, item.asset_id, item.name, item.amount)


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def too_long(record: TradeRecord) -> BadRow | None:
    """A text that its column cannot hold is a bad row, never a broken page."""
    for text, (name, limit) in zip(_foreign_texts(record), _LIMITS, strict=True):
        if text and len(text) > limit:
            return _bad(record, f"{name} is longer than {limit} characters")
    if len(steam_trade_key(record.steam_trade_id)) > _LONGEST_KEY:
        return _bad(record, "the Steam trade id is longer than its column")
    for item in record.items:
        for name, limit in _ITEM_LIMITS:
            if len(getattr(item, name)) > limit:
                return _bad(record, f"an item's {name} is longer than {limit} characters")
    return None


def _bad(record: TradeRecord, reason: str) -> BadRow:
    return BadRow(reason=reason, raw=record.raw, upstream_id=record.upstream_id[:64])
