"""Mannco's JSON to our records. Pure: bytes in, records out, Unreadable where the shape is odd.

Shapes: seed pages Get active trades, Get all trades, Resend trade offer. Rows name assets without
names, have no price and no time but the creation; unknown fields are ignored.
"""

import re
from typing import Any

import msgspec
from msgspec import structs

from trades.upstreams.calls import Answer
from trades.upstreams.content import content_hash
from trades.upstreams.moments import from_unix
from trades.upstreams.records import (
    BadRow,
    Direction,
    ItemRecord,
    Page,
    Phase,
    ResendReceipt,
    Side,
    TradeRecord,
)
from trades.upstreams.redaction import cut_tokens, cut_tokens_from_text
from trades.upstreams.scalars import SMALL, Unreadable, text, whole

VERSION = 1  # see readings.py
LONGEST_ID = 64
LONGEST_ASSET = 32
LONGEST_STATUS = 64
LONGEST_CODE = 64
LONGEST_PROSE = 20_000
NO_CODE = "COMPLETED"  # stands in the place of the code of a finished trade

_PHASES = {
    0: Phase.OPEN,
    3: Phase.DONE,
    -1: Phase.FAILED,
    **dict.fromkeys((4, 5, 6, 7, 10), Phase.FAILED),  # listed as resendable, not explained
    -12: Phase.REVERTED,  # by an admin, items returned (other editions of the pages)
}
_STEAMID64 = re.compile(r"7656\d{13}", re.ASCII)
_SEPARATORS = re.compile("[,;]")


class _Content(msgspec.Struct):
    trades: list[msgspec.Raw] | None = None


class _Row(msgspec.Struct):
    id: Any = None
    user: Any = None
    items_received: Any = None
    items_send: Any = None
    status: Any = None
    bot: Any = None
    offerid: Any = None
    timestamp: Any = None
    code: Any = None
    lasterror: Any = None
    game: Any = None


class _Resent(msgspec.Struct):
    trade_id: Any = None
    code: Any = None


_read_content = msgspec.json.Decoder(_Content).decode
_read_row = msgspec.json.Decoder(_Row).decode
_read_resent = msgspec.json.Decoder(_Resent).decode
_HASHED = (
    "upstream_id", "phase", "direction", "status", "summary", "game_id", "offer_id",
    "bot_steamid", "code", "error", "created_at", "items",
)  # fmt: skip


def phase_of_status(status: int) -> Phase:
    """-11 (hidden) does not say how the trade ended: UNKNOWN, like every unnamed number."""
    return _PHASES.get(status, Phase.UNKNOWN)


def page(content: msgspec.Raw, answer: Answer) -> Page:
    rows = [_read(row) for row in _raw_rows(content)]
    trades = tuple(row for row in rows if isinstance(row, TradeRecord))
    bad = tuple(row for row in rows if isinstance(row, BadRow))
    return Page(trades, bad, None, None, None, answer.asked_at)


def page_and_owner(content: msgspec.Raw, answer: Answer) -> tuple[Page, str]:
    """With the steamid64 that every row names as its user; "" where they do not agree on one."""
    users = {_user_of(row) for row in _raw_rows(content)} - {""}
    return page(content, answer), users.pop() if len(users) == 1 else ""


def resent(content: msgspec.Raw, trade_id: str) -> ResendReceipt:
    """Unreadable where it speaks of another trade than the asked one."""
    told = _decoded(_read_resent, content)
    if told.trade_id is not None and text(told.trade_id, "trade_id", LONGEST_ID) != trade_id:
        raise Unreadable("it speaks of another trade")
    return ResendReceipt(trade_id, _code(told.code))


def listed_row(raw: bytes) -> TradeRecord | BadRow:
    return _read(msgspec.Raw(raw))


