"""The only writer of mirrored columns: one page, one transaction, fenced by the account's lease.

Rows, items, raw answers, status history, day figures and the stream's progress stand or fall
together. Nothing is written for a row that did not change, and nothing is ever deleted because an
answer lacks it.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import StatusChange, SyncState, Trade, TradeItem, TradeRaw
from trades.models.sync import HISTORY
from trades.raw_answers import pack_all
from trades.sync import item_names, rows
from trades.sync.bulk import Bulk, bulk
from trades.sync.day_stats import Counted, DayDeltas
from trades.sync.held import known_of, stored_among, stored_rows
from trades.sync.item_names import KnownNames, NameIds
from trades.sync.lease import Lease, fence
from trades.sync.own_sells import OwnSells
from trades.sync.plan import Stored, Verdict, decide
from trades.sync.ready import ReadyPage, made_ready
from trades.sync.reversals import with_reversals
from trades.sync.unreadable import forget_read, keep_bad
from trades.upstreams.records import ItemRecord, Page, TradeRecord

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Outcome:
    """What storing a page did, counted in trades."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    stale: int = 0
    bad: int = 0

    def add(self, other: "Outcome") -> None:
        for name in ("new", "changed", "unchanged", "stale", "bad"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def wrote(self) -> bool:
        return bool(self.new or self.changed)


_Update = tuple[TradeRecord, Stored]
_Items = Mapping[int, Sequence[ItemRecord]]  # by trade


@dataclass(slots=True)
class _Planned:
    inserts: Sequence[TradeRecord]
    updates: list[_Update] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)


def store_page(
    lease: Lease,
    account: MarketAccount,
    answer: Page | ReadyPage,
    note: Callable[[Outcome], None] | None = None,
    names: KnownNames | None = None,
) -> Outcome:
    """Store one answer; ``note`` writes the stream's progress in the same transaction.

    Raises ``LeaseLostError`` and writes nothing when another worker holds the account.
    """
    ready = answer if isinstance(answer, ReadyPage) else made_ready(answer)
    # By themselves, before the page: one that stays behind is harmless, and nobody waits for us.
    name_ids = (names or KnownNames(account.team_id)).ids_of(ready.names)
    if ready.new:
        try:
            return _store(lease, account, ready, note, name_ids, is_new=True)
        except IntegrityError:
            logger.info("account=%s has trades of a new page already, elsewhere", account.pk)
    return _store(lease, account, ready, note, name_ids, is_new=False)


def _store(
    lease: Lease,
    account: MarketAccount,
    ready: ReadyPage,
    note: Callable[[Outcome], None] | None,
    name_ids: NameIds,
    *,
    is_new: bool,
) -> Outcome:
    with transaction.atomic():
        known = known_of(lease, account, ready.records, is_new=is_new)
        asked_at = ready.page.asked_at
        records = with_reversals(ready.records, known.reversed_offers)
        planned = _plan(records, stored_among(account, records, known.near), asked_at)
        planned.outcome.bad = len(ready.bad)
        own_sells = OwnSells(account, records)
        _write(account, planned, ready, own_sells, name_ids)
        own_sells.settle()
        keep_bad(account, ready.bad, asked_at)
        if known.has_unread or ready.bad:
            forget_read(account, [record.upstream_id for record in records], asked_at)
        _count_progress(account, planned.outcome)
        if note:
            note(planned.outcome)
    return planned.outcome


def store_readings(lease: Lease, account: MarketAccount, records: Sequence[TradeRecord]) -> Outcome:
    """Stored answers that read differently now; each keeps the time that it was asked for."""
    with transaction.atomic():
        fence(lease)
        stored = stored_rows(account, records)
        writer, deltas = bulk(), DayDeltas(account)
        by_time: dict[datetime, list[_Update]] = {}
        for record in records:
            held = stored[record.upstream_id]
            by_time.setdefault(held.asked_at, []).append((record, held))
        for asked_at, updates in by_time.items():
            _update(_Writing(account, asked_at, clock.now(), writer, deltas), updates)
        changed = _changed_items([each for updates in by_time.values() for each in updates])
        _replace_items(writer, changed, item_names.ids_of(account.team_id, _names_of(changed)))
        deltas.write()
        OwnSells(account, records).settle()
    return Outcome(changed=len(records))


def _plan(
    records: Sequence[TradeRecord], stored: Mapping[str, Stored], asked_at: datetime
) -> _Planned:
    if not stored:
        return _Planned(records, outcome=Outcome(new=len(records)))
    inserts: list[TradeRecord] = []
    planned = _Planned(inserts)
    for record in records:
        held = stored.get(record.upstream_id)
        match decide(record, held, asked_at):
            case Verdict.INSERT:
                inserts.append(record)
            case Verdict.UPDATE if held:
                planned.updates.append((record, held))
            case Verdict.STALE:
                planned.outcome.stale += 1
            case _:
                planned.outcome.unchanged += 1
    planned.outcome.new = len(planned.inserts)
    planned.outcome.changed = len(planned.updates)
    return planned


@dataclass(frozen=True, slots=True)
class _Writing:
    """What every row of a page shares while it is written."""

    account: MarketAccount
    asked_at: datetime
    seen_at: datetime
    writer: Bulk
    deltas: DayDeltas

    def mirrored(self, record: TradeRecord) -> tuple[Any, ...]:
        return rows.mirrored(record, seen_at=self.seen_at, asked_at=self.asked_at)


