"""Histories: always the same for one seed, whole, and like a seller's own."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.trades.sandbox.conftest import Clock
from tests.trades.sandbox.wire import Caller
from trades.sandbox.demo import (
    DESK_KEY,
    DESK_SECOND_KEY,
    REVOKED_KEY,
    SECOND_KEY,
    THIEF,
    seed_demo,
)
from trades.sandbox.exchange import Request
from trades.sandbox.sandbox import Sandbox
from trades.sandbox.seeding import seed_account
from trades.sandbox.server import SandboxServer, open_sandbox
from trades.sandbox.world import World

EXCHANGED = {"accepted", "completed", "rolled_back_by_user", "rolled_back_by_bot"}


def rows(sandbox: Sandbox, key: str) -> list[dict[str, Any]]:
    """Every trade, over both lists' largest pages."""
    found: list[dict[str, Any]] = []
    while True:
        target = f"/api/trades?limit=2000&offset={len(found)}"
        data = json.loads(sandbox.handle(Request.of("GET", target, {"x-api-key": key})).body)[
            "data"
        ]
        found += data["trades"]
        if len(found) >= data["total"]:
            return found


def test_one_seed_makes_one_history() -> None:
    def history(seed: int) -> list[dict[str, Any]]:
        with Sandbox(World(clock=Clock())) as sandbox:
            seed_account(sandbox.world, "k", trades=300, seed=seed)
            return rows(sandbox, "k")

    assert history(1) == history(1)
    assert history(1) != history(2)


def test_a_history_holds_exactly_what_was_asked(sandbox: Sandbox) -> None:
    seed_account(sandbox.world, "k", trades=1500, purchases=40, null_dates=0.1)

    trades = rows(sandbox, "k")

    assert len(trades) == len({one["trade_id"] for one in trades}) == 1500
    assert len({one["custom_id"] for one in trades}) == 1500
    assert len({one["processed_trade"]["tradeoffer_id"] for one in trades}) >= 1480
    assert 90 < sum(one["created_at"] is None for one in trades) < 160
    assert any(one["created_at"] and not one["updated_at"] for one in trades)
    assert any(one["selected_bot"] is None for one in trades)
    sandbox.knobs.purchases = True
    assert len(rows(sandbox, "k")) == 1540


def test_a_living_history_keeps_to_the_rules_of_the_games(sandbox: Sandbox, clock: Clock) -> None:
    seed_account(sandbox.world, "k", trades=6000, null_dates=0)

    trades = rows(sandbox, "k")

    for one in trades:
        processed = one["processed_trade"]
        if one["status"] in EXCHANGED - {"completed"}:
            assert processed["game_id"] == 730
        settles = processed["game_id"] == 730 and one["status"] in EXCHANGED
        assert (processed["settlement"] is not None) == settles
        assert (one["error"] is not None) == (one["status"] in ("cancelled", "declined", "error"))
        assert one["created_at"] <= one["updated_at"] <= "2026-03-13T10:00:00Z"
    by_status = Counter(one["status"] for one in trades)
    assert by_status["completed"] > 4500
    assert 10 < by_status["processing"] < 20
    assert 20 < by_status["accepted"] < 150
    assert len({one["summary"] for one in trades}) == 7
    assert {one["processed_trade"]["game_id"] for one in trades} == {730, 570, 440, 252490}


def test_what_is_open_in_a_living_history_moves_by_itself(sandbox: Sandbox, clock: Clock) -> None:
    seed_account(sandbox.world, "k", trades=2500)
    before = sandbox.world.trades.truth("k")

    clock.pass_by(60)
    after_a_minute = {one["trade_id"]: one["status"] for one in rows(sandbox, "k")}
    moved = [one for one, status in before.items() if after_a_minute[one] != status]
    assert 1 <= len(moved) <= 3
    clock.pass_by(30 * 86_400)
    rows(sandbox, "k")

    left = Counter(sandbox.world.trades.truth("k").values())
    assert left["accepted"] == 0
    assert left["processing"] == 2  # stuck for good


