"""Seeds: Trades API, Game-Specific Flow, Summary, Error Field; Sell API, Sell Flow."""

from typing import Any

import pytest

from tests.trades.sandbox.conftest import Clock
from tests.trades.sandbox.wire import KEY, Caller
from trades.sandbox.assets import Asset
from trades.sandbox.catalog import FIRST_BUYER
from trades.sandbox.sandbox import Sandbox

OFFER, ACCEPT, SETTLEMENT = 10, 100, 7 * 86_400
NAMES = {
    730: "AK-47 | Redline (Field-Tested)",
    570: "Weather Rain",
    440: "Mann Co. Supply Crate Key",
    252490: "Tempered AK47",
}


def create(caller: Caller, game: int = 730, custom_id: str = "c-1", assetid: str = "77") -> str:
    name = NAMES[game]
    ask = {"game_id": game, "items": [{"market_hash_name": name}]}
    matched = caller.post("/api/sell/match", ask).data
    price = matched["items"][0]["price"]
    answer = caller.post(
        "/api/sell/trades/create",
        {
            "custom_id": custom_id,
            "buyer_id": matched["buyer_id"],
            "tradelink": "https://steamcommunity.com/tradeoffer/new/?partner=1&token=t",
            "game_id": game,
            "items": [{"assetid": assetid, "market_hash_name": name, "price": price}],
        },
    )
    return str(answer.data["trade_id"])


def trade(caller: Caller, trade_id: str) -> dict[str, Any]:
    found: dict[str, Any] = caller.get(f"/api/sell/trades/by-id/{trade_id}").data
    return found


def words(found: dict[str, Any]) -> tuple[str, str, int | None]:
    return found["status"], found["summary"], found["processed_trade"]["status"]


def test_a_cs2_trade_is_frozen_until_its_settlement(caller: Caller, clock: Clock) -> None:
    trade_id = create(caller)

    fresh = trade(caller, trade_id)
    assert words(fresh) == ("processing", "InProgress", None)
    assert fresh["created_at"] == fresh["updated_at"] == "2026-03-13T10:00:00Z"
    for name in ("trade_id", "tradeoffer_id", "settlement"):
        assert fresh["processed_trade"][name] is None

    clock.pass_by(OFFER)
    offered = trade(caller, trade_id)
    assert words(offered) == ("processing", "InProgress", 2)
    assert offered["processed_trade"]["tradeoffer_id"].isdecimal()
    assert offered["processed_trade"]["trade_id"] is None
    assert offered["updated_at"] == "2026-03-13T10:00:10Z"

    clock.pass_by(ACCEPT)
    accepted = trade(caller, trade_id)
    assert words(accepted) == ("accepted", "Accepted", 3)
    assert accepted["updated_at"] == "2026-03-13T10:01:50Z"
    assert accepted["processed_trade"]["settlement"] == "2026-03-20T10:01:50Z"
    assert accepted["processed_trade"]["trade_id"].endswith(f"_{FIRST_BUYER}")

    clock.pass_by(SETTLEMENT - 1)
    assert trade(caller, trade_id) == accepted
    clock.pass_by(1)
    completed = trade(caller, trade_id)
    assert words(completed) == ("completed", "Accepted", 3)
    assert completed["updated_at"] == "2026-03-20T10:01:50Z"
    assert completed["created_at"] == fresh["created_at"]
    assert completed["error"] is None


@pytest.mark.parametrize("game", [570, 440, 252490])
def test_the_other_games_are_completed_at_once(caller: Caller, clock: Clock, game: int) -> None:
    trade_id = create(caller, game)

    clock.pass_by(OFFER + ACCEPT)

    done = trade(caller, trade_id)
    assert words(done) == ("completed", "Accepted", 3)
    assert done["processed_trade"]["settlement"] is None


@pytest.mark.parametrize(
    ("outcome", "status", "summary", "steam_status"),
    [
        ("cancelled", "cancelled", "DeclinedBySeller", 7),
        ("expired", "cancelled", "Failed", 5),
        ("countered", "cancelled", "Failed", 4),
        ("invalid_items", "cancelled", "Failed", 8),
        ("missing_items", "cancelled", "Failed", 13),
        ("declined", "declined", "CanceledByBuyer", 6),
        ("second_factor", "declined", "Failed", 10),
        ("error", "error", "Failed", 1),
    ],
)
def test_a_failed_trade_says_why_and_frees_the_buyers_money(
    caller: Caller,
    sandbox: Sandbox,
    clock: Clock,
    outcome: str,
    status: str,
    summary: str,
    steam_status: int,
) -> None:
    before = sandbox.world.market.balance(FIRST_BUYER)
    sandbox.knobs.outcome = outcome
    trade_id = create(caller)

    clock.pass_by(OFFER + ACCEPT)

    failed = trade(caller, trade_id)
    assert words(failed) == (status, summary, steam_status)
    assert failed["error"]
    assert sandbox.world.market.balance(FIRST_BUYER) == before


