"""WHAT: the mirrored trades and how far the mirror is."""

from trades.models.budget import CallBudget
from trades.models.drift import Difference, DifferenceKind
from trades.models.export import Export, ExportChunk, ExportFormat, ExportState
from trades.models.inventory import Inventory, InventoryItem, SellDefaults
from trades.models.offer import Exchange, KeySight, OfferVerdict, SteamOffer, SteamOfferItem
from trades.models.resend import ResendParameter, ResendRequest, ResendState
from trades.models.sell import (
    DraftItem,
    Quote,
    QuoteLine,
    SellDraft,
    SellItem,
    SellList,
    SellListLine,
    SellRequest,
    SellState,
)
from trades.models.stat import DayStat, FrozenStat, MarketStatistic, SellTotal
from trades.models.sync import Stream, SyncRun, SyncState, Watch
from trades.models.trade import (
    BadRecord,
    Direction,
    ItemName,
    Phase,
    StatusChange,
    Trade,
    TradeItem,
    TradeRaw,
    ValueSource,
)
from trades.models.view import DefaultView, SavedView
from trades.models.whereabouts import Whereabouts

__all__ = [
    "BadRecord",
    "CallBudget",
    "DayStat",
    "DefaultView",
    "Difference",
    "DifferenceKind",
    "Direction",
    "DraftItem",
    "Exchange",
    "Export",
    "ExportChunk",
    "ExportFormat",
    "ExportState",
    "FrozenStat",
    "Inventory",
    "InventoryItem",
    "ItemName",
    "KeySight",
    "MarketStatistic",
    "OfferVerdict",
    "Phase",
    "Quote",
    "QuoteLine",
    "ResendParameter",
    "ResendRequest",
    "ResendState",
    "SavedView",
    "SellDefaults",
    "SellDraft",
    "SellItem",
    "SellList",
    "SellListLine",
    "SellRequest",
    "SellState",
    "SellTotal",
    "StatusChange",
    "SteamOffer",
    "SteamOfferItem",
    "Stream",
    "SyncRun",
    "SyncState",
    "Trade",
    "TradeItem",
    "TradeRaw",
    "ValueSource",
    "Watch",
    "Whereabouts",
]
