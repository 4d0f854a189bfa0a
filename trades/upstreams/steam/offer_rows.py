"""Steam's offers as JSON to our records; pure, and row by row, so one bad row costs itself alone.

Seed: CEcon_TradeOffer, CEcon_Asset. Arrays are absent when empty; ids and amounts travel as text.
The list of received offers is misspelt on the seed page: both spellings are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from trades.upstreams.calls import Answer
from trades.upstreams.content import content_hash
from trades.upstreams.errors import Garbled, Unreachable
from trades.upstreams.moments import from_unix
from trades.upstreams.records import (
    BadRow,
    OfferItem,
    OfferPage,
    OfferRecord,
    Side,
    TradeStatus,
)
from trades.upstreams.redaction import cut_tokens, cut_tokens_from_text
from trades.upstreams.scalars import SMALL, Unreadable, text, whole
from trades.upstreams.steam.looks import (
    LONGEST_ICON,
    LONGEST_ID,
    LONGEST_NAME,
    NO_LOOK,
    Kind,
    Look,
    kind,
    rarity_colour,
)

STEAMID64_BASE = 76561197960265728
LONGEST_MESSAGE = 1000
MILLI_A_CENT = 10
# X-eresult: 2 has come with good bodies, 42 says that there is no such offer.
_PLAIN_RESULTS = frozenset({"", "1", "2", "42"})
_HASHED = (
    "partner_steamid", "state", "is_ours", "message", "steam_trade_id", "created_at", "updated_at",
    "expires_at", "escrow_ends_at", "confirmation",
)  # fmt: skip
_HASHED_OF_ITEMS = (
    "side", "app_id", "context_id", "asset_id", "currency_id", "class_id", "instance_id", "amount",
    "is_missing",
)  # fmt: skip
_NULL = msgspec.Raw(b"null")


class _Lists(msgspec.Struct):
    trade_offers_sent: list[msgspec.Raw] | None = None
    trade_offers_received: list[msgspec.Raw] | None = None
    trade_offers_recieved: list[msgspec.Raw] | None = None  # the seed page's spelling
    offer: msgspec.Raw = _NULL
    descriptions: list[msgspec.Raw] | None = None
    next_cursor: Any = None
    trades: list[msgspec.Raw] | None = None


class _Envelope(msgspec.Struct):
    response: _Lists | None = None


class _Asset(msgspec.Struct):
    appid: Any = None
    contextid: Any = None
    assetid: Any = None
    currencyid: Any = None
    classid: Any = None
    instanceid: Any = None
    amount: Any = None
    missing: Any = None
    est_usd: Any = None


class _Offer(msgspec.Struct):
    tradeofferid: Any = None
    accountid_other: Any = None
    message: Any = None
    expiration_time: Any = None
    trade_offer_state: Any = None
    items_to_give: list[_Asset] | None = None
    items_to_receive: list[_Asset] | None = None
    is_our_offer: Any = None
    time_created: Any = None
    time_updated: Any = None
    tradeid: Any = None
    escrow_end_date: Any = None
    confirmation_method: Any = None


class _Trade(msgspec.Struct):
    status: Any = None
    rollback_trade: Any = None


_Looks = Mapping[Kind, Look]
_read_envelope = msgspec.json.Decoder(_Envelope).decode
_read_offer = msgspec.json.Decoder(_Offer).decode
_read_look = msgspec.json.Decoder(Look).decode
_read_trade = msgspec.json.Decoder(_Trade).decode


def offer_page(body: bytes, answer: Answer) -> OfferPage:
    lists = _opened(body, answer)
    sent = lists.trade_offers_sent or []
    received = [*(lists.trade_offers_received or []), *(lists.trade_offers_recieved or [])]
    cursor = _cursor(lists.next_cursor)
    return _page([(row, True) for row in sent] + [(row, False) for row in received], lists, cursor,
                 answer)  # fmt: skip


def one_offer(body: bytes, answer: Answer) -> OfferPage | None:
    lists = _opened(body, answer)
    if bytes(lists.offer) == b"null":
        return None
    return _page([(lists.offer, None)], lists, None, answer)


def trade_status(body: bytes, answer: Answer) -> TradeStatus | None:
    trades = _opened(body, answer).trades
    if not trades:
        return None
    try:
        trade = _read_trade(trades[0])
        status = whole(trade.status, "status", SMALL)
        reversal = text(trade.rollback_trade, "rollback_trade", LONGEST_ID)
    except (ValueError, RecursionError):
        raise answer.failure(Garbled, "the trade's status cannot be read") from None
    return None if status is None else TradeStatus(status, reversal)


def _opened(body: bytes, answer: Answer) -> _Lists:
    """Nothing at all beside a result that is none of the plain ones is trouble, not an answer."""
    try:
        lists = _read_envelope(body).response
    except (ValueError, RecursionError):
        raise answer.failure(Garbled, "the answer is not Steam's documented JSON") from None
    if lists is None:
        raise answer.failure(Garbled, "the answer holds no response")
    if answer.result not in _PLAIN_RESULTS and lists == _Lists():
        raise answer.failure(Unreachable, f"Steam says result {answer.result[:8]}")
    return lists


def _cursor(value: object) -> int | None:
    """0 or absent is the last page."""
    try:
        return whole(value, "next_cursor") or None
    except Unreadable:
        return None


def _page(
    rows: Sequence[tuple[msgspec.Raw, bool | None]],
    lists: _Lists,
    cursor: int | None,
    answer: Answer,
) -> OfferPage:
    looks = _looks(lists.descriptions or ())
    offers: dict[str, OfferRecord] = {}
    bad: list[BadRow] = []
    glitched: list[str] = []
    for raw, is_ours in rows:
        read = _offer(bytes(raw), looks, is_ours=is_ours)
        match read:
            case OfferRecord():
                offers[read.offer_id] = read
            case BadRow():
                bad.append(read)
            case str():
                glitched.append(read)
    return OfferPage(tuple(offers.values()), tuple(bad), tuple(glitched), cursor, answer.asked_at)


def _looks(rows: Sequence[msgspec.Raw]) -> dict[Kind, Look]:
    """By class and instance; one that cannot be read leaves its items without a name."""
    looks = {}
    for raw in rows:
        try:
            look = _read_look(raw)
            looks[kind(look.classid, look.instanceid)] = look
        except (ValueError, RecursionError):
            continue
    return looks


def _offer(raw: bytes, looks: _Looks, *, is_ours: bool | None) -> OfferRecord | BadRow | str:
    """The record, a bad row, or the id of an offer that came without partner or items."""
    cut = cut_tokens(raw)
    offer_id = ""
    try:
        offer = _read_offer(raw)
        offer_id = text(offer.tradeofferid, "tradeofferid", LONGEST_ID)
        if not offer_id:
            raise Unreadable("the offer has no id")
        partner = whole(offer.accountid_other, "accountid_other", 2**32)
        if not partner or not (offer.items_to_give or offer.items_to_receive):
            return offer_id
        return _record(offer, offer_id, str(STEAMID64_BASE + partner), looks, cut, is_ours)
    except (ValueError, RecursionError) as wrong:
        reason = str(wrong) if isinstance(wrong, Unreadable) else "it is no offer"
        return BadRow(reason=reason, raw=cut, upstream_id=offer_id)


def _record(
    offer: _Offer,
    offer_id: str,
    partner: str,
    looks: _Looks,
    raw: bytes,
    is_ours: bool | None,
) -> OfferRecord:
    state = whole(offer.trade_offer_state, "trade_offer_state", SMALL)
    if state is None:
        raise Unreadable("the offer has no state")
    record = OfferRecord(
        offer_id=offer_id,
        partner_steamid=partner,
        state=state,
        is_ours=bool(offer.is_our_offer) if is_ours is None else is_ours,
        message=_message(offer.message),
        content_hash=b"",
        raw=raw,
        steam_trade_id=text(offer.tradeid, "tradeid", LONGEST_ID),
        created_at=from_unix(offer.time_created, "time_created"),
        updated_at=from_unix(offer.time_updated, "time_updated"),
        expires_at=from_unix(offer.expiration_time, "expiration_time"),
        escrow_ends_at=from_unix(offer.escrow_end_date, "escrow_end_date"),
        confirmation=whole(offer.confirmation_method, "confirmation_method", SMALL),
        items=(
            *(_item(asset, Side.GIVEN, looks) for asset in offer.items_to_give or ()),
            *(_item(asset, Side.RECEIVED, looks) for asset in offer.items_to_receive or ()),
        ),
    )
    return replace(record, content_hash=_hash(record))


def _hash(record: OfferRecord) -> bytes:
    """Over what Steam says of the offer; looks and estimates come and go by themselves."""
    told = {name: getattr(record, name) for name in _HASHED}
    told["items"] = [[getattr(item, name) for name in _HASHED_OF_ITEMS] for item in record.items]
    return content_hash(told)


def _message(value: object) -> str:
    """Foreign text without tokens, cut where it is longer than Steam allows."""
    if not isinstance(value, str):
        return ""
    clean = value.replace("\0", "").encode("utf-8", "replace").decode()
    return cut_tokens_from_text(clean)[:LONGEST_MESSAGE]


def _item(asset: _Asset, side: Side, looks: _Looks) -> OfferItem:
    app_id = whole(asset.appid, "appid", SMALL)
    asset_id = text(asset.assetid, "assetid", LONGEST_ID)
    currency_id = text(asset.currencyid, "currencyid", LONGEST_ID)
    if app_id is None or not (asset_id or currency_id):
        raise Unreadable("an item has no id")
    class_id, instance_id = kind(asset.classid, asset.instanceid)
    amount = whole(asset.amount, "amount")
    look = looks.get((class_id, instance_id), NO_LOOK)
    return OfferItem(
        side=side,
        app_id=app_id,
        context_id=text(asset.contextid, "contextid", 16),
        asset_id=asset_id,
        class_id=class_id,
        instance_id=instance_id,
        amount=1 if amount is None else amount,
        currency_id=currency_id,
        is_missing=asset.missing in (1, True),
        estimate_milli=_estimate(asset.est_usd),
        name=_short(look.market_hash_name, LONGEST_NAME) or _short(look.name, LONGEST_NAME),
        icon=_short(look.icon_url, LONGEST_ICON),
        rarity_colour=rarity_colour(look),
    )


def _estimate(value: object) -> int | None:
    """``est_usd`` is US cents; one that is no number is unknown."""
    try:
        cents = whole(value, "est_usd", SMALL)
    except Unreadable:
        return None
    return None if cents is None else cents * MILLI_A_CENT


def _short(value: object, longest: int) -> str:
    """A look is decoration: what does not fit is left away, the offer stays."""
    try:
        return text(value, "look", longest)
    except Unreadable:
        return ""
