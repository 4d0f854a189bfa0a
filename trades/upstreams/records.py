"""What the clients hand over, whatever the upstream: plain values, already converted.

Money is integer milli-dollars (1/1000 $), ids are text, times are aware UTC, None is unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec


class Phase(StrEnum):
    """How far a trade is; the only status that our own code branches on."""

    OPEN = "open"  # still moving
    FROZEN = "frozen"  # accepted, the money is held until settlement
    DONE = "done"
    FAILED = "failed"
    REVERTED = "reverted"  # was accepted, then rolled back
    UNKNOWN = "unknown"  # a status that no document names


class Direction(StrEnum):
    SELL = "sell"
    PURCHASE = "purchase"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    UNKNOWN = "unknown"


class Side(StrEnum):
    """Seen from the seller: what leaves the seller's inventory is given."""

    GIVEN = "given"
    RECEIVED = "received"


class ItemRecord(msgspec.Struct, frozen=True, gc=False):
    side: Side
    asset_id: str
    name: str  # market_hash_name as it came, "" when the upstream names assets only
    app_id: int | None = None
    context_id: str = ""
    amount: int = 1


class TradeRecord(msgspec.Struct, frozen=True, gc=False):  # it can be part of no cycle
    """One trade as an upstream tells it. ``raw`` is its JSON as it came, tokens cut out."""

    upstream_id: str
    phase: Phase
    direction: Direction
    status: str  # as it came ("accepted", "-1")
    summary: str  # as it came, "" when there is none
    raw: bytes
    content_hash: bytes  # 16 bytes over everything stored from this answer
    game_id: int | None = None
    steam_status: int | None = None
    custom_id: str | None = None
    offer_id: str = ""
    steam_trade_id: str = ""  # the full id, "4012345678_76561198012345678"
    partner_steamid: str = ""
    bot_steamid: str = ""
    bot_name: str = ""
    code: str = ""  # to compare with the one in the Steam offer
    error: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    settles_at: datetime | None = None
    items: tuple[ItemRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read: kept with its reason, never an exception that ends the run."""

    reason: str
    raw: bytes  # as it came, tokens cut out
    upstream_id: str = ""  # where at least the id could be read


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a list endpoint."""

    trades: tuple[TradeRecord, ...]
    bad: tuple[BadRow, ...]
    total: int | None  # how many rows match the question, as the upstream says
    limit: int | None
    offset: int | None
    asked_at: datetime  # when the request was started

    def __len__(self) -> int:
        """Rows in the answer, the unreadable ones included."""
        return len(self.trades) + len(self.bad)

    @property
    def ids(self) -> set[str]:
        """Ids that the answer names, those of unreadable rows included."""
        readable = {row.upstream_id for row in self.trades}
        return readable | {row.upstream_id for row in self.bad if row.upstream_id}


@dataclass(frozen=True, slots=True)
class Statistics:
    """The market's thirteen figures (seed: Sell API, Trade Dashboard); None = not given."""

    total_transactions: int | None = None
    total_volume: int | None = None  # milli-dollars
    total_revenue: int | None = None  # milli-dollars
    avg_transaction: int | None = None  # milli-dollars
    success_rate_milli: int | None = None  # 1/1000 percent: 80.0 -> 80000
    accepted_count: int | None = None
    completed_count: int | None = None
    processing_count: int | None = None
    error_count: int | None = None
    cancelled_count: int | None = None
    declined_count: int | None = None
    rolled_back_by_user_count: int | None = None
    rolled_back_by_bot_count: int | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose key this is, where the upstream tells."""

    upstream_user_id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class KeyProof:
    """A key works; what was learned while finding that out."""

    identity: Identity | None = None  # None = the upstream does not name the account
    newest: tuple[TradeRecord, ...] = ()  # some trades, to recognise an account that is known


@dataclass(frozen=True, slots=True)
class MatchAsk:
    name: str
    amount: int = 1


@dataclass(frozen=True, slots=True)
class MatchedItem:
    name: str
    price_milli: int  # per unit; 0 = no buyer
    amount: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class MatchAnswer:
    buyer_id: str
    items: tuple[MatchedItem, ...]
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class SellAsk:
    """One asset to sell; ``price_milli`` is per asset and at least 1."""

    asset_id: str
    name: str
    price_milli: int
    context_id: str = "2"


@dataclass(frozen=True, slots=True)
class SellReceipt:
    """The 201 of a create: an offer was requested, nothing is sold yet."""

    trade_id: str
    custom_id: str
    items_count: int | None
    total_value_milli: int | None
    bot_steamid: str = ""
    bot_name: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class ResendReceipt:
    """A trade is pending again under a new code; its new offer follows."""

    trade_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Wallet:
    balance_milli: int
    frozen_milli: int


@dataclass(frozen=True, slots=True)
class TradeQuery:
    """The questions of ``GET /api/trades``; None and () are not sent."""

    start: datetime | None = None
    end: datetime | None = None
    trade_ids: Sequence[str] = ()
    steam_trade_ids: Sequence[str] = ()
    steam_trade_offer_ids: Sequence[str] = ()
    custom_ids: Sequence[str] = ()
    limit: int | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class SellTradeQuery:
    """The questions of ``GET /api/sell/trades``; None, "" and () are not sent."""

    game_id: int | None = None
    status: str = ""
    date_from: datetime | None = None
    date_to: datetime | None = None
    price_min_milli: int | None = None
    price_max_milli: int | None = None
    custom_id: str = ""
    custom_ids: Sequence[str] = ()
    trade_ids: Sequence[str] = ()
    steam_trade_offer_ids: Sequence[str] = ()
    steam_trade_ids: Sequence[str] = ()
    sort_by: str = ""
    sort_direction: str = ""
    limit: int | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class InventoryItem:
    app_id: int
    context_id: str
    asset_id: str
    class_id: str
    instance_id: str
    amount: int
    name: str
    tradable: bool
    icon: str = ""
    rarity_colour: str = ""


@dataclass(frozen=True, slots=True)
class InventoryPage:
    items: tuple[InventoryItem, ...]
    total: int | None
    last_asset_id: str | None  # None = no further page
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class OfferItem:
    """One asset of a Steam offer; the look is "" where Steam did not describe it."""

    side: Side
    app_id: int
    context_id: str
    asset_id: str  # "" for a currency
    class_id: str
    instance_id: str
    amount: int = 1
    currency_id: str = ""
    is_missing: bool = False
    estimate_milli: int | None = None
    name: str = ""
    icon: str = ""
    rarity_colour: str = ""


@dataclass(frozen=True, slots=True)
class OfferRecord:
    """One offer as Steam tells it to the key's owner, who gives what is ``GIVEN``."""

    offer_id: str
    partner_steamid: str
    state: int  # as it came
    is_ours: bool
    message: str  # foreign text
    content_hash: bytes
    raw: bytes
    steam_trade_id: str = ""  # the bare id, once it was accepted
    created_at: datetime | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    escrow_ends_at: datetime | None = None
    confirmation: int | None = None
    items: tuple[OfferItem, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferPage:
    """One answer of GetTradeOffers, or the one offer of GetTradeOffer.

    ``glitched`` are ids that Steam named without partner or items: ask again, do not store.
    """

    offers: tuple[OfferRecord, ...]
    bad: tuple[BadRow, ...]
    glitched: tuple[str, ...]
    next_cursor: int | None  # None = the last page
    asked_at: datetime

    @property
    def is_empty(self) -> bool:
        """Not one row: no proof that there are no offers."""
        return not (self.offers or self.bad or self.glitched)


@dataclass(frozen=True, slots=True)
class TradeStatus:
    """What Steam says of an exchange (ETradeStatus); 12 is a reversal under trade protection."""

    status: int
    reversal_id: str = ""  # the Steam trade that brought the items back
