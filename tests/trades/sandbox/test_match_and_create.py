"""Seed: Sell API, Match Items and Create Trade."""

import json
import re
from typing import Any

import pytest

from tests.trades.sandbox.wire import Caller
from trades.sandbox.catalog import FIRST_BUYER, SECOND_BUYER
from trades.sandbox.sandbox import Sandbox

REDLINE = "AK-47 | Redline (Field-Tested)"
ASIIMOV = "AWP | Asiimov (Field-Tested)"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

MATCH_EXAMPLE = {
    "game_id": 730,
    "items": [
        {"market_hash_name": REDLINE, "amount": 2},
        {"market_hash_name": ASIIMOV, "amount": 1},
    ],
}
CREATE_EXAMPLE: dict[str, Any] = {
    "custom_id": "sell-001",
    "buyer_id": "76561198012345678",
    "tradelink": "https://steamcommunity.com/tradeoffer/new/?partner=XXXXX&token=YYYYY",
    "game_id": 730,
    "items": [
        {"assetid": "38291847562", "market_hash_name": REDLINE, "price": 14500},
        {"assetid": "49382716453", "market_hash_name": REDLINE, "price": 14500},
        {"assetid": "27461938274", "market_hash_name": ASIIMOV, "price": 32000},
    ],
}


def create_body(**changes: object) -> dict[str, Any]:
    return {**json.loads(json.dumps(CREATE_EXAMPLE)), **changes}


def item(name: str = REDLINE, price: object = 14500, assetid: str = "1") -> dict[str, Any]:
    return {"assetid": assetid, "market_hash_name": name, "price": price}


def test_match_answers_the_example_of_the_page(caller: Caller) -> None:
    answer = caller.post("/api/sell/match", MATCH_EXAMPLE)

    assert answer.status == 200
    assert answer.json() == {
        "success": True,
        "data": {
            "buyer_id": "76561198012345678",
            "items": [
                {"market_hash_name": REDLINE, "price": 14500, "amount": 2},
                {"market_hash_name": ASIIMOV, "price": 32000, "amount": 1},
            ],
        },
    }


def test_match_counts_one_when_no_amount_is_given(caller: Caller) -> None:
    data = caller.post(
        "/api/sell/match", {"game_id": 730, "items": [{"market_hash_name": REDLINE}]}
    ).data

    assert data["items"][0]["amount"] == 1


def test_match_offers_no_more_than_the_order_wants(caller: Caller, sandbox: Sandbox) -> None:
    sandbox.world.market.set_order(730, REDLINE, FIRST_BUYER, price=15000, amount=3)

    data = caller.post(
        "/api/sell/match", {"game_id": 730, "items": [{"market_hash_name": REDLINE, "amount": 9}]}
    ).data

    # the second buyer pays less a piece, but wants all nine
    assert data["buyer_id"] == SECOND_BUYER
    sandbox.world.market.set_order(730, REDLINE, SECOND_BUYER, price=1, amount=9)
    data = caller.post(
        "/api/sell/match", {"game_id": 730, "items": [{"market_hash_name": REDLINE, "amount": 9}]}
    ).data
    assert (data["buyer_id"], data["items"][0]["amount"]) == (FIRST_BUYER, 3)


def test_match_prices_what_nobody_buys_at_0_and_names_the_unknown(
    caller: Caller, sandbox: Sandbox
) -> None:
    sandbox.world.market.drop_orders(730, ASIIMOV)

    items = caller.post(
        "/api/sell/match",
        {
            "game_id": 730,
            "items": [{"market_hash_name": ASIIMOV}, {"market_hash_name": "No such thing"}],
        },
    ).data["items"]

    assert items[0] == {"market_hash_name": ASIIMOV, "price": 0, "amount": 0}
    assert items[1]["price"] == 0
    assert items[1]["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        {},
        {"game_id": 730},
        {"game_id": 730, "items": []},
        {"game_id": 730, "items": ["x"]},
        {"game_id": 730, "items": [{}]},
        {"game_id": 730, "items": [{"market_hash_name": REDLINE, "amount": 0}]},
        {"game_id": "x", "items": [{"market_hash_name": REDLINE}]},
        {"game_id": 10, "items": [{"market_hash_name": REDLINE}]},
    ],
)
def test_match_refuses_a_malformed_body(caller: Caller, body: object) -> None:
    assert caller.post("/api/sell/match", body).refusal == (400, "Invalid request body")


def test_create_answers_the_201_of_the_page(caller: Caller) -> None:
    answer = caller.post("/api/sell/trades/create", CREATE_EXAMPLE)

    assert answer.status == 201
    data = answer.data
    assert UUID.fullmatch(data["trade_id"])
    assert set(data["selected_bot"]) == {"steamid64", "avatar", "profile_name"}
    assert re.fullmatch(r"VPSBot #\d+", data["selected_bot"]["profile_name"])
    assert data == {
        "trade_id": data["trade_id"],
        "custom_id": "sell-001",
        "summary": {"items_count": 3, "total_value": 61000},
        "processed_trade": {"id": data["trade_id"], "status": "processing"},
        "selected_bot": data["selected_bot"],
        "status": "processing",
    }


