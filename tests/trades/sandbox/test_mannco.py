"""Mannco's trades API as the seed page has it, line by line, and the login of later pages."""

from typing import Any

import pytest

from tests.trades.sandbox.conftest import Clock
from tests.trades.sandbox.wire import KEY, Answer, Caller
from trades.sandbox.faults import Fault
from trades.sandbox.manncobook import RESENDABLE
from trades.sandbox.sandbox import Sandbox

MANNCO_KEY = "mannco-key-of-tests"
FIELDS = (
    *("id", "items_received", "status", "items_send", "user", "bot", "code", "lasterror"),
    *("offerid", "timestamp"),
)
FAILED = "Failed to resend trade. Trade not found or conditions not met."


@pytest.fixture
def owner(sandbox: Sandbox) -> str:
    steamid64 = sandbox.world.accounts.of_key(KEY).steamid64
    sandbox.world.mannco.add_key(MANNCO_KEY, steamid64)
    return steamid64


def token(caller: Caller, key: str = MANNCO_KEY) -> str:
    found: str = caller.post("/user/login", {"apiKey": key}).json()["content"]["jwt"]
    return found


def ask(caller: Caller, path: str, jwt: str | None = None, **query: Any) -> Answer:
    return caller.get(path, {"Authorization": f"Bearer {jwt or token(caller)}"}, **query)


def content(answer: Answer) -> dict[str, Any]:
    body = answer.json()
    assert (answer.status, body["err"], body["success"]) == (200, False, True)
    assert set(body) == {"err", "success", "content"}
    found: dict[str, Any] = body["content"]
    return found


def refusal(answer: Answer) -> tuple[int, str]:
    body = answer.json()
    assert body == {"err": True, "success": False, "content": body["content"]}
    return answer.status, body["content"]


