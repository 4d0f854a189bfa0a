"""A stored row as the TradeData object of the seed pages.

There is no price in it. The usual row is filled into one line of text, because a page holds up to
two thousand of them; only a row with a patch, or under a knob, is taken apart.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from trades.sandbox.catalog import BOTS
from trades.sandbox.knobs import Knobs
from trades.sandbox.moments import iso
from trades.sandbox.store import Row

RENDERED_COLUMNS = (
    "trade_id",
    "custom_id",
    "summary",
    "steam_trade_id",
    "offer_id",
    "tradelink",
    "gives",
    "receives",
    "steam_status",
    "game",
    "settles",
    "bot",
    "status",
    "created",
    "updated",
    "error",
    "patch",
)
_ROW = (
    '{"trade_id":%s,"custom_id":%s,"summary":%s,"processed_trade":{"market":"market-vpsbot",'
    '"trade_id":%s,"tradeoffer_id":%s,"request_id":%s,"partner_id":%s,"items_to_give":%s,'
    '"items_to_receive":%s,"status":%s,"game_id":%s,"settlement":%s},"selected_bot":%s,'
    '"status":%s,"created_at":%s,"updated_at":%s,"error":%s}'
)
_ABSENT_UNTIL_OFFERED = ("trade_id", "tradeoffer_id", "status", "settlement")
_BOTS = tuple(bot.as_json() for bot in BOTS)
_text = json.encoder.encode_basestring


def renderer(tradelink: str, knobs: Knobs) -> Callable[[Row], str]:
    """From a row of ``RENDERED_COLUMNS`` to the JSON text of one trade."""
    own_link = _text(tradelink)

    def render(row: Row) -> str:
        text = _filled(row, own_link)
        patch = row[-1]
        return _reworked(text, patch or "{}", knobs) if patch or _reworks(knobs) else text

    return render


def _filled(row: Row, own_link: str) -> str:
    trade_id = _text(row[0])
    return _ROW % (
        trade_id,
        _or_null(row[1]),
        _text(row[2]),
        _or_null(row[3]),
        _or_null(row[4]),
        trade_id,
        own_link if row[5] is None else _text(row[5]),
        row[6],
        row[7],
        "null" if row[8] is None else row[8],
        row[9],
        _time(row[10]),
        "null" if row[11] is None else _BOTS[row[11]],
        _text(row[12]),
        _time(row[13]),
        _time(row[14]),
        _or_null(row[15]),
    )


def _or_null(text: str | None) -> str:
    return "null" if text is None else _text(text)


def _time(moment: int | None) -> str:
    return "null" if moment is None else f'"{iso(moment)}"'


def _reworks(knobs: Knobs) -> bool:
    return knobs.absent != "null" or knobs.extra_fields or knobs.milliseconds


def _reworked(text: str, patch: str, knobs: Knobs) -> str:
    row: dict[str, Any] = json.loads(text)
    processed = row["processed_trade"]
    _mark_absent(processed, knobs.absent)
    if knobs.milliseconds:
        _add_milliseconds(row, ("created_at", "updated_at"))
        _add_milliseconds(processed, ("settlement",))
    if knobs.extra_fields:
        row |= {"room": {"id": 7, "label": "Room 7"}, "tags": []}
        processed["escrow_days"] = 0
    return json.dumps(merged(row, json.loads(patch)), separators=(",", ":"))


def _mark_absent(processed: dict[str, Any], absent: str) -> None:
    """What is null while there is no offer yet, left out or empty instead."""
    empty = [name for name in _ABSENT_UNTIL_OFFERED if processed[name] is None]
    for name in empty:
        if absent == "missing":
            del processed[name]
        elif absent == "empty" and name != "status":
            processed[name] = ""


def _add_milliseconds(values: dict[str, Any], names: Iterable[str]) -> None:
    for name in names:
        if values.get(name):
            values[name] = values[name].replace("Z", ".000Z")


def merged(value: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Objects are merged key by key, everything else is replaced."""
    result = dict(value)
    for name, change in patch.items():
        old = result.get(name)
        if isinstance(old, dict) and isinstance(change, dict):
            result[name] = merged(old, change)
        else:
            result[name] = change
    return result