def _write(
    account: MarketAccount,
    planned: _Planned,
    ready: ReadyPage,
    own_sells: OwnSells,
    name_ids: NameIds,
) -> None:
    if not planned.outcome.wrote:
        return
    asked_at, deltas = ready.page.asked_at, DayDeltas(account)
    writing = _Writing(account, asked_at, clock.now(), bulk(), deltas)
    changed = _changed_items(planned.updates)
    if not ready.new:  # all at once, so that nobody waits for us who has what we miss
        names = item_names.folded_of(planned.inserts) | _names_of(changed)
        name_ids = item_names.ids_of(account.team_id, names)
    if planned.inserts:
        _insert(writing, ready, planned.inserts, own_sells, name_ids)
    if planned.updates:
        _update(writing, planned.updates)
        _replace_items(writing.writer, changed, name_ids)
    writing.deltas.write()


def _insert(
    writing: _Writing,
    ready: ReadyPage,
    records: Sequence[TradeRecord],
    own_sells: OwnSells,
    name_ids: NameIds,
) -> None:
    writer, asked_at = writing.writer, writing.asked_at
    new = ready.new_rows(records, writer)
    keyed = list(zip(writer.reserve_ids(Trade, len(records)), new, strict=True))
    values = own_sells.values(records)
    quoted = {named: rows.quoted(milli) for named, milli in values.items()}
    [shared] = writer.prepared([rows.shared(writing.account, writing.seen_at, asked_at)])
    trades = (
        (pk, *quoted.get(row.record.upstream_id, rows.NO_VALUE), *shared, *row.told)
        for pk, row in keyed
    )
    with writer.inserting(Trade, rows.NEW_ROW, trades):
        items = [
            item for pk, row in keyed for item in rows.item_rows(pk, row.record.items, name_ids)
        ]
        writing.deltas.add_all(
            _counted(record, rows.sort_at(record, asked_at), values.get(record.upstream_id))
            for record in records
        )
    writer.insert(TradeItem, rows.ITEM_COLUMNS, items)
    writer.insert(TradeRaw, rows.RAW_COLUMNS, ((pk, row.packed) for pk, row in keyed))


def _update(writing: _Writing, updates: Sequence[_Update]) -> None:
    """All but the items."""
    writer = writing.writer
    told = [(held.id, *writing.mirrored(record)) for record, held in updates]
    writer.update(Trade, "id", rows.MIRRORED, told)
    packed = pack_all([record.raw for record, _ in updates])
    answers = [(held.id, answer) for answer, (_, held) in zip(packed, updates, strict=True)]
    writer.update(TradeRaw, "trade_id", ("packed",), answers)
    _note_statuses(writer, updates, writing.seen_at)
    for record, held in updates:
        writing.deltas.remove(_counted(held, held.sort_at, held.value_milli))
        writing.deltas.add(_counted(record, held.sort_at, held.value_milli))


def _counted(trade: TradeRecord | Stored, sort_at: datetime, value_milli: int | None) -> Counted:
    return Counted(
        trade.direction, sort_at, trade.game_id, trade.status, trade.phase, value_milli,
        trade.settles_at,
    )  # fmt: skip


def _changed_items(updates: Sequence[_Update]) -> _Items:
    """By trade, where they are others now; most changes leave them as they are."""
    told = {held.id: record.items for record, held in updates}
    if not told:
        return {}
    held_items = TradeItem.objects.filter(trade_id__in=list(told)).order_by("trade_id", "id")
    stored: dict[int, list[tuple[Any, ...]]] = {trade_id: [] for trade_id in told}
    for trade_id, *row in held_items.values_list("trade_id", *rows.ITEM_TOLD):
        stored[trade_id].append(tuple(row))
    return {
        trade_id: items
        for trade_id, items in told.items()
        if [rows.item_values(item) for item in items] != stored[trade_id]
    }


def _names_of(changed: _Items) -> dict[str, str]:
    return item_names.folded(item.name for items in changed.values() for item in items)


def _replace_items(writer: Bulk, changed: _Items, name_ids: NameIds) -> None:
    if changed:
        TradeItem.objects.filter(trade_id__in=list(changed)).delete()
        items = [row for pk, told in changed.items() for row in rows.item_rows(pk, told, name_ids)]
        writer.insert(TradeItem, rows.ITEM_COLUMNS, items)


def _note_statuses(writer: Bulk, updates: Iterable[_Update], seen_at: datetime) -> None:
    columns = (
        "trade_id", "seen_at", "upstream_at", "status_before", "status_after", "summary_before",
        "summary_after", "steam_status_before", "steam_status_after",
    )  # fmt: skip
    changes: list[tuple[Any, ...]] = [
        (held.id, seen_at, record.updated_at, held.status, record.status, held.summary,
         record.summary, held.steam_status, record.steam_status)
        for record, held in updates
        if (held.status, held.summary, held.steam_status)
        != (record.status, record.summary, record.steam_status)
    ]  # fmt: skip
    if changes:
        writer.insert(StatusChange, columns, writer.prepared(changes))


def _count_progress(account: MarketAccount, outcome: Outcome) -> None:
    """The history's bar counts every trade mirrored, whichever stream brought it."""
    if not outcome.new:
        return
    state = SyncState.objects.filter(account=account, stream__in=HISTORY)
    state.update(progress_done=F("progress_done") + outcome.new)