@pytest.mark.parametrize(
    ("status", "summary"),
    [
        ("rolled_back_by_user", "RolledBackBySeller"),
        ("rolled_back_by_bot", "RolledBackByBuyer"),
    ],
)
def test_a_frozen_trade_may_be_rolled_back(
    caller: Caller, sandbox: Sandbox, clock: Clock, status: str, summary: str
) -> None:
    before = sandbox.world.market.balance(FIRST_BUYER)
    sandbox.knobs.outcome = status
    trade_id = create(caller)
    clock.pass_by(OFFER + ACCEPT)
    assert trade(caller, trade_id)["status"] == "accepted"

    clock.pass_by(SETTLEMENT)

    assert words(trade(caller, trade_id)) == (status, summary, 12)
    assert sandbox.world.market.balance(FIRST_BUYER) == before


def test_a_test_may_roll_back_any_trade_at_once(
    caller: Caller, sandbox: Sandbox, clock: Clock
) -> None:
    trade_id = sandbox.world.trades.insert(KEY, status="completed", updated=0)

    sandbox.world.lifecycle.roll_back(trade_id, "bot")

    rolled_back = trade(caller, trade_id)
    assert rolled_back["status"] == "rolled_back_by_bot"
    assert rolled_back["updated_at"] == "2026-03-13T10:00:00Z"


def test_an_outcome_may_be_stuck_or_a_word_that_no_page_knows(
    caller: Caller, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.knobs.outcome = "stuck"
    stuck = create(caller, custom_id="c-1", assetid="1")
    sandbox.knobs.outcome = "under_review"
    unknown = create(caller, custom_id="c-2", assetid="2")

    clock.pass_by(30 * 86_400)

    assert words(trade(caller, stuck)) == ("processing", "InProgress", 2)
    assert trade(caller, unknown)["status"] == "under_review"


def test_the_buyer_pays_when_the_trade_is_completed(
    caller: Caller, sandbox: Sandbox, clock: Clock
) -> None:
    balance, _ = sandbox.world.market.balance(FIRST_BUYER)
    create(caller)

    clock.pass_by(OFFER + ACCEPT)
    caller.get("/api/trades")
    assert sandbox.world.market.balance(FIRST_BUYER) == (balance - 14500, 14500)

    clock.pass_by(SETTLEMENT)
    caller.get("/api/trades")
    assert sandbox.world.market.balance(FIRST_BUYER) == (balance - 14500, 0)


def test_sold_assets_leave_the_inventory_and_return_with_a_rollback(
    caller: Caller, sandbox: Sandbox, clock: Clock
) -> None:
    owner = sandbox.world.accounts.of_key(KEY).steamid64
    sandbox.world.assets.add(owner, 730, [Asset("77", NAMES[730], tradable=True)])
    trade_id = create(caller, assetid="77")
    inventory = f"/inventory/{owner}/730/2"
    assert caller.get(inventory).json()["total_inventory_count"] == 1

    clock.pass_by(OFFER + ACCEPT)
    assert caller.get(inventory).json()["total_inventory_count"] == 0

    sandbox.world.lifecycle.roll_back(trade_id)
    assert caller.get(inventory).json()["total_inventory_count"] == 1


def test_of_two_open_trades_over_one_asset_the_second_fails(caller: Caller, clock: Clock) -> None:
    first, second = create(caller, custom_id="c-1"), create(caller, custom_id="c-2")

    clock.pass_by(OFFER + ACCEPT)

    assert trade(caller, first)["status"] == "accepted"
    assert words(trade(caller, second)) == ("cancelled", "Failed", 8)


def test_a_long_absence_is_caught_up_at_the_moments_when_it_was_due(
    caller: Caller, sandbox: Sandbox, clock: Clock
) -> None:
    trade_id = create(caller)
    sandbox.knobs.outcome = "stuck"
    stuck = create(caller, custom_id="c-2", assetid="2")

    clock.pass_by(365 * 86_400)

    assert trade(caller, stuck)["updated_at"] == "2026-03-13T10:00:10Z"
    assert trade(caller, trade_id)["updated_at"] == "2026-03-20T10:01:50Z"
    assert trade(caller, trade_id)["status"] == "completed"


@pytest.mark.parametrize("empty", ["missing", "empty"])
def test_what_is_not_known_yet_may_be_missing_or_empty(
    caller: Caller, sandbox: Sandbox, empty: str
) -> None:
    sandbox.knobs.absent = empty
    processed = trade(caller, create(caller))["processed_trade"]

    if empty == "missing":
        assert {"trade_id", "tradeoffer_id", "status", "settlement"}.isdisjoint(processed)
    else:
        assert (processed["trade_id"], processed["tradeoffer_id"]) == ("", "")


def test_trades_trickle_only_while_somebody_asks(
    caller: Caller, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.knobs.trickle = True

    def total() -> int:
        return int(caller.get("/api/trades").data["total"])

    assert total() == 0
    clock.pass_by(60)
    assert 1 <= total() <= 3
    clock.pass_by(400)
    while_asked = total()
    assert 10 <= while_asked <= 23
    clock.pass_by(30 * 86_400)
    assert total() == while_asked
    assert {one["status"] for one in caller.get("/api/trades").data["trades"]} >= {"completed"}
