"""An answer made ready to store, as far as that needs no database: any thread may do it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import msgspec

from trades.raw_answers import pack_all
from trades.sync import rows
from trades.sync.bulk import Bulk, Row, bulk
from trades.sync.item_names import folded_of
from trades.sync.plan import newest_of_each
from trades.upstreams.records import BadRow, Page, TradeRecord


class NewRow(msgspec.Struct, frozen=True, gc=False):
    """What an insert needs of a record, but for ids, values and times that are known only then."""

    record: TradeRecord
    told: Row  # prepared
    packed: bytes


@dataclass(frozen=True, slots=True)
class ReadyPage:
    page: Page
    records: list[TradeRecord]  # each id once, newest first, all of them fit into their columns
    bad: list[BadRow]
    size: int  # bytes of the answer's rows
    new: Sequence[NewRow] = ()  # of all records, or of none
    names: Mapping[str, str] = field(default_factory=dict)  # of the items of ``new``, folded

    def new_rows(self, records: Sequence[TradeRecord], writer: Bulk) -> Sequence[NewRow]:
        """As they were made ready; what was not, or was changed since, is made now."""
        wanted = set(map(id, records))
        made = [row for row in self.new if id(row.record) in wanted]
        return made if len(made) == len(records) else self._made_now(records, made, writer)

    def _made_now(
        self, records: Sequence[TradeRecord], made: Sequence[NewRow], writer: Bulk
    ) -> Sequence[NewRow]:
        found = {id(row.record): row for row in made}
        late = [record for record in records if id(record) not in found]
        found |= {id(row.record): row for row in new_rows(late, self.page.asked_at, writer)}
        return [found[id(record)] for record in records]


def made_ready(page: Page) -> ReadyPage:
    good, bad = [], list(page.bad)
    for record in newest_of_each(page.trades):
        fault = rows.too_long(record)
        if fault:
            bad.append(fault)
        else:
            good.append(record)
    return ReadyPage(page, good, bad, sum(len(record.raw) for record in page.trades))


def made_ready_to_insert(page: Page) -> ReadyPage:
    """For a page that is expected to be new: this is the dearest part of storing a row."""
    ready = made_ready(page)
    new = new_rows(ready.records, page.asked_at, bulk())
    return replace(ready, new=new, names=folded_of(ready.records))


def new_rows(records: Sequence[TradeRecord], asked_at: datetime, writer: Bulk) -> list[NewRow]:
    told = writer.prepared([rows.told(record, asked_at) for record in records])
    packed = pack_all([record.raw for record in records])
    return list(map(NewRow, records, told, packed))
