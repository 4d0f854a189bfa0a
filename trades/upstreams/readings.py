"""How a stored raw answer is read again: the parser of each upstream, and its version.

Raise ``version`` whenever a parser takes rows that it refused before: what was kept as unreadable
is then tried again by itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trades.upstreams.records import BadRow, TradeRecord
from trades.upstreams.vpsbot import client as vpsbot
from trades.upstreams.vpsbot import parse as vpsbot_parse


@dataclass(frozen=True, slots=True)
class Reading:
    version: int
    row: Callable[[bytes], TradeRecord | BadRow]  # one row of a list, its tokens cut already


READINGS: Mapping[str, Reading] = {
    vpsbot.SLUG: Reading(vpsbot_parse.VERSION, vpsbot_parse.listed_row),
}
