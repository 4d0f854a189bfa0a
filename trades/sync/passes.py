"""Offset paging, only where no date can cut the list: repeated until two passes agree.

A list that moves under offset paging loses rows while its ``total`` stands still, so one pass
proves nothing. Agreement is judged by how many rows came and by the sum of their ids' hashes,
which needs no memory however long the list is.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Self

from trades.upstreams.records import Page

MOST_PASSES = 6
_MODULUS = 1 << 128


class StillMovingError(Exception):
    """Passes kept disagreeing; what they found is stored, what is missing shows as a difference."""


@dataclass(slots=True)
class Passes:
    offset: int = 0
    rows: int = 0
    checksum: int = 0
    last_rows: int | None = None
    last_checksum: int | None = None
    finished: int = 0

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        numbers = {name: None if text is None else int(text) for name, text in stored.items()}
        return cls(**numbers)  # type: ignore[arg-type]  # as to_json wrote it

    def to_json(self) -> dict[str, Any]:
        """As text: a checksum is wider than what JSON readers keep exact."""
        return {name: None if value is None else str(value) for name, value in asdict(self).items()}

    def advance(self, page: Page) -> bool:
        """Take a page in; True once two passes agree. Raises ``StillMovingError`` at the limit."""
        self.offset += len(page)
        self.rows += len(page)
        self.checksum = (self.checksum + _checksum(page)) % _MODULUS
        if len(page) and (page.total is None or self.offset < page.total):
            return False
        return self._end_pass()

    def _end_pass(self) -> bool:
        agreed = (self.rows, self.checksum) == (self.last_rows, self.last_checksum)
        self.finished += 1
        self.last_rows, self.last_checksum = self.rows, self.checksum
        self.offset = self.rows = self.checksum = 0
        if not agreed and self.finished >= MOST_PASSES:
            raise StillMovingError
        return agreed


def _checksum(page: Page) -> int:
    ids = [record.upstream_id.encode() for record in page.trades]
    ids += [row.upstream_id.encode("utf-8", "replace") or row.raw for row in page.bad]
    return sum(int.from_bytes(hashlib.blake2b(each, digest_size=16).digest()) for each in ids)
