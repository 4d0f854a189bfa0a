"""A filter and its address are the same thing, whatever is asked."""

import json
import random
from datetime import UTC, date
from typing import Any

from trades.filters import PARAMS, TradeFilter

VALUES: dict[str, list[Any]] = {
    **{key: [(7,), (1, 2**31)] for key in ("accounts", "steam_statuses")},
    **{key: [("a",), ("a", "b")] for key in ("upstreams", "phases", "directions")},
    **{key: [("(other)",), ("Ä%&=", "a b", "x")] for key in ("statuses", "summaries")},
    **{key: [0, 5, 14500, 10**15] for key in ("value_from", "value_to")},
    **{
        key: ["a&b=c", "★ 100%_", "  x  "]
        for key in ("custom", "item", "error", "bot", "item_is", "error_is", "bot_is")
    },
    "games": [("730",), ("730", "other"), ("0",)],
    "ids": [("a b", "a", "b"), ("x",)],
    "id_kind": ["offer"],
    "free": ["2026-01-31", "unknown"],
    "value": ["unknown"],
    "sort": ["updated", "value"],
    "is_ascending": [True],
}
DAYS = [date(1970, 1, 2), date(2026, 2, 28), date(2100, 12, 31)]


def test_a_filter_comes_back_out_of_its_address() -> None:
    dice = random.Random(11)
    for _ in range(300):
        names = dice.sample(list(PARAMS), dice.randint(1, 6))
        wanted = TradeFilter(**{name: dice.choice(VALUES.get(name, DAYS)) for name in names})
        stored = json.loads(json.dumps(wanted.params()))
        assert TradeFilter.from_params(stored, UTC) == wanted


def test_every_field_has_a_parameter() -> None:
    assert set(VALUES) <= set(PARAMS)
    assert len(set(PARAMS.values())) == len(PARAMS)
