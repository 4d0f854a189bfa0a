"""What a file of trades can tell of each: a name, a heading, a value.

Times are ISO 8601 with the offset of the export's zone. Amounts are decimal dollars, exact; an
unknown value is empty (null), never 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dashboard.templatetags.ui import game_text
from trades.models import ValueSource

UNIT = "USD"  # the only unit in which an upstream of ours tells values


class Source(NamedTuple):
    """The columns of a trade that a file is made from, as the database has them."""

    id: int
    upstream_id: str
    account_id: int
    game_id: int | None
    sort_at: datetime
    created_at: datetime | None
    updated_at: datetime | None
    settles_at: datetime | None
    first_seen_at: datetime
    status: str
    summary: str
    steam_status: int | None
    phase: str
    direction: str
    value_milli: int | None
    value_source: str
    item_count: int
    custom_id: str | None
    offer_id: str
    steam_trade_id: str
    bot_name: str
    bot_steamid: str
    error: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for every row of a file."""

    zone: ZoneInfo
    accounts: Mapping[int, str]  # labels
    markets: Mapping[int, str]


class Row(NamedTuple):
    trade: Source
    items: Sequence[tuple[str, str]]  # name, asset id
    setting: Setting

    def at(self, moment: datetime | None) -> str | None:
        return moment.astimezone(self.setting.zone).isoformat() if moment else None


class Column(NamedTuple):
    name: str
    heading: str
    cell: Callable[[Row], Any]


def amount(value_milli: int | None) -> str | None:
    """Exact decimal dollars: 14500 -> "14.50", 14505 -> "14.505"."""
    if value_milli is None:
        return None
    sign, (whole, rest) = "-" * (value_milli < 0), divmod(abs(value_milli), 1000)
    decimals = f"{rest:03}"
    return f"{sign}{whole}.{decimals[:2]}{decimals[2].replace('0', '')}"


COLUMNS: dict[str, Column] = {
    column.name: column
    for column in (
        Column("trade_id", "Trade id", lambda row: row.trade.upstream_id),
        Column("market", "Market", lambda row: row.setting.markets.get(row.trade.account_id, "")),
        Column("account", "Account",
               lambda row: row.setting.accounts.get(row.trade.account_id, "")),
        Column("counted_at", "Counted at", lambda row: row.at(row.trade.sort_at)),
        Column("created", "Created", lambda row: row.at(row.trade.created_at)),
        Column("updated", "Updated", lambda row: row.at(row.trade.updated_at)),
        Column("becomes_free", "Becomes free", lambda row: row.at(row.trade.settles_at)),
        Column("first_seen", "First seen", lambda row: row.at(row.trade.first_seen_at)),
        Column("game", "Game", lambda row: game_text(row.trade.game_id)),
        Column("game_id", "Game id", lambda row: row.trade.game_id),
        Column("items", "Items", lambda row: "; ".join(name for name, _ in row.items)),
        Column("item_count", "Number of items", lambda row: row.trade.item_count),
        Column("asset_ids", "Asset ids", lambda row: "; ".join(asset for _, asset in row.items)),
        Column("phase", "Phase", lambda row: row.trade.phase),
        Column("status", "Status", lambda row: row.trade.status),
        Column("summary", "Summary", lambda row: row.trade.summary),
        Column("steam_status", "Steam status", lambda row: row.trade.steam_status),
        Column("direction", "Direction", lambda row: row.trade.direction),
        Column("value", "Value", lambda row: amount(row.trade.value_milli)),
        Column("unit", "Unit", lambda row: None if row.trade.value_milli is None else UNIT),
        Column("value_source", "Value from",
               lambda row: str(ValueSource(row.trade.value_source).label)),
        Column("custom_id", "Custom id", lambda row: row.trade.custom_id),
        Column("offer_id", "Steam offer id", lambda row: row.trade.offer_id),
        Column("steam_trade_id", "Steam trade id", lambda row: row.trade.steam_trade_id),
        Column("bot", "Bot", lambda row: row.trade.bot_name),
        Column("bot_steamid", "Bot steamid64", lambda row: row.trade.bot_steamid),
        Column("error", "Error", lambda row: row.trade.error),
    )
}  # fmt: skip
USUAL = (
    *("counted_at", "trade_id", "market", "account", "game", "items", "item_count", "status"),
    *("direction", "value", "unit", "becomes_free", "custom_id", "offer_id", "bot", "error"),
)
OF_A_TAX_YEAR = (
    *("counted_at", "trade_id", "market", "account", "game", "items", "item_count", "status"),
    *("value", "unit", "value_source", "becomes_free", "custom_id", "steam_trade_id"),
)
NEEDS_ITEMS = frozenset({"items", "asset_ids"})

# What the history's columns are called here.
_OF_THE_HISTORY = {
    "created": ("created",),
    "updated": ("updated",),
    "settles": ("becomes_free",),
    "items": ("items", "item_count"),
    "game": ("game",),
    "account": ("account",),
    "status": ("status",),
    "summary": ("summary",),
    "steam": ("steam_status",),
    "value": ("value", "unit"),
    "custom": ("custom_id",),
    "bot": ("bot",),
    "error": ("error",),
    "trade": ("trade_id",),
    "offer": ("offer_id",),
    "steamtrade": ("steam_trade_id",),
}
_ALWAYS = ("counted_at", "trade_id")


def as_in_the_history(shown: Sequence[str]) -> tuple[str, ...]:
    """The columns that the history shows, and what tells the rows apart; ``USUAL`` for none."""
    found = {name for key in shown for name in _OF_THE_HISTORY.get(key, ())}
    return tuple(name for name in COLUMNS if name in {*found, *_ALWAYS}) if found else USUAL
