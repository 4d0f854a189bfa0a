"""Pure: what an answer means for the row that we hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from trades.upstreams.records import TradeRecord

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Verdict(Enum):
    INSERT = "insert"
    UPDATE = "update"
    SAME = "same"
    STALE = "stale"  # an older answer that arrived later


@dataclass(frozen=True, slots=True)
class Stored:
    """What we hold of a trade, as far as planning and the figures need it."""

    id: int
    content_hash: bytes
    updated_at: datetime | None
    asked_at: datetime
    sort_at: datetime
    game_id: int | None
    direction: str
    phase: str
    status: str
    summary: str
    steam_status: int | None
    value_milli: int | None
    settles_at: datetime | None


def decide(record: TradeRecord, stored: Stored | None, asked_at: datetime) -> Verdict:
    """A differing answer is applied unless it is older than what we hold."""
    if stored is None:
        return Verdict.INSERT
    if record.content_hash == stored.content_hash:
        return Verdict.SAME
    return Verdict.UPDATE if _is_newer(record, stored, asked_at) else Verdict.STALE


def _is_newer(record: TradeRecord, stored: Stored, asked_at: datetime) -> bool:
    theirs, ours = record.updated_at, stored.updated_at
    if theirs is None or ours is None or theirs == ours:
        return asked_at > stored.asked_at
    return theirs > ours


def newest_of_each(records: Iterable[TradeRecord]) -> list[TradeRecord]:
    """One record an id, the newest trade first; a row that moved in the list may come twice."""
    newest: dict[str, TradeRecord] = {}
    for record in records:
        seen = newest.get(record.upstream_id)
        if seen is None or (record.updated_at or _LONG_AGO) >= (seen.updated_at or _LONG_AGO):
            newest[record.upstream_id] = record
    return sorted(newest.values(), key=_place, reverse=True)


def _place(record: TradeRecord) -> tuple[datetime, str]:
    """In the order of the indexes over time: each new row then goes where the last one went."""
    return (record.created_at or _LONG_AGO, record.upstream_id)
