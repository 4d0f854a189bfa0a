"""Seed: Sell API, the lookups and the Trade Dashboard; keys, and what the pages do not name."""

import pytest

from tests.trades.sandbox.wire import KEY, Caller
from trades.sandbox.sandbox import Sandbox
from trades.sandbox.seeding import seed_account

COUNTS = {
    "accepted": 100,
    "completed": 20,
    "processing": 5,
    "error": 3,
    "cancelled": 7,
    "declined": 5,
    "rolled_back_by_user": 8,
    "rolled_back_by_bot": 2,
}


def test_the_four_lookups_find_one_trade(caller: Caller, sandbox: Sandbox) -> None:
    trades = sandbox.world.trades
    trade_id = trades.insert(KEY, status="accepted", custom_id="a b/★", offer_id="52")
    trades.write_columns(trade_id, {"steam_trade_id": "4012345678_76561198012345678"})
    trades.insert(KEY, status="accepted", steam_trade_id="40123456780_7", offer_id="520")

    listed = next(
        one for one in caller.get("/api/trades").data["trades"] if one["trade_id"] == trade_id
    )
    for path in (
        f"by-id/{trade_id}",
        "by-custom-id/a b/★",
        "by-steam-tradeoffer-id/52",
        "by-steam-trade-id/4012345678",
    ):
        assert caller.get(f"/api/sell/trades/{path}").data == listed


@pytest.mark.parametrize(
    "kind", ["by-id", "by-custom-id", "by-steam-tradeoffer-id", "by-steam-trade-id"]
)
def test_a_lookup_of_nothing_is_a_404(caller: Caller, sandbox: Sandbox, kind: str) -> None:
    sandbox.world.trades.insert(KEY)

    answer = caller.get(f"/api/sell/trades/{kind}/no-such-id")

    assert answer.refusal == (404, "Trade not found")


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("accepted", 200),
        ("rolled_back_by_user", 200),
        ("rolled_back_by_bot", 200),
        ("completed", 404),
        ("processing", 404),
        ("cancelled", 404),
    ],
)
def test_the_steam_trade_id_finds_accepted_and_rolled_back_trades_only(
    caller: Caller, sandbox: Sandbox, status: str, found: int
) -> None:
    sandbox.world.trades.insert(KEY, status=status, steam_trade_id="4012_765")

    assert caller.get("/api/sell/trades/by-steam-trade-id/4012").status == found
    assert caller.get("/api/sell/trades/by-steam-trade-id/4012_765").status == 404


def test_the_dashboard_answers_the_example_of_the_page(caller: Caller, sandbox: Sandbox) -> None:
    with sandbox.world.store.write():
        for status, count in COUNTS.items():
            for _ in range(count):
                # 120 successes worth 6,750,000 in all; what failed counts for nothing
                sandbox.world.trades.insert(KEY, status=status, value=56_250)
        sandbox.world.trades.insert(KEY, game=570, value=1)

    answer = caller.get("/api/sell/trades/dashboard", game_id=730)

    assert answer.json() == {
        "success": True,
        "data": {
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
        },
    }
    assert caller.get("/api/sell/trades/dashboard").data["total_transactions"] == 151


def test_a_status_that_no_page_lists_counts_as_an_error(caller: Caller, sandbox: Sandbox) -> None:
    sandbox.world.trades.insert(KEY, status="under_review")

    data = caller.get("/api/sell/trades/dashboard").data

    assert (data["error_count"], data["success_rate"]) == (1, 0)


def test_the_dashboard_of_nothing_divides_by_nothing(caller: Caller) -> None:
    data = caller.get("/api/sell/trades/dashboard").data

    assert set(data.values()) == {0}
    assert len(data) == 13


def test_a_missing_or_unknown_key_is_a_401_and_a_revoked_one_a_403(
    caller: Caller, sandbox: Sandbox
) -> None:
    for key in (None, "unknown"):
        status, error = Caller(caller.port, key).get("/api/sell/trades", limit=1).refusal
        assert (status, bool(error)) == (401, True)
    sandbox.world.accounts.revoke(KEY)
    assert caller.get("/api/trades").refusal[0] == 403
    sandbox.world.accounts.restore(KEY)
    assert caller.get("/api/trades").status == 200


def test_two_keys_may_open_one_account(caller: Caller, sandbox: Sandbox) -> None:
    account = sandbox.world.accounts.of_key(KEY)
    sandbox.world.accounts.add_key("second-key", account.id)
    sandbox.world.trades.insert(KEY)

    again = Caller(caller.port, "second-key").get("/api/trades")

    assert again.ids == caller.get("/api/trades").ids


@pytest.mark.parametrize("path", ["/api/auth/me", "/api/wallet/balance"])
def test_what_the_pages_do_not_name_is_off_until_its_knob_is_turned(
    caller: Caller, sandbox: Sandbox, path: str
) -> None:
    assert caller.get(path).refusal == (404, "Not found")
    sandbox.knobs.identity = True
    assert caller.get(path).status == 200


def test_identity_and_wallet_have_the_shape_of_the_later_documents(
    caller: Caller, sandbox: Sandbox
) -> None:
    sandbox.knobs.identity = True
    sandbox.world.trades.insert(KEY, status="completed", value=700)
    sandbox.world.trades.insert(KEY, status="accepted", value=55)

    me = caller.get("/api/auth/me").data

    assert set(me) == {"id", "login", "first_name", "last_name", "avatar", "role"}
    assert (me["login"], me["role"]) == ("tester", "project")
    assert caller.get("/api/wallet/balance").data == {"balance": 700, "frozen_balance": 55}


def test_a_seeded_seller_has_withdrawn_most_of_the_money(sandbox: Sandbox, caller: Caller) -> None:
    sandbox.knobs.identity = True
    seed_account(sandbox.world, "seeded", trades=500)
    seeded = Caller(caller.port, "seeded")

    wallet = seeded.get("/api/wallet/balance").data

    volume = seeded.get("/api/sell/trades/dashboard").data["total_volume"]
    assert 0 < wallet["balance"] < volume // 20


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/nothing"), ("POST", "/api/trades"), ("GET", "/api/sell/match")],
)
def test_a_path_or_method_that_is_none_is_a_404_in_the_usual_envelope(
    caller: Caller, method: str, path: str
) -> None:
    assert caller.send(method, path).refusal == (404, "Not found")