def listed(caller: Caller, which: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = content(ask(caller, f"/trades/{which}"))["trades"]
    return found


def test_active_lists_pending_trades_with_the_fields_of_the_page(
    caller: Caller, sandbox: Sandbox, owner: str
) -> None:
    book = sandbox.world.mannco
    book.insert(
        owner, id=123456, items_received="123456789,987654321", code="ABCDEFGH",
        bot="76561198111111111", offerid="5678901234", created_ms=1706745600000,
    )  # fmt: skip
    for status in (3, -1, 5):
        book.insert(owner, status=status)
    assert listed(caller, "active") == [
        {
            "id": 123456, "items_received": "123456789,987654321", "status": 0, "items_send": "",
            "user": owner, "bot": "76561198111111111", "code": "ABCDEFGH", "lasterror": "",
            "offerid": "5678901234", "timestamp": "1706745600000",
        }
    ]  # fmt: skip


def test_all_lists_every_trade_newest_first_but_hidden_ones(
    caller: Caller, sandbox: Sandbox, owner: str
) -> None:
    book = sandbox.world.mannco
    for number, status in enumerate((0, 3, -1, 4, -11, 10, 8)):
        book.insert(owner, id=number + 1, status=status, created_ms=1706745600000 + number)
    book.insert("76561198000000001", id=99)
    found = listed(caller, "all")
    assert [(row["id"], row["status"]) for row in found] == [
        (7, 8), (6, 10), (4, 4), (3, -1), (2, 3), (1, 0)
    ]  # fmt: skip
    assert {tuple(sorted(row)) for row in found} == {tuple(sorted((*FIELDS, "game")))}
    assert found[4]["code"] == "COMPLETED"
    assert [type(found[0][name]) for name in ("id", "status", "game", "timestamp")] == [
        int, int, int, str
    ]  # fmt: skip


def test_all_ends_after_500_and_knows_no_parameters(
    caller: Caller, sandbox: Sandbox, owner: str
) -> None:
    for number in range(501):
        sandbox.world.mannco.insert(owner, id=number + 1, status=3, created_ms=10**12 + number)
    jwt = token(caller)
    for query in ({}, {"page": 2}, {"perpage": 20}, {"status": "pending"}):
        found = content(ask(caller, "/trades/all", jwt, **query))["trades"]
        assert (len(found), found[0]["id"], found[-1]["id"]) == (500, 501, 2)


@pytest.mark.parametrize("status", RESENDABLE)
def test_a_failed_withdrawal_is_resent_under_a_new_code(
    caller: Caller, sandbox: Sandbox, owner: str, clock: Clock, status: int
) -> None:
    book = sandbox.world.mannco
    number = book.insert(owner, status=status, items_send="1,2", code="OLDCODE1")
    told = content(ask(caller, "/trade/resend", resend=number))
    assert told == {
        "message": "Trade resent successfully", "trade_id": number, "code": told["code"]
    }  # fmt: skip
    (row,) = listed(caller, "active")
    assert (row["code"], row["items_send"], row["status"]) == (told["code"], "1,2", 0)
    assert told["code"] != "OLDCODE1"
    clock.pass_by(60)
    assert listed(caller, "all")[0]["offerid"]


@pytest.mark.parametrize(
    "columns",
    [{"status": 0, "items_send": "1"}, {"status": 3, "items_send": "1"},
     {"status": 8, "items_send": "1"}, {"status": 5, "items_received": "1"},
     {"status": 5, "items_send": "1", "steamid64": "76561198000000001"}],
    ids=["pending", "completed", "unnamed status", "deposit", "not mine"],
)  # fmt: skip
def test_what_may_not_be_resent_is_refused(
    caller: Caller, sandbox: Sandbox, owner: str, columns: dict[str, Any]
) -> None:
    of = columns.pop("steamid64", owner)
    number = sandbox.world.mannco.insert(of, **columns)
    assert refusal(ask(caller, "/trade/resend", resend=number)) == (300, FAILED)


def test_a_resend_without_its_parameter_or_of_nothing_is_refused(
    caller: Caller, owner: str
) -> None:
    assert refusal(ask(caller, "/trade/resend")) == (300, "Missing resend parameter")
    assert refusal(ask(caller, "/trade/resend", resend=5)) == (300, FAILED)
    assert refusal(ask(caller, "/trade/resend", resend="x")) == (300, FAILED)


@pytest.mark.parametrize("status", [300, 200, 400])
def test_the_status_of_refusals_and_the_name_of_the_parameter_are_knobs(
    caller: Caller, sandbox: Sandbox, owner: str, status: int
) -> None:
    sandbox.knobs.change({"mannco_refusals": status, "mannco_resend_parameter": "id"})
    number = sandbox.world.mannco.insert(owner, status=5, items_send="1")
    assert refusal(ask(caller, "/trade/resend", resend=number)) == (status, "Missing id parameter")
    assert content(ask(caller, "/trade/resend", id=number))["trade_id"] == number


def test_a_trade_goes_from_request_to_offer_to_end(
    caller: Caller, sandbox: Sandbox, owner: str, clock: Clock
) -> None:
    book = sandbox.world.mannco
    for ends_as in (3, 7):
        book.begin(owner, at=int(clock()), ends_as=ends_as, items_send=str(ends_as))
    assert [row["offerid"] for row in listed(caller, "active")] == ["", ""]
    clock.pass_by(10)
    assert all(row["offerid"] for row in listed(caller, "active"))
    clock.pass_by(100)
    assert listed(caller, "active") == []
    ended = {row["items_send"]: row for row in listed(caller, "all")}
    assert (ended["3"]["status"], ended["3"]["code"]) == (3, "COMPLETED")
    assert ended["7"]["status"] == 7


def test_the_other_editions_are_knobs(caller: Caller, sandbox: Sandbox, owner: str) -> None:
    book = sandbox.world.mannco
    book.insert(owner, id=1, status=5, items_send="1", created_ms=1706745600000)
    book.insert(owner, id=2, status=5, items_received="1", created_ms=1706745600000)
    sandbox.knobs.change({"mannco_active": "unfinished", "mannco_timestamps": "seconds"})
    assert [(row["id"], row["timestamp"]) for row in listed(caller, "active")] == [(1, 1706745600)]
    sandbox.knobs.change({"mannco_later_shapes": True})
    said = caller.post("/user/login", {"apiKey": MANNCO_KEY}).json()
    assert said["data"]["jwt"]


def test_login_refusals(caller: Caller, owner: str) -> None:
    assert refusal(caller.post("/user/login", {})) == (300, "Missing required parameter: apiKey")
    assert refusal(caller.post("/user/login", {"apiKey": "x"})) == (403, "Invalid API key")
    assert caller.post("/user/login", f"apiKey={MANNCO_KEY}".encode()).status == 200


def test_a_token_ends_with_its_time_its_address_or_its_key(
    caller: Caller, sandbox: Sandbox, owner: str, clock: Clock
) -> None:
    assert refusal(ask(caller, "/trades/all", "no.such.token")) == (403, "Forbidden")
    jwt = token(caller)
    sandbox.knobs.mannco_caller_ip = "192.0.2.7"
    assert ask(caller, "/trades/all", jwt).status == 403
    sandbox.knobs.mannco_ip_bound = False
    assert ask(caller, "/trades/all", jwt).status == 200
    clock.pass_by(31 * 86_400)
    assert ask(caller, "/trades/all", jwt).status == 403
    jwt = token(caller)
    sandbox.world.mannco.set_revoked(MANNCO_KEY, revoked=True)
    assert ask(caller, "/trades/all", jwt).status == 403


def test_faults_speak_as_mannco_does(caller: Caller, sandbox: Sandbox, owner: str) -> None:
    jwt = token(caller)
    sandbox.faults.add(Fault("rate_limited", path="/trades/all", retry_after="9"))
    limited = ask(caller, "/trades/all", jwt)
    assert refusal(limited) == (429, "Too many requests")
    assert limited.headers["Retry-After"] == "9"
    sandbox.world.mannco.insert(owner)
    sandbox.faults.add(Fault("malformed", path="/trades/all"))
    assert ask(caller, "/trades/all", jwt).json()["content"]["trades"] == [None]


def test_nothing_else_is_served(caller: Caller, owner: str) -> None:
    jwt = token(caller)
    assert ask(caller, "/trades/other", jwt).status == 404
    assert caller.post("/trade/resend", {}).status == 404