def test_given_statuses_stay_as_they_are_unknown_words_included(
    sandbox: Sandbox, clock: Clock
) -> None:
    seed_account(
        sandbox.world,
        "k",
        trades=400,
        statuses={"accepted": 1, "under_review": 1, "processing": 1},
        games={570: 1},
    )
    before = sandbox.world.trades.truth("k")

    clock.pass_by(365 * 86_400)

    assert {one["trade_id"]: one["status"] for one in rows(sandbox, "k")} == before
    assert set(before.values()) == {"accepted", "under_review", "processing"}
    assert set(sandbox.world.trades.count_by("k", "game")) == {"570"}


def test_a_burst_of_trades_shares_one_second(sandbox: Sandbox) -> None:
    seed_account(sandbox.world, "k", trades=300, burst=120, null_dates=0)

    seconds = Counter(one["created_at"] for one in rows(sandbox, "k"))

    assert seconds.most_common(1)[0][1] >= 120


def test_the_indexes_come_back_after_a_large_load(sandbox: Sandbox) -> None:
    def indexes() -> set[str]:
        names = sandbox.world.store.rows("SELECT name FROM sqlite_master WHERE type = 'index'")
        return {name for (name,) in names}

    before = indexes()
    seed_account(sandbox.world, "k", trades=50_001)

    assert indexes() == before
    assert sandbox.world.trades.count("k") == 50_001


def test_the_demo_world_has_its_accounts_and_is_filled_once(clock: Clock) -> None:
    world = World(clock=clock)
    seed_demo(world)
    seed_demo(world)

    counts = {key: world.trades.count(key) for key in (DESK_KEY, DESK_SECOND_KEY, SECOND_KEY)}
    assert counts == {DESK_KEY: 2500, DESK_SECOND_KEY: 2500, SECOND_KEY: 12_000}
    assert world.accounts.is_revoked(REVOKED_KEY)
    desk = world.accounts.of_key(DESK_KEY)
    assert len(world.assets.listed(desk.steamid64, 730, "2")) > 50
    assert world.assets.listed(desk.steamid64, 730, "16")
    assert {one.tradable for one in world.assets.listed(desk.steamid64, 730, "2")} == {True, False}
    thief = {one.partner for one in world.offers.of(desk.steamid64)} & {THIEF}
    clock.pass_by(200)
    assert not thief
    assert THIEF in {one.partner for one in world.offers.of(desk.steamid64)}
    world.close()


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    with open_sandbox(tmp_path, seed_trades={"k": 50}) as first, SandboxServer(first) as server:
        caller = Caller(server.port, "k")
        added = first.world.trades.insert("k", status="cancelled", custom_id="mine")
        first.world.accounts.add_key("k2", first.world.accounts.of_key("k").id)
        first.world.accounts.revoke("k2")
        before = caller.get("/api/trades", limit=2000).data
        truth = first.world.trades.truth("k")

    with open_sandbox(tmp_path, seed_trades={"k": 50}) as again, SandboxServer(again) as server:
        caller = Caller(server.port, "k")
        assert caller.get("/api/trades", limit=2000).data == before
        assert caller.get("/api/sell/trades/by-custom-id/mine").data["trade_id"] == added
        assert again.world.trades.truth("k") == truth
        assert Caller(server.port, "k2").get("/api/trades").status == 403


@pytest.mark.parametrize("knobs", [{"order": "none"}, {"order": "created_asc"}, {}])
def test_the_truth_is_what_the_pages_serve(sandbox: Sandbox, knobs: dict[str, object]) -> None:
    seed_account(sandbox.world, "k", trades=2600, null_dates=0.2)
    sandbox.knobs.change(knobs)

    served = {one["trade_id"]: one["status"] for one in rows(sandbox, "k")}

    assert served == sandbox.world.trades.truth("k")
    assert sum(sandbox.world.trades.count_by("k", "status").values()) == 2600
