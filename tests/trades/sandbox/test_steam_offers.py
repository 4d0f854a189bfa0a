"""IEconService as the seed page has it, line by line, and what later editions added."""

from typing import Any

import pytest

from tests.trades.sandbox.conftest import Clock
from tests.trades.sandbox.wire import KEY, Answer, Caller
from trades.sandbox.faults import Fault
from trades.sandbox.offerbook import Asset
from trades.sandbox.sandbox import Sandbox

PARTNER = "76561198000000077"
WEB_KEY = "0123456789ABCDEF0123456789ABCDEF"
FAR_FUTURE = 4_000_000_000
REDLINE = Asset("501", "AK-47 | Redline (Field-Tested)")


@pytest.fixture
def owner(sandbox: Sandbox) -> str:
    steamid64 = sandbox.world.accounts.of_key(KEY).steamid64
    sandbox.world.offers.add_key(WEB_KEY, steamid64)
    return steamid64


def ask(caller: Caller, method: str = "GetTradeOffers", key: str = WEB_KEY, **query: Any) -> Answer:
    return caller.get(f"/IEconService/{method}/v1/", key=key, **query)


def both(caller: Caller, **query: Any) -> dict[str, Any]:
    answer = ask(caller, get_sent_offers=1, get_received_offers="true", **query)
    assert answer.status == 200
    response: dict[str, Any] = answer.json()["response"]
    return response


def ids(response: dict[str, Any]) -> set[str]:
    lists = (response.get("trade_offers_sent", []), response.get("trade_offers_received", []))
    return {row["tradeofferid"] for rows in lists for row in rows}


def test_one_of_the_two_lists_must_be_asked_for(caller: Caller, owner: str) -> None:
    assert ask(caller).status == 400


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("get_sent_offers", {"trade_offers_sent"}),
        ("get_received_offers", {"trade_offers_received"}),
    ],
)
def test_only_the_list_that_was_asked_for_comes(
    caller: Caller, sandbox: Sandbox, owner: str, asked: str, there: set[str]
) -> None:
    for sent in (0, 1):
        sandbox.world.offers.plant(owner, partner=PARTNER, gives=[REDLINE], sent=sent)
    response = ask(caller, **{asked: 1}).json()["response"]
    assert set(response) - {"next_cursor"} == there


def test_an_offer_has_every_field_of_the_page(
    caller: Caller, sandbox: Sandbox, owner: str, clock: Clock
) -> None:
    metal = Asset("900", "Refined Metal", game=440, amount=5, currency=True)
    sandbox.world.offers.plant(
        owner, partner=PARTNER, gives=[REDLINE], receives=[metal], message="for <b>you</b>"
    )
    row = both(caller, get_descriptions=1, language="english")
    offer = row["trade_offers_received"][0]
    assert set(offer) == {
        *("tradeofferid", "accountid_other", "message", "expiration_time", "trade_offer_state"),
        *("items_to_give", "items_to_receive", "is_our_offer", "time_created", "time_updated"),
        *("from_real_time_trade", "escrow_end_date", "confirmation_method"),
    }
    assert offer["accountid_other"] == int(PARTNER) - 76561197960265728
    assert (offer["trade_offer_state"], offer["is_our_offer"]) == (2, False)
    assert offer["time_created"] == offer["time_updated"] == int(clock.now)
    given, received = offer["items_to_give"][0], offer["items_to_receive"][0]
    assert {"appid", "contextid", "assetid", "classid", "instanceid", "amount", "missing"} <= set(
        given
    )
    assert given["missing"] is False
    assert (received["currencyid"], received["amount"], "assetid" in received) == (
        "900",
        "5",
        False,
    )
    looks = {(look["classid"], look["instanceid"]) for look in row["descriptions"]}
    assert {(given["classid"], given["instanceid"])} <= looks


def test_a_side_without_items_is_absent(caller: Caller, sandbox: Sandbox, owner: str) -> None:
    sandbox.world.offers.plant(owner, partner=PARTNER, gives=[REDLINE])
    assert "items_to_receive" not in both(caller)["trade_offers_received"][0]


