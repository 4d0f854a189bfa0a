import json
from dataclasses import fields
from datetime import UTC, datetime

import msgspec
import pytest

from tests.trades.upstreams.vpsbot.rows import as_json
from trades.upstreams.records import Statistics
from trades.upstreams.scalars import Unreadable
from trades.upstreams.vpsbot import sell

NOW = datetime(2026, 1, 15, tzinfo=UTC)
SEED_FIGURES = {
    "total_transactions": 150,
    "total_volume": 6750000,
    "total_revenue": 6750000,
    "avg_transaction": 45000,
    "success_rate": 80.0,
    "accepted_count": 100,
    "completed_count": 20,
    "processing_count": 5,
    "error_count": 3,
    "cancelled_count": 7,
    "declined_count": 5,
    "rolled_back_by_user_count": 8,
    "rolled_back_by_bot_count": 2,
}


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(as_json(value))


def test_the_thirteen_figures_of_the_seed_page() -> None:
    figures = sell.statistics(raw(SEED_FIGURES))
    told = {each.name: getattr(figures, each.name) for each in fields(Statistics)}
    rate = told.pop("success_rate_milli")
    assert rate == 80_000
    assert told == {name: value for name, value in SEED_FIGURES.items() if name != "success_rate"}


@pytest.mark.parametrize(
    ("name", "told", "expected"),
    [
        ("total_volume", "6750000", 6750000),
        ("total_volume", 0, 0),
        ("total_volume", None, None),
        ("total_volume", "much", None),
        ("total_volume", True, None),
        ("total_volume", 10**30, None),
        ("total_volume", "1e999999", None),
        ("total_volume", "NaN", None),
        ("total_volume", [], None),
        ("avg_transaction", 45000.4, 45000),
        ("avg_transaction", 45000.6, 45001),
        ("avg_transaction", "45000.60", 45001),
        ("success_rate", 66.66666666666667, 66667),
        ("success_rate", "80.0", 80000),
        ("success_rate", 0, 0),
        ("success_rate", None, None),
    ],
)
def test_odd_figures(name: str, told: object, expected: int | None) -> None:
    figures = sell.statistics(raw({**SEED_FIGURES, name: told}))
    shown = "success_rate_milli" if name == "success_rate" else name
    assert getattr(figures, shown) == expected


@pytest.mark.parametrize("data", [{}, None, [], {"total_volume": None}, {"other": 1}])
def test_no_figure_at_all_is_unreadable(data: object) -> None:
    with pytest.raises(Unreadable):
        sell.statistics(raw(data))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"market_hash_name": "AK", "price": 14500, "amount": 2}, ("AK", 14500, 2, "")),
        ({"market_hash_name": "AK", "price": "14500", "amount": "2"}, ("AK", 14500, 2, "")),
        ({"market_hash_name": "AK", "price": 14500.0, "amount": 2.0}, ("AK", 14500, 2, "")),
        ({"market_hash_name": "AK", "price": None, "amount": None}, ("AK", 0, 0, "")),
        ({"market_hash_name": "AK"}, ("AK", 0, 0, "")),
        ({"market_hash_name": "AK", "price": 0, "error": None}, ("AK", 0, 0, "")),
        ({"market_hash_name": "AK", "price": 0, "error": "key=abc"}, ("AK", 0, 0, "key=[cut]")),
        ({"market_hash_name": "AK", "price": 0, "error": {"a": 1}}, ("AK", 0, 0, "")),
    ],
)
def test_matched_items(row: dict[str, object], expected: tuple[str, int, int, str]) -> None:
    (item,) = sell.match(raw({"buyer_id": 7656, "items": [row]}), NOW).items
    assert (item.name, item.price_milli, item.amount, item.error) == expected


@pytest.mark.parametrize("buyer", [None, ""])
def test_a_match_without_a_buyer(buyer: object) -> None:
    answer = sell.match(raw({"buyer_id": buyer, "items": []}), NOW)
    assert (answer.buyer_id, answer.items, answer.asked_at) == ("", (), NOW)


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"buyer_id": "b"},
        {"buyer_id": "b", "items": None},
        {"buyer_id": "b", "items": [None]},
        {"buyer_id": ["b"], "items": []},
        {"buyer_id": "b", "items": [{"market_hash_name": "AK", "price": 14500.5}]},
        {"buyer_id": "b", "items": [{"market_hash_name": "AK", "price": -1}]},
        {"buyer_id": "b", "items": [{"market_hash_name": "AK", "price": "cheap"}]},
        {"buyer_id": "b", "items": [{"market_hash_name": "AK", "price": 2**63}]},
        {"buyer_id": "b", "items": [{"market_hash_name": "AK", "price": 5, "amount": -1}]},
        {"buyer_id": "b", "items": [{"market_hash_name": ["AK"], "price": 5}]},
    ],
)
def test_a_match_that_cannot_be_trusted_is_unreadable(data: object) -> None:
    with pytest.raises(Unreadable):
        sell.match(raw(data), NOW)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"id": "u", "login": "seller"}, "seller"),
        ({"id": "u", "login": None, "first_name": "Ann", "last_name": None}, "Ann"),
        ({"id": "u", "first_name": "Ann", "last_name": "Lee"}, "Ann Lee"),
        ({"id": 5}, ""),
    ],
)
def test_identity_names(data: dict[str, object], name: str) -> None:
    assert sell.identity(raw(data)).name == name


def test_a_payload_is_the_same_bytes_each_time() -> None:
    payload = sell.create_payload(
        custom_id="c",
        buyer_id="b",
        tradelink="https://x/?partner=1&token=t",
        game_id=730,
        items=[sell.SellAsk("1", "★ AK", 5)],
    )
    assert (
        payload
        == (
            '{"custom_id":"c","buyer_id":"b","tradelink":"https://x/?partner=1&token=t","game_id":730,'
            '"items":[{"assetid":"1","market_hash_name":"★ AK","price":5,"contextid":"2"}]}'
        ).encode()
    )
    assert json.loads(payload)["items"][0]["price"] == 5
