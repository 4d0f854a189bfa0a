"""How a stored raw answer is read again: the parser of each upstream, and its version.

Raise ``version`` whenever a parser takes rows that it refused before: what was kept as unreadable
is then tried again by itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trades.upstreams.mannco import client as mannco
from trades.upstreams.mannco import parse as mannco_parse
from trades.upstreams.records import BadRow, TradeRecord
from trades.upstreams.vpsbot import client as vpsbot
from trades.upstreams.vpsbot import parse as vpsbot_parse


def _as_told(record: TradeRecord, _: int | None) -> TradeRecord:
    return record


@dataclass(frozen=True, slots=True)
class Reading:
    version: int
    row: Callable[[bytes], TradeRecord | BadRow]  # one row of a list, its tokens cut already
    # Where one of two lists leaves the game out, the one that is known stands.
    with_game: Callable[[TradeRecord, int | None], TradeRecord] = _as_told


READINGS: Mapping[str, Reading] = {
    vpsbot.SLUG: Reading(vpsbot_parse.VERSION, vpsbot_parse.listed_row),
    mannco.SLUG: Reading(
        mannco_parse.VERSION, mannco_parse.listed_row, mannco_parse.with_game_if_missing
    ),
}