def test_the_flags_and_the_cutoff_choose_what_is_returned(
    caller: Caller, sandbox: Sandbox, owner: str, clock: Clock
) -> None:
    now = int(clock.now)
    plant = sandbox.world.offers.plant
    old_active = plant(owner, partner=PARTNER, gives=[REDLINE], at=now - 1000)
    old_done = plant(owner, partner=PARTNER, gives=[REDLINE], at=now - 1000, state=7)
    new_done = plant(owner, partner=PARTNER, gives=[REDLINE], at=now - 10, state=5)
    everything = {old_active, old_done, new_done}
    cut = now - 100
    assert ids(both(caller)) == everything
    assert ids(both(caller, active_only=1, historical_only=1)) == everything
    assert ids(both(caller, active_only=1, time_historical_cutoff=cut)) == {old_active, new_done}
    assert ids(both(caller, active_only=1, time_historical_cutoff=FAR_FUTURE)) == {old_active}
    assert ids(both(caller, historical_only=1, time_historical_cutoff=1)) == {old_done, new_done}
    assert ids(both(caller, active_only=1)) == {old_active}  # the page was looked at just now


@pytest.mark.parametrize("state", range(1, 13))
def test_every_state_is_served(caller: Caller, sandbox: Sandbox, owner: str, state: int) -> None:
    sandbox.world.offers.plant(owner, partner=PARTNER, gives=[REDLINE], state=state)
    assert both(caller)["trade_offers_received"][0]["trade_offer_state"] == state


def test_pages_follow_the_cursor(caller: Caller, sandbox: Sandbox, owner: str) -> None:
    sandbox.knobs.offers_page = 2
    planted = {sandbox.world.offers.plant(owner, partner=PARTNER, gives=[REDLINE]) for _ in "12345"}
    seen, cursor = set(), 0
    while True:
        response = both(caller, cursor=cursor)
        seen |= ids(response)
        cursor = response["next_cursor"]
        if not cursor:
            break
    assert seen == planted


def test_a_sell_appears_as_an_offer_of_its_bot_and_moves_along(
    caller: Caller, sandbox: Sandbox, owner: str
) -> None:
    trade_id = sandbox.world.trades.insert(KEY, status="processing", bot=3)
    offer = both(caller)["trade_offers_received"][0]
    assert offer["tradeofferid"] == sandbox.world.trades.column(trade_id, "offer_id")
    assert offer["accountid_other"] == 76561198000000004 - 76561197960265728
    assert offer["items_to_give"][0]["assetid"] in str(
        sandbox.world.trades.column(trade_id, "receives")
    )
    sandbox.world.trades.mutate(trade_id, status="accepted", steam_trade_id="60000_7656")
    after = both(caller)["trade_offers_received"][0]
    assert (after["trade_offer_state"], after["tradeid"]) == (3, "60000")


def test_a_trade_of_mannco_is_an_offer_of_its_bot_too(
    caller: Caller, sandbox: Sandbox, owner: str
) -> None:
    trade = sandbox.world.mannco.insert(owner, items_send="71,72", bot="76561198000000005")
    found = sandbox.world.mannco.find(trade)
    assert found is not None
    offer = both(caller)["trade_offers_received"][0]
    assert (offer["tradeofferid"], offer["trade_offer_state"]) == (found.offerid, 2)
    assert [item["assetid"] for item in offer["items_to_receive"]] == ["71", "72"]
    assert "items_to_give" not in offer
    sandbox.world.mannco.change(trade, status=6)
    assert both(caller)["trade_offers_received"][0]["trade_offer_state"] == 6


def test_a_reversed_trade_shows_in_its_status_alone(
    caller: Caller, sandbox: Sandbox, owner: str
) -> None:
    trade_id = sandbox.world.trades.insert(KEY, status="accepted", steam_trade_id="60001_7656")
    status = ask(caller, "GetTradeStatus", tradeid="60001").json()["response"]["trades"][0]
    assert status["status"] == 3
    sandbox.world.lifecycle.roll_back(trade_id)
    status = ask(caller, "GetTradeStatus", tradeid="60001").json()["response"]["trades"][0]
    assert (status["status"], status["rollback_trade"]) == (12, "160001")
    assert both(caller)["trade_offers_received"][0]["trade_offer_state"] == 3
    sandbox.knobs.offers_reverted = 12
    assert both(caller)["trade_offers_received"][0]["trade_offer_state"] == 12
    sandbox.knobs.trade_status = "refused"
    assert ask(caller, "GetTradeStatus", tradeid="60001").status == 403