def test_create_freezes_the_buyers_money(caller: Caller, sandbox: Sandbox) -> None:
    balance, frozen = sandbox.world.market.balance(FIRST_BUYER)

    caller.post("/api/sell/trades/create", CREATE_EXAMPLE)

    assert sandbox.world.market.balance(FIRST_BUYER) == (balance - 61000, frozen + 61000)


def test_create_keeps_the_given_context_and_the_default_one(caller: Caller) -> None:
    body = create_body(items=[{**item(), "contextid": "6"}, item(assetid="2")])
    caller.post("/api/sell/trades/create", body)

    trade = caller.get("/api/sell/trades/by-custom-id/sell-001").data

    received = trade["processed_trade"]["items_to_receive"]
    assert [one["contextid"] for one in received] == ["6", "2"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        create_body(custom_id=None),
        create_body(custom_id=7),
        create_body(buyer_id=None),
        create_body(tradelink=""),
        create_body(items=[]),
        create_body(items=[{"market_hash_name": REDLINE, "price": 1}]),
        create_body(items=[item(price="14500")]),
        create_body(items=[item(price=None)]),
        create_body(items=[item(price=1.5)]),
        create_body(message=7),
    ],
)
def test_create_refuses_a_malformed_body(caller: Caller, body: object) -> None:
    assert caller.post("/api/sell/trades/create", body).refusal == (400, "Invalid request body")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"game_id": 10}, "Game not supported"),
        ({"buyer_id": SECOND_BUYER}, "Buyer mismatch"),
        (
            {"items": [item(), item("No such thing")]},
            "No buy order found for item: No such thing",
        ),
        ({"items": [item(price=14501)]}, f"Item {REDLINE} price exceeds buy order price"),
        ({"items": [item(price=0)]}, "Trade value must be positive"),
        ({"items": [item(price=-5)]}, "Trade value must be positive"),
    ],
)
def test_create_refuses_what_the_orders_do_not_allow(
    caller: Caller, changes: dict[str, object], error: str
) -> None:
    assert caller.post("/api/sell/trades/create", create_body(**changes)).refusal == (400, error)


def test_create_refuses_a_poor_buyer(caller: Caller, sandbox: Sandbox) -> None:
    sandbox.world.market.set_buyer(FIRST_BUYER, balance=60_999)

    answer = caller.post("/api/sell/trades/create", CREATE_EXAMPLE)

    assert answer.refusal == (400, "Insufficient balance")


@pytest.mark.parametrize(
    ("knob", "error"),
    [
        ({"room_max": 60_999}, "No suitable purchase room found"),
        ({"room_min": 61_001}, "No suitable purchase room found"),
        ({"bots_free": False}, "No suitable bot found"),
    ],
)
def test_create_refuses_without_a_room_or_a_bot(
    caller: Caller, sandbox: Sandbox, knob: dict[str, object], error: str
) -> None:
    sandbox.knobs.change(knob)

    assert caller.post("/api/sell/trades/create", CREATE_EXAMPLE).refusal == (400, error)


def test_create_refuses_a_custom_id_twice_and_stores_one_trade(
    caller: Caller, sandbox: Sandbox
) -> None:
    caller.post("/api/sell/trades/create", CREATE_EXAMPLE)

    again = caller.post("/api/sell/trades/create", create_body(items=[item()]))

    assert again.refusal == (409, "A trade with this custom_id already exists")
    assert caller.get("/api/sell/trades").data["total"] == 1


def test_a_refused_create_does_not_use_up_its_custom_id(caller: Caller) -> None:
    assert caller.post("/api/sell/trades/create", create_body(buyer_id="1")).status == 400

    assert caller.post("/api/sell/trades/create", CREATE_EXAMPLE).status == 201


def test_the_order_shrinks_with_every_sell(caller: Caller, sandbox: Sandbox) -> None:
    for buyer in (FIRST_BUYER, SECOND_BUYER):
        sandbox.world.market.set_order(730, REDLINE, buyer, price=14500, amount=1)
    sandbox.world.market.set_order(730, ASIIMOV, FIRST_BUYER, price=32000, amount=1)

    answer = caller.post("/api/sell/trades/create", CREATE_EXAMPLE)

    assert answer.refusal == (400, f"No buy order found for item: {REDLINE}")
    one_each = create_body(items=CREATE_EXAMPLE["items"][1:])
    assert caller.post("/api/sell/trades/create", one_each).status == 201
    wanted = {"game_id": 730, "items": [{"market_hash_name": ASIIMOV}]}
    assert caller.post("/api/sell/match", wanted).data["buyer_id"] == SECOND_BUYER


def test_a_failure_of_the_market_is_a_500_with_its_text(caller: Caller, sandbox: Sandbox) -> None:
    from_page = (500, "Internal error")
    caller.post("/_sandbox/faults", {"add": [{"kind": "status", "path": "create"}]})

    assert caller.post("/api/sell/trades/create", CREATE_EXAMPLE).refusal == from_page
    assert sandbox.world.trades.truth(str(caller.key)) == {}
