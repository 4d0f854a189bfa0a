"""An answer made ready to store, as far as that needs no database: any thread may do it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trades.sync import rows
from trades.sync.plan import newest_of_each
from trades.upstreams.records import BadRow, Page, TradeRecord


@dataclass(frozen=True, slots=True)
class ReadyPage:
    page: Page
    records: list[TradeRecord]  # each id once, in id order, all of them fit into their columns
    bad: list[BadRow]
    packed: Mapping[str, bytes] = field(default_factory=dict)  # raw answers by upstream id

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


def made_ready_and_packed(page: Page) -> ReadyPage:
    """For a page that is expected to be new: packing is the dearest part of storing a row."""
    ready = made_ready(page)
    packed = {record.upstream_id: rows.pack(record.raw) for record in ready.records}
    return ReadyPage(page, ready.records, ready.bad, packed)