def test_one_offer_can_be_asked_for(caller: Caller, sandbox: Sandbox, owner: str) -> None:
    offer_id = sandbox.world.offers.plant(owner, partner=PARTNER, gives=[REDLINE])
    one = ask(caller, "GetTradeOffer", tradeofferid=offer_id, get_descriptions=1).json()
    assert one["response"]["offer"]["tradeofferid"] == offer_id
    assert one["response"]["descriptions"]
    unknown = ask(caller, "GetTradeOffer", tradeofferid="1")
    assert (unknown.json(), unknown.headers["X-eresult"]) == ({"response": {}}, "42")


def test_a_planted_offer_is_not_there_before_its_time_and_covers_its_trade(
    caller: Caller, sandbox: Sandbox, owner: str, clock: Clock
) -> None:
    trade_id = sandbox.world.trades.insert(KEY, status="processing")
    offer_id = str(sandbox.world.trades.column(trade_id, "offer_id"))
    later = int(clock.now) + 60
    sandbox.world.offers.plant(owner, partner=PARTNER, offer_id=offer_id, gives=[REDLINE])
    sandbox.world.offers.plant(owner, partner=PARTNER, gives=[REDLINE], at=later)
    assert [row["accountid_other"] for row in both(caller)["trade_offers_received"]] == [39734349]
    clock.pass_by(61)
    assert len(both(caller)["trade_offers_received"]) == 2


def test_a_key_sees_its_own_account_alone(caller: Caller, sandbox: Sandbox, owner: str) -> None:
    sandbox.world.offers.plant(owner, partner=PARTNER, gives=[REDLINE])
    other = sandbox.world.accounts.add("other", key="another")
    sandbox.world.offers.add_key("F" * 32, other.steamid64)
    answer = ask(caller, key="F" * 32, get_received_offers=1)
    assert answer.json() == {"response": {"next_cursor": 0}}
    refused = ask(caller, key="E" * 32, get_received_offers=1)
    assert refused.status == 403
    assert b"Access is denied" in refused.body


def test_what_steam_does_on_a_bad_day(caller: Caller, sandbox: Sandbox, owner: str) -> None:
    sandbox.world.offers.plant(owner, partner=PARTNER, gives=[REDLINE])
    knobs = sandbox.knobs
    knobs.offers_blind = "keys"
    assert both(caller) == {"next_cursor": 0}
    token = sandbox.world.offers.add_token(owner)
    seen = caller.get("/IEconService/GetTradeOffers/v1/", access_token=token, get_received_offers=1)
    assert len(seen.json()["response"]["trade_offers_received"]) == 1
    knobs.change({"offers_blind": "none", "offers_spelling": "recieved"})
    assert "trade_offers_recieved" in both(caller)
    knobs.change({"offers_glitched": 1, "offers_spelling": "received"})
    glitched = both(caller)["trade_offers_received"][0]
    assert (glitched["accountid_other"], "items_to_give" in glitched) == (0, False)
    knobs.change({"offers_glitched": 0, "offers_descriptions": "failing"})
    assert ask(caller, get_received_offers=1, get_descriptions=1).status == 500
    assert ask(caller, get_received_offers=1).status == 200
    for down, status in {"unavailable": 503, "html": 200, "empty_body": 200}.items():
        knobs.offers_down = down
        answer = ask(caller, get_received_offers=1)
        assert (answer.status, answer.body[:1]) != (200, b"{")
        assert answer.status == status
    knobs.offers_down = "empty_answer"
    assert ask(caller, get_received_offers=1).json() == {"response": {}}


def test_faults_reach_steam_too(caller: Caller, sandbox: Sandbox, owner: str) -> None:
    sandbox.faults.add(Fault("rate_limited", path="IEconService", retry_after="7"))
    limited = ask(caller, get_received_offers=1)
    assert (limited.status, limited.headers["Retry-After"]) == (429, "7")


def test_offers_can_be_planted_from_another_process(caller: Caller, owner: str) -> None:
    order = {"do": "plant", "steamid64": owner, "partner": PARTNER}
    planted = caller.post(
        "/_sandbox/offers", {**order, "gives": [{"assetid": "1", "name": "Team Captain"}]}
    )
    offer_id = planted.json()["offer_id"]
    assert ids(both(caller)) == {offer_id}
    changed = caller.post("/_sandbox/offers", {"do": "change", "offer_id": offer_id, "state": 6})
    assert changed.status == 200
    assert both(caller)["trade_offers_received"][0]["trade_offer_state"] == 6
