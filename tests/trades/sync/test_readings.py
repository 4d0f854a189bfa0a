"""Every reading of what the documents leave open gives the same mirror: the market's truth."""

import pytest

from tests.trades.sync.conftest import Desk

STATUSES = {"completed": 70, "cancelled": 12, "declined": 8, "accepted": 6, "bartered": 4}
READINGS = [
    {"order": "created_asc"},
    {"order": "updated_desc", "date_field": "updated"},
    {"order": "none", "bounds": "exclusive"},
    {"order": "none", "date_field": "updated", "bounds": "exclusive", "nulls": "first"},
    {"bounds": "half_open", "nulls": "last"},
    {"page_cap": 17},
    {"page_cap": None},
    {"sell_max_limit": 20, "nulls": "smallest"},
    {"absent": "missing", "milliseconds": True},
    {"absent": "empty", "extra_fields": True, "limit_in_answer": "default"},
    {"purchases": True, "order": "none"},
]


@pytest.mark.parametrize("reading", READINGS, ids=str)
def test_the_mirror_equals_the_market_under_any_reading(desk: Desk, reading: dict) -> None:
    desk.knobs(**{"page_cap": 300, **reading})  # so that a small history needs many windows
    desk.seed(
        900, statuses=STATUSES, null_dates=0.02, null_bots=0.02,
        purchases=50 if "purchases" in reading else 0,
    )  # fmt: skip
    desk.sync()
    assert desk.mirrored() == desk.truth()


@pytest.mark.parametrize("order", ["created_desc", "none"])
def test_more_trades_in_one_second_than_an_answer_holds(desk: Desk, order: str) -> None:
    desk.knobs(order=order, page_cap=200)
    desk.seed(1_000, statuses=STATUSES, burst=500)
    desk.sync()
    assert desk.mirrored() == desk.truth()
