"""WHAT: the mirrored trades and how far the mirror is."""

from trades.models.stat import DayStat, MarketStatistic
from trades.models.sync import Stream, SyncRun, SyncState
from trades.models.trade import (
    BadRecord,
    Direction,
    Phase,
    StatusChange,
    Trade,
    TradeItem,
    TradeRaw,
    ValueSource,
)

__all__ = [
    "BadRecord",
    "DayStat",
    "Direction",
    "MarketStatistic",
    "Phase",
    "StatusChange",
    "Stream",
    "SyncRun",
    "SyncState",
    "Trade",
    "TradeItem",
    "TradeRaw",
    "ValueSource",
]
