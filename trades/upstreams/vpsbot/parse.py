"""VPSBot's JSON to our records. Pure: bytes in, records out, Unreadable where the shape is odd.

Shapes: seed pages "Trades API" (Trade Object Schema) and "Sell API". Every nested field may be
null or missing; unknown fields are ignored; a row that cannot be read never costs its page.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from trades.upstreams.content import content_hash
from trades.upstreams.moments import from_iso
from trades.upstreams.records import BadRow, Direction, ItemRecord, Page, Side, TradeRecord
from trades.upstreams.redaction import cut_tokens, cut_tokens_from_text
from trades.upstreams.scalars import SMALL, Unreadable, text, whole
from trades.upstreams.vpsbot.phase import phase_of

T = TypeVar("T")

VERSION = 1  # see readings.py
# What the mirror's columns hold; longer than that is a bad row, never a cut one.
LONGEST_ID = 64
LONGEST_CUSTOM_ID = 200
LONGEST_STATUS = 64
LONGEST_STEAM_ID = 20
LONGEST_CONTEXT = 16
LONGEST_ASSET = 32
LONGEST_NAME = 256
LONGEST_REASON = 300
SHOWN_OF_BOT_NAME = 128  # display only, so cut and not refused
LONGEST_PROSE = 100_000

STEAMID64_BASE = 76561197960265728
_PARTNER = re.compile(r"[?&]partner=([0-9]{1,10})(?:[&#]|$)")
_ACCOUNT_IDS = range(1, 2**32)

NULL = msgspec.Raw(b"null")


class _Item(msgspec.Struct, gc=False):
    appid: Any = None
    contextid: Any = None
    assetid: Any = None
    market_hash_name: Any = None
    amount: Any = None


class _Processed(msgspec.Struct, gc=False):
    trade_id: Any = None
    tradeoffer_id: Any = None
    partner_id: Any = None
    items_to_give: list[_Item] | None = None
    items_to_receive: list[_Item] | None = None
    status: Any = None
    game_id: Any = None
    settlement: Any = None


class _Bot(msgspec.Struct, gc=False):
    steamid64: Any = None
    profile_name: Any = None


class _Row(msgspec.Struct, gc=False):
    trade_id: Any = None
    custom_id: Any = None
    summary: Any = None
    status: Any = None
    error: Any = None
    created_at: Any = None
    updated_at: Any = None
    processed_trade: _Processed | None = None
    selected_bot: _Bot | None = None


class _Page(msgspec.Struct):
    trades: list[msgspec.Raw]
    total: msgspec.Raw = NULL
    limit: msgspec.Raw = NULL
    offset: msgspec.Raw = NULL


class _IdAlone(msgspec.Struct):
    trade_id: Any = None


class _Single(msgspec.Struct):
    trade_id: msgspec.Raw = NULL
    trade: msgspec.Raw = NULL


_NOTHING_PROCESSED = _Processed()
_NO_BOT = _Bot()
_read_row = msgspec.json.Decoder(_Row).decode
_read_page = msgspec.json.Decoder(_Page).decode
_read_id = msgspec.json.Decoder(_IdAlone).decode
_read_single = msgspec.json.Decoder(_Single).decode
_read_any = msgspec.json.Decoder(Any).decode


def page(data: bytes | msgspec.Raw, asked_at: datetime) -> Page:
    """``data`` of a list answer: each row by itself, the unreadable ones as BadRow."""
    answer = decoded(_read_page, data)
    rows = [listed_row(bytes(raw)) for raw in answer.trades]
    return Page(
        trades=tuple(row for row in rows if isinstance(row, TradeRecord)),
        bad=tuple(row for row in rows if isinstance(row, BadRow)),
        total=_count(answer.total),
        limit=_count(answer.limit),
        offset=_count(answer.offset),
        asked_at=asked_at,
    )


def single(data: bytes | msgspec.Raw) -> TradeRecord:
    """``data`` of a lookup: the trade itself, or under ``trade`` (no seed page shows which)."""
    answer = decoded(_read_single, data)
    is_nested = answer.trade_id == NULL and answer.trade != NULL
    return trade(bytes(answer.trade if is_nested else data))


def trade(raw: bytes) -> TradeRecord:
    """One TradeData object; Unreadable with the reason when it does not fit."""
    fields = _typed(decoded(_read_row, raw))
    return TradeRecord(**fields, raw=cut_tokens(raw), content_hash=content_hash(fields))


def decoded(read: Callable[[bytes | msgspec.Raw], T], data: bytes | msgspec.Raw) -> T:
    """Whatever JSON can be wrong about is Unreadable; the reason names types and places only."""
    try:
        return read(data)
    except msgspec.ValidationError as wrong:
        raise Unreadable(str(wrong)) from None
    except RecursionError:
        raise Unreadable("it is nested too deeply") from None
    except ValueError:  # DecodeError and UnicodeDecodeError; their texts may quote the input
        raise Unreadable("it is not JSON") from None


def listed_row(raw: bytes) -> TradeRecord | BadRow:
    try:
        return trade(raw)
    except Unreadable as wrong:
        return BadRow(str(wrong)[:LONGEST_REASON], cut_tokens(raw), _id_at_least(raw))


def _id_at_least(raw: bytes) -> str:
    try:
        return text(decoded(_read_id, raw).trade_id, "trade_id", LONGEST_ID)
    except Unreadable:
        return ""


def _count(raw: msgspec.Raw) -> int | None:
    try:
        number = whole(decoded(_read_any, raw), "count")
    except Unreadable:
        return None
    return number if number is not None and number >= 0 else None


def _typed(row: _Row) -> dict[str, Any]:
    """The columns of a row, in a fixed order: the content hash is taken over them."""
    processed = row.processed_trade or _NOTHING_PROCESSED
    bot = row.selected_bot or _NO_BOT
    status = text(row.status, "status", LONGEST_STATUS)
    summary = _summary(row.summary)
    game_id = whole(processed.game_id, "game_id", SMALL)
    settles_at = from_iso(processed.settlement, "settlement")
    return {
        "upstream_id": _upstream_id(row.trade_id),
        "phase": phase_of(status, summary, _steam_state(processed.status), game_id, settles_at),
        "direction": Direction.PURCHASE if processed.items_to_give else Direction.SELL,
        "status": status,
        "summary": summary,
        "game_id": game_id,
        "steam_status": _steam_status(processed.status),
        "custom_id": _custom_id(row.custom_id),
        "offer_id": text(processed.tradeoffer_id, "tradeoffer_id", LONGEST_ID),
        "steam_trade_id": _steam_trade_id(processed.trade_id),
        "partner_steamid": partner_steamid(processed.partner_id),
        "bot_steamid": text(bot.steamid64, "steamid64", LONGEST_STEAM_ID),
        "bot_name": text(bot.profile_name, "profile_name", LONGEST_PROSE)[:SHOWN_OF_BOT_NAME],
        "error": _error(row.error),
        "created_at": from_iso(row.created_at, "created_at"),
        "updated_at": from_iso(row.updated_at, "updated_at"),
        "settles_at": settles_at,
        "items": _items(processed),
    }


def _upstream_id(value: object) -> str:
    upstream_id = text(value, "trade_id", LONGEST_ID)
    if not upstream_id.strip():
        raise Unreadable("trade_id is missing")
    return upstream_id


def _custom_id(value: object) -> str | None:
    return None if value is None else text(value, "custom_id", LONGEST_CUSTOM_ID)


def _summary(value: object) -> str:
    """The create answer has an object of this name: of no use in a list."""
    return "" if isinstance(value, dict) else text(value, "summary", LONGEST_STATUS)


def _error(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("message")
    if value is None or isinstance(value, bool | list | dict | float):
        return ""
    return cut_tokens_from_text(text(value, "error", LONGEST_PROSE))


def _steam_status(value: object) -> int | None:
    """A number, also as text; the words of a create answer ("processing") are none."""
    if isinstance(value, str) and not value.removeprefix("-").isdigit():
        return None
    return whole(value, "processed_trade.status", SMALL)


def _steam_state(value: object) -> int | str | None:
    number = _steam_status(value)
    return value if number is None and isinstance(value, str) else number


def _steam_trade_id(value: object) -> str:
    full = text(value, "processed_trade.trade_id", LONGEST_ID)
    if len(full.partition("_")[0]) > LONGEST_ASSET:
        raise Unreadable("processed_trade.trade_id is no Steam trade id")
    return full


def partner_steamid(value: object) -> str:
    """The steamid64 behind ``partner=`` of a trade offer URL, "" when there is none."""
    found = _PARTNER.search(value) if isinstance(value, str) else None
    if found is None or int(found[1]) not in _ACCOUNT_IDS:
        return ""
    return str(STEAMID64_BASE + int(found[1]))


def _items(processed: _Processed) -> tuple[ItemRecord, ...]:
    """VPSBot speaks as the bot: what it receives is what the seller gives."""
    given = [_item(item, Side.GIVEN) for item in processed.items_to_receive or ()]
    received = [_item(item, Side.RECEIVED) for item in processed.items_to_give or ()]
    return (*given, *received)


def _item(item: _Item, side: Side) -> ItemRecord:
    amount = whole(item.amount, "amount", SMALL)
    if amount is not None and amount < 0:
        raise Unreadable("amount is negative")
    return ItemRecord(
        side,
        text(item.assetid, "assetid", LONGEST_ASSET),
        text(item.market_hash_name, "market_hash_name", LONGEST_NAME),
        whole(item.appid, "appid", SMALL),
        text(item.contextid, "contextid", LONGEST_CONTEXT),
        1 if amount is None else amount,
    )