def with_game_if_missing(record: TradeRecord, game_id: int | None) -> TradeRecord:
    """``/trades/active`` does not name the game, which must not make it unknown again."""
    if record.game_id is not None or game_id is None:
        return record
    told = structs.replace(record, game_id=game_id)
    fields = {name: getattr(told, name) for name in _HASHED}
    return structs.replace(told, content_hash=content_hash(fields))


def _raw_rows(content: msgspec.Raw) -> list[msgspec.Raw]:
    rows: list[msgspec.Raw] | None = _decoded(_read_content, content).trades
    if rows is None:
        raise Unreadable("there is no list of trades")
    return rows


def _read(raw: msgspec.Raw) -> TradeRecord | BadRow:
    kept = cut_tokens(bytes(raw))
    try:
        row = _decoded(_read_row, raw)
    except Unreadable as wrong:
        return BadRow(str(wrong), kept)
    try:
        fields = _fields(row)
    except Unreadable as wrong:
        return BadRow(str(wrong), kept, _readable_id(row.id))
    return TradeRecord(**fields, raw=kept, content_hash=content_hash(fields))


def _fields(row: _Row) -> dict[str, Any]:
    """The columns of a row, in the order of ``_HASHED``."""
    deposited = _assets(row.items_received, "items_received")
    withdrawn = _assets(row.items_send, "items_send")
    status = _status(row.status)
    game_id = whole(row.game, "game", SMALL)
    return {
        "upstream_id": _id(row.id),
        "phase": Phase.UNKNOWN if isinstance(status, str) else phase_of_status(status),
        "direction": _direction(deposited, withdrawn),
        "status": str(status),
        "summary": "",
        "game_id": game_id,
        "offer_id": text(row.offerid, "offerid", LONGEST_ID),
        "bot_steamid": text(row.bot, "bot", 20),
        "code": _code(row.code),
        "error": cut_tokens_from_text(text(row.lasterror, "lasterror", LONGEST_PROSE)),
        "created_at": from_unix(row.timestamp, "timestamp"),
        "items": (
            *(ItemRecord(Side.GIVEN, each, "") for each in deposited),
            *(ItemRecord(Side.RECEIVED, each, "") for each in withdrawn),
        ),
    }


def _direction(deposited: list[str], withdrawn: list[str]) -> Direction:
    """Mannco speaks as the bot: what it receives, the user deposits."""
    if bool(deposited) == bool(withdrawn):
        return Direction.UNKNOWN
    return Direction.DEPOSIT if deposited else Direction.WITHDRAWAL


def _assets(joined: object, name: str) -> list[str]:
    """Asset ids joined by ``,`` or ``;``, blanks between them or none at all."""
    ids = [each.strip() for each in _SEPARATORS.split(text(joined, name, 200_000))]
    if any(len(each) > LONGEST_ASSET for each in ids):
        raise Unreadable(f"{name} holds what is no asset id")
    return [each for each in ids if each]


def _status(value: object) -> int | str:
    """A number, also as text; a word is kept as it came."""
    try:
        number = whole(value, "status", SMALL)
    except Unreadable:
        return text(value, "status", LONGEST_STATUS)
    return "" if number is None else number


def _code(value: object) -> str:
    code = text(value, "code", LONGEST_CODE).strip()
    return "" if code.upper() == NO_CODE else code


def _id(value: object) -> str:
    upstream_id = text(value, "id", LONGEST_ID).strip()
    if not upstream_id:
        raise Unreadable("id is missing")
    return upstream_id


def _readable_id(value: object) -> str:
    try:
        return text(value, "id", LONGEST_ID).strip()
    except Unreadable:
        return ""


def _user_of(raw: msgspec.Raw) -> str:
    try:
        user = text(_decoded(_read_row, raw).user, "user", 20)
    except Unreadable:
        return ""
    return user if _STEAMID64.fullmatch(user) else ""


def _decoded(read: Any, raw: msgspec.Raw) -> Any:
    try:
        return read(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Unreadable("not the documented shape") from None
