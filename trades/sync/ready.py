"""An answer made ready to store, as far as that needs no database: any thread may do it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trades.raw_answers import pack, pack_all
from trades.sync import rows
from trades.sync.bulk import Bulk, Prepared, bulk
from trades.sync.plan import newest_of_each
from trades.upstreams.records import BadRow, Page, TradeRecord


@dataclass(frozen=True, slots=True)
class NewRow:
    """What an insert needs of a record, but for the ids and times that are known only then."""

    record: TradeRecord
    trade: Prepared
    items: list[Prepared]
    raw: Prepared


@dataclass(frozen=True, slots=True)
class ReadyPage:
    page: Page
    records: list[TradeRecord]  # each id once, in id order, all of them fit into their columns
    bad: list[BadRow]
    new: Mapping[str, NewRow] = field(default_factory=dict)  # by upstream id

    def new_row(self, record: TradeRecord, writer: Bulk) -> NewRow:
        """As it was made ready, unless the record was changed since."""
        made = self.new.get(record.upstream_id)
        return made if made and made.record is record else new_row(record, pack(record.raw), writer)

    @property
    def size(self) -> int:
        """Bytes of the answer's rows."""
        return sum(len(record.raw) for record in self.page.trades)


def made_ready(page: Page) -> ReadyPage:
    good, bad = [], list(page.bad)
    for record in newest_of_each(page.trades):
        fault = rows.too_long(record)
        if fault:
            bad.append(fault)
        else:
            good.append(record)
    return ReadyPage(page, good, bad)


def made_ready_to_insert(page: Page) -> ReadyPage:
    """For a page that is expected to be new: this is the dearest part of storing a row."""
    ready, writer = made_ready(page), bulk()
    answers = pack_all([record.raw for record in ready.records])
    new = {
        record.upstream_id: new_row(record, packed, writer)
        for record, packed in zip(ready.records, answers, strict=True)
    }
    return ReadyPage(page, ready.records, ready.bad, new)


def new_row(record: TradeRecord, packed: bytes, writer: Bulk) -> NewRow:
    return NewRow(
        record,
        writer.prepared(rows.told(record)),
        [writer.prepared(rows.item_values(item)) for item in record.items],
        writer.prepared((packed,)),
    )
