"""What an answer of the market says about the row that we hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import MarketAccount
from trades.models import DifferenceKind, Trade
from trades.models.trade import STILL_MOVING
from trades.sync import rows
from trades.sync.day_stats import batched
from trades.sync.windows import EPOCH
from trades.upstreams.records import TradeRecord

_OF_THE_ANSWER = ("changed_at", "asked_at")
_COMPARED = tuple(name for name in rows.MIRRORED if name not in _OF_THE_ANSWER)
_IDS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Held:
    """A row of the mirror, with every column that an answer writes."""

    id: int
    columns: dict[str, Any]

    @property
    def is_moving(self) -> bool:
        return self.columns["phase"] in STILL_MOVING


def held_rows(account: MarketAccount, upstream_ids: Iterable[str]) -> dict[str, Held]:
    found = {}
    for part in batched(list(upstream_ids), _IDS_A_QUERY):
        trades = Trade.objects.filter(account=account, upstream_id__in=part)
        for columns in trades.values("id", "upstream_id", *_COMPARED):
            columns["content_hash"] = bytes(columns["content_hash"])
            found[columns["upstream_id"]] = Held(columns["id"], columns)
    return found


def verdict(
    record: TradeRecord, held: Held | None, settled_before: datetime
) -> DifferenceKind | None:
    """What is wrong with our row, None when nothing is or when the answer is simply news.

    ``settled_before``: whatever the market made before this was offered to us by then. A trade
    that is not final may move at any time, so another answer of it is news.
    """
    if held is None:
        made = record.created_at or record.updated_at
        is_old = made is not None and made < settled_before
        return DifferenceKind.LOST if is_old else None
    if differs(record, held):
        return _wrong(record, held)
    return None


def differs(record: TradeRecord, held: Held) -> bool:
    """Whether any column of ours is not what the answer says."""
    return any(held.columns[name] != value for name, value in _columns(record).items())


def is_damaged(record: TradeRecord, held: Held) -> bool:
    """The answer is the very one that we stored, and the row says otherwise."""
    return held.columns["content_hash"] == record.content_hash and differs(record, held)


def _wrong(record: TradeRecord, held: Held) -> DifferenceKind | None:
    damaged = is_damaged(record, held)
    if not damaged and (held.is_moving or _is_older(record, held)):
        return None  # news, or an answer that must not overwrite what we hold
    if record.status != held.columns["status"]:
        return DifferenceKind.STATUS
    if record.game_id != held.columns["game_id"]:
        return DifferenceKind.GAME
    return DifferenceKind.CONTENT if damaged else None


def ours_in_words(kind: DifferenceKind, held: Held | None) -> str:
    """What our row says of the thing that differs, "" where there is no row."""
    if held is None:
        return ""
    value = held.columns["game_id" if kind == DifferenceKind.GAME else "status"]
    return "" if value is None else str(value)


def told_in_words(kind: DifferenceKind, record: TradeRecord) -> str:
    if kind == DifferenceKind.GAME:
        return "" if record.game_id is None else str(record.game_id)
    return record.status


def _is_older(record: TradeRecord, held: Held) -> bool:
    told, kept = record.updated_at, held.columns["updated_at"]
    return told is not None and kept is not None and told < kept


def _columns(record: TradeRecord) -> dict[str, Any]:
    at = EPOCH  # of the two columns that are left out
    values = rows.mirrored(record, seen_at=at, asked_at=at)
    named = dict(zip(rows.MIRRORED, values, strict=True))
    return {name: named[name] for name in _COMPARED}
