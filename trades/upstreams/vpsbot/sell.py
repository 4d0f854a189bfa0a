"""What only the Sell API says: matches, receipts and the thirteen figures. Pure, like parse."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from trades.upstreams.records import (
    Identity,
    MatchAnswer,
    MatchAsk,
    MatchedItem,
    SellAsk,
    SellReceipt,
    Statistics,
    Wallet,
)
from trades.upstreams.redaction import cut_tokens_from_text
from trades.upstreams.scalars import Unreadable, rounded, text, whole
from trades.upstreams.vpsbot.parse import (
    LONGEST_CUSTOM_ID,
    LONGEST_ID,
    LONGEST_NAME,
    LONGEST_PROSE,
    LONGEST_STATUS,
    LONGEST_STEAM_ID,
    SHOWN_OF_BOT_NAME,
    decoded,
)

S = TypeVar("S", bound=msgspec.Struct)

_COUNTS = tuple(field.name for field in fields(Statistics) if field.name != "success_rate_milli")


class _Matched(msgspec.Struct):
    market_hash_name: Any = None
    price: Any = None
    amount: Any = None
    error: Any = None


class _Match(msgspec.Struct):
    items: list[_Matched]
    buyer_id: Any = None


class _Sums(msgspec.Struct):
    items_count: Any = None
    total_value: Any = None


class _Bot(msgspec.Struct):
    steamid64: Any = None
    profile_name: Any = None


class _Receipt(msgspec.Struct):
    trade_id: Any = None
    custom_id: Any = None
    status: Any = None
    summary: Any = None
    selected_bot: Any = None


class _AskedItem(msgspec.Struct):
    market_hash_name: str
    amount: int


class _MatchBody(msgspec.Struct):
    game_id: int
    items: list[_AskedItem]


class _SoldItem(msgspec.Struct):
    assetid: str
    market_hash_name: str
    price: int
    contextid: str


class _CreateBody(msgspec.Struct, omit_defaults=True):
    custom_id: str
    buyer_id: str
    tradelink: str
    game_id: int
    items: list[_SoldItem]
    message: str = ""


_read_match = msgspec.json.Decoder(_Match).decode
_read_receipt = msgspec.json.Decoder(_Receipt).decode
_read_object = msgspec.json.Decoder(dict[str, Any]).decode


def match_payload(game_id: int, items: Sequence[MatchAsk]) -> bytes:
    asked = [_AskedItem(item.name, item.amount) for item in items]
    return msgspec.json.encode(_MatchBody(game_id, asked))


def create_payload(
    *,
    custom_id: str,
    buyer_id: str,
    tradelink: str,
    game_id: int,
    items: Sequence[SellAsk],
    message: str = "",
) -> bytes:
    """The bytes of a create, a function of its arguments alone: a re-send is byte-equal.

    ValueError for a sell without items or with a price below 1: zero means "no buyer", not "free".
    """
    if not items or any(item.price_milli < 1 for item in items):
        raise ValueError("a sell needs items, each with a price")
    sold = [
        _SoldItem(item.asset_id, item.name, item.price_milli, item.context_id) for item in items
    ]
    return msgspec.json.encode(
        _CreateBody(custom_id, buyer_id, tradelink, game_id, sold, message=message)
    )


def match(data: msgspec.Raw, asked_at: datetime) -> MatchAnswer:
    answer = decoded(_read_match, data)
    items = tuple(_matched(item) for item in answer.items)
    return MatchAnswer(text(answer.buyer_id, "buyer_id", LONGEST_ID), items, asked_at)


def receipt(data: msgspec.Raw, custom_id: str) -> SellReceipt:
    """Unreadable when it names no trade, or another ``custom_id`` than the one sent."""
    answer = decoded(_read_receipt, data)
    trade_id = text(answer.trade_id, "trade_id", LONGEST_ID)
    echoed = text(answer.custom_id, "custom_id", LONGEST_CUSTOM_ID) or custom_id
    if not trade_id.strip() or echoed != custom_id:
        raise Unreadable("the receipt is not that of this sell")
    sums = _lenient(answer.summary, _Sums)
    bot = _lenient(answer.selected_bot, _Bot)
    return SellReceipt(
        trade_id=trade_id,
        custom_id=echoed,
        items_count=_number(sums.items_count),
        total_value_milli=_number(sums.total_value),
        bot_steamid=_text_or_nothing(bot.steamid64, LONGEST_STEAM_ID),
        bot_name=_text_or_nothing(bot.profile_name, LONGEST_PROSE)[:SHOWN_OF_BOT_NAME],
        status=_text_or_nothing(answer.status, LONGEST_STATUS),
    )


def statistics(data: msgspec.Raw) -> Statistics:
    """Numbers also as text; averages are rounded to the nearest milli-dollar."""
    answer = decoded(_read_object, data)
    figures = {name: rounded(answer.get(name)) for name in _COUNTS}
    figures["success_rate_milli"] = rounded(answer.get("success_rate"), 1000)
    if all(figure is None for figure in figures.values()):
        raise Unreadable("there is no figure in it")
    return Statistics(**figures)


def identity(data: msgspec.Raw) -> Identity:
    answer = decoded(_read_object, data)
    user_id = text(answer.get("id"), "id", LONGEST_ID)
    if not user_id.strip():
        raise Unreadable("id is missing")
    parts = (answer.get("first_name"), answer.get("last_name"))
    full_name = " ".join(part for part in parts if isinstance(part, str) and part)
    name = _text_or_nothing(answer.get("login"), LONGEST_NAME) or full_name[:LONGEST_NAME]
    return Identity(user_id, name)


def wallet(data: msgspec.Raw) -> Wallet:
    answer = decoded(_read_object, data)
    balance = whole(answer.get("balance"), "balance")
    frozen = whole(answer.get("frozen_balance"), "frozen_balance")
    if balance is None or frozen is None:
        raise Unreadable("there is no balance in it")
    return Wallet(balance, frozen)


def _matched(item: _Matched) -> MatchedItem:
    """A missing price is 0, "no buyer": such a row can never be sold by mistake."""
    price = whole(item.price, "price") or 0
    amount = whole(item.amount, "amount") or 0
    if price < 0 or amount < 0:
        raise Unreadable("a price or an amount is negative")
    name = text(item.market_hash_name, "market_hash_name", LONGEST_NAME)
    error = cut_tokens_from_text(_text_or_nothing(item.error, LONGEST_PROSE))
    return MatchedItem(name, price, amount, error)


def _lenient(value: object, kind: type[S]) -> S:
    """Details of a receipt: a trade was created whatever they look like."""
    return msgspec.convert(value, kind) if isinstance(value, dict) else kind()


def _text_or_nothing(value: object, longest: int) -> str:
    try:
        return text(value, "value", longest)
    except Unreadable:
        return ""


def _number(value: object) -> int | None:
    try:
        return whole(value, "value")
    except Unreadable:
        return None
