"""What goes wrong between two programs, on order."""

import http.client
import json
import time

import pytest

from tests.trades.sandbox.test_match_and_create import CREATE_EXAMPLE
from tests.trades.sandbox.wire import KEY, Caller
from trades.sandbox.exchange import Request
from trades.sandbox.faults import MALFORMED, Fault, Faults, UnknownFault
from trades.sandbox.sandbox import Sandbox

TRADES = Request("GET", "/api/trades")


def test_faults_are_used_up_one_by_one(caller: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("rate_limited", retry_after="7"))
    sandbox.faults.add(Fault("rate_limited"))
    sandbox.faults.add(Fault("status", status=503, times=2))

    answers = [caller.get("/api/trades") for _ in range(5)]

    assert [answer.status for answer in answers] == [429, 429, 503, 503, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert "Retry-After" not in answers[1].headers
    assert answers[0].json()["success"] is False
    assert [seen.status for seen in sandbox.requests] == [429, 429, 503, 503, 200]


def test_a_fault_keeps_to_its_path(caller: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("status", path=r"^POST .*/match$", times=None))

    assert caller.get("/api/trades").status == 200
    assert caller.post("/api/sell/match", {}).status == 500
    assert caller.post("/api/sell/match", {}).status == 500
    sandbox.faults.clear()
    assert caller.post("/api/sell/match", {}).status == 400


def test_the_dice_of_a_chance_fall_alike_for_one_seed() -> None:
    def fallen(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.add(Fault("html", times=None, chance=0.3))
        return [faults.draw(TRADES) is not None for _ in range(200)]

    assert fallen(1) == fallen(1) != fallen(2)
    assert 30 < sum(fallen(1)) < 90


@pytest.mark.parametrize("status", [200, 502])
def test_a_page_of_html_instead_of_json(caller: Caller, sandbox: Sandbox, status: int) -> None:
    sandbox.faults.add(Fault("html", status=status))

    answer = caller.get("/api/trades")

    assert (answer.status, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_a_body_is_cut_off_in_the_middle(caller: Caller, sandbox: Sandbox) -> None:
    sandbox.world.trades.insert(KEY)
    sandbox.faults.add(Fault("cut"))

    with pytest.raises(http.client.IncompleteRead) as raised:
        caller.get("/api/trades")

    assert 0 < len(raised.value.partial) < len(caller.get("/api/trades").body)


@pytest.mark.parametrize("commit", [False, True])
def test_an_answer_is_lost_before_or_after_its_effect(
    caller: Caller, sandbox: Sandbox, commit: bool
) -> None:
    sandbox.faults.add(Fault("lost", path="create", commit=commit))

    with pytest.raises(http.client.RemoteDisconnected):
        caller.post("/api/sell/trades/create", CREATE_EXAMPLE)

    assert len(sandbox.world.trades.truth(KEY)) == commit
    assert sandbox.requests[-1].status == 0
    assert caller.get("/api/trades").status == 200


@pytest.mark.parametrize("kind", ["status", "html", "rate_limited"])
def test_a_failure_may_have_taken_effect(caller: Caller, sandbox: Sandbox, kind: str) -> None:
    sandbox.faults.add(Fault(kind, path="create", commit=True))

    assert caller.post("/api/sell/trades/create", CREATE_EXAMPLE).status != 201

    assert list(sandbox.world.trades.truth(KEY).values()) == ["processing"]


def test_a_slow_answer_takes_its_time(caller: Caller, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault("slow", seconds=0.08))
    started = time.monotonic()

    assert caller.get("/api/trades").status == 200

    assert time.monotonic() - started >= 0.08


def test_latency_is_paid_by_every_request(caller: Caller, sandbox: Sandbox) -> None:
    sandbox.knobs.latency = 0.03
    started = time.monotonic()

    caller.get("/api/trades")
    caller.get("/api/trades")

    assert time.monotonic() - started >= 0.06


@pytest.mark.parametrize("variant", range(len(MALFORMED)))
def test_one_row_of_a_list_is_malformed_and_its_neighbours_are_not(
    caller: Caller, sandbox: Sandbox, variant: int
) -> None:
    for number in range(3):
        sandbox.world.trades.insert(KEY, created=number)
    whole = caller.get("/api/trades").data
    sandbox.faults.add(Fault("malformed", variant=variant))

    spoilt = caller.get("/api/trades").data

    same = [one == other for one, other in zip(whole["trades"], spoilt["trades"], strict=True)]
    assert same == [True, False, True]
    assert spoilt["total"] == 3


def test_malformed_rows_take_turns() -> None:
    faults = Faults()
    faults.add(Fault("malformed", times=None))

    drawn = [faults.draw(TRADES) for _ in range(len(MALFORMED) + 1)]

    assert [fault.variant for fault in drawn if fault] == [*range(len(MALFORMED)), 0]


def test_faults_are_ordered_from_another_process(caller: Caller, sandbox: Sandbox) -> None:
    order = {"add": [{"kind": "rate_limited", "path": "/api/trades", "retry_after": "1"}]}
    assert caller.post("/_sandbox/faults", order).status == 200
    assert caller.get("/_sandbox/faults").json()[0]["kind"] == "rate_limited"

    assert caller.get("/api/trades").status == 429
    caller.post("/_sandbox/faults", order)
    assert caller.post("/_sandbox/faults", {"clear": True}).json() == []
    assert caller.get("/api/trades").status == 200


@pytest.mark.parametrize("order", [{"kind": "earthquake"}, {"kind": "slow", "x": 1}, {}, "slow"])
def test_a_fault_that_is_none_is_refused(caller: Caller, order: object) -> None:
    assert caller.post("/_sandbox/faults", {"add": [order]}).status == 400


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownFault):
        Fault("slow", path="(")


def test_the_log_names_every_request_but_no_secret(caller: Caller, sandbox: Sandbox) -> None:
    caller.get("/api/trades", limit=5, key="a-secret")
    caller.post("/_sandbox/knobs", {})

    (seen,) = sandbox.requests

    assert (seen.method, seen.path, seen.status) == ("GET", "/api/trades", 200)
    assert seen.query == {"limit": "5", "key": "..."}
    assert "a-secret" not in json.dumps(caller.get("/_sandbox/requests").json())
    assert KEY not in repr(sandbox.requests)
