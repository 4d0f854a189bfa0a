"""What a list of trades can show: which columns there are, and which database columns they read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trades.filters import Sort


@dataclass(frozen=True, slots=True)
class Column:
    """``reads`` names columns of the trade; by ``sort`` its list can be ordered, "" by none."""

    key: str
    label: str
    reads: tuple[str, ...]
    sort: str = ""
    is_number: bool = False


# In the order they stand in; the items are in every list, as they lead to the trade.
COLUMNS = (
    Column("created", "Created", ("sort_at", "created_at"), Sort.CREATED.value),
    Column("updated", "Updated", ("updated_at",), Sort.UPDATED.value),
    Column("settles", "Becomes free", ("settles_at",), Sort.SETTLEMENT.value),
    Column("items", "Items", ("item_count", "game_id", "direction")),
    Column("game", "Game", ("game_id",)),
    Column("account", "Account", ()),
    Column("status", "Status", ("phase", "status", "summary")),
    Column("summary", "Summary", ("summary",)),
    Column("steam", "Steam status", ("steam_status",)),
    Column("value", "Value", ("value_milli",), Sort.VALUE.value, is_number=True),
    Column("custom", "Custom id", ("custom_id",)),
    Column("bot", "Bot", ("bot_name",)),
    Column("error", "Error", ("error",)),
    Column("trade", "Trade id", ("upstream_id",)),
    Column("offer", "Steam offer id", ("offer_id",)),
    Column("steamtrade", "Steam trade id", ("steam_trade_id",)),
)
BY_KEY = {column.key: column for column in COLUMNS}
DEFAULT = ("created", "items", "status", "value", "custom", "bot")
ALWAYS = "items"
PARAM = "col"
# What every list reads: to page by, to link with, to tell whether it still moves.
READ_ALWAYS = ("id", "sort_at", "account_id", "phase", "updated_at", "settles_at", "value_milli")


def chosen(asked: Iterable[str]) -> tuple[str, ...]:
    """The columns that are there, each once and in their order; none asked is the usual ones."""
    wanted = set(asked) & set(BY_KEY)
    if not wanted:
        return DEFAULT
    return tuple(key for key in BY_KEY if key in wanted or key == ALWAYS)


def reads(keys: Sequence[str]) -> list[str]:
    named = [name for key in keys for name in BY_KEY[key].reads]
    return list(dict.fromkeys([*READ_ALWAYS, *named]))
