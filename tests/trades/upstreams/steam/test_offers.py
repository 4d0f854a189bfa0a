"""Trade offers over the real client: answers as Steam gives them, and what is made of them."""

import base64
import json
import logging
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from trades.upstreams.errors import Garbled, KeyRejected, RateLimited, Unreachable, UpstreamError
from trades.upstreams.http import IN_A_REQUEST
from trades.upstreams.records import OfferItem, OfferPage, Side
from trades.upstreams.steam import credential
from trades.upstreams.steam.offers import OffersClient

WEB_KEY = "0F1E2D3C4B5A69788796A5B4C3D2E1F0"
ASSET = {
    "appid": 440,
    "contextid": "2",
    "assetid": "11145843479",
    "classid": "101785959",
    "instanceid": "11040578",
    "amount": "1",
    "missing": True,
    "est_usd": "220",
}
LOOK = {
    "classid": "101785959",
    "instanceid": "11040578",
    "market_hash_name": "Mann Co. Supply Crate Key",
    "icon_url": "icon",
    "name_color": "7D6D00",
}
OFFER = {
    "tradeofferid": "4990667216",
    "accountid_other": 119913840,
    "message": "<script>give me that key</script>",
    "expiration_time": 1643161029,
    "trade_offer_state": 7,
    "items_to_give": [ASSET],
    "is_our_offer": False,
    "time_created": 1641951429,
    "time_updated": 1641951438,
    "escrow_end_date": 0,
    "confirmation_method": 2,
}


def token(**claims: Any) -> str:
    parts = ({"alg": "EdDSA"}, claims, {"a": "signature"})
    encoded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join(part.rstrip("=") for part in encoded)


class Steam:
    """Answers from a list, the last one for good, and keeps what it was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.URL] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def client(self, key: str = WEB_KEY) -> OffersClient:
        transport = httpx.MockTransport(self)
        return OffersClient("http://127.0.0.1:9", key, transport=transport, patience=IN_A_REQUEST)


def told(**response: Any) -> httpx.Response:
    return httpx.Response(200, json={"response": response})


def read(**response: Any) -> OfferPage:
    with Steam(told(**response)).client() as client:
        return client.offers(None)


def test_both_lists_and_a_cutoff_are_always_asked_for() -> None:
    steam = Steam(told())
    with steam.client() as client:
        client.offers(datetime(2026, 3, 13, tzinfo=UTC), cursor=7)
        client.active_offers()
        client.offers(None, active_only=False)
    wanted = {"get_sent_offers": "1", "get_received_offers": "1", "get_descriptions": "1"}
    assert all(wanted.items() <= dict(url.params).items() for url in steam.asked)
    assert [url.params["time_historical_cutoff"] for url in steam.asked] == [
        "1773360000", "2147483647", "1",
    ]  # fmt: skip
    assert steam.asked[0].params["cursor"] == "7"
    assert [url.params["active_only"] for url in steam.asked] == ["1", "1", "0"]


def test_an_offer_is_read_whole() -> None:
    page = read(trade_offers_received=[OFFER], descriptions=[LOOK], next_cursor=0)
    (offer,) = page.offers
    assert (offer.offer_id, offer.partner_steamid) == ("4990667216", "76561198080179568")
    assert (offer.state, offer.is_ours, offer.confirmation) == (7, False, 2)
    assert offer.created_at == datetime(2022, 1, 12, 1, 37, 9, tzinfo=UTC)
    assert (offer.escrow_ends_at, page.next_cursor) == (None, None)
    assert offer.items == (
        OfferItem(
            side=Side.GIVEN, app_id=440, context_id="2", asset_id="11145843479",
            class_id="101785959", instance_id="11040578", amount=1, is_missing=True,
            estimate_milli=2200, name="Mann Co. Supply Crate Key", icon="icon",
            rarity_colour="7d6d00",
        ),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["trade_offers_received", "trade_offers_recieved"])
def test_both_spellings_are_read(name: str) -> None:
    assert [offer.is_ours for offer in read(**{name: [OFFER]}).offers] == [False]


def test_which_list_an_offer_stands_in_says_whose_it_is() -> None:
    sent = {key: value for key, value in OFFER.items() if key != "is_our_offer"}
    assert read(trade_offers_sent=[sent]).offers[0].is_ours


@pytest.mark.parametrize("state", [*range(1, 13), 99, -3])
def test_every_state_is_kept_as_it_came(state: int) -> None:
    assert read(trade_offers_sent=[{**OFFER, "trade_offer_state": state}]).offers[0].state == state


def test_a_currency_has_no_asset() -> None:
    currency = {"appid": 440, "contextid": "2", "currencyid": 5, "amount": "30", "classid": "1"}
    (offer,) = read(trade_offers_sent=[{**OFFER, "items_to_receive": [currency]}]).offers
    item = offer.items[-1]
    assert (item.side, item.asset_id, item.currency_id, item.amount) == (Side.RECEIVED, "", "5", 30)
    assert (item.instance_id, item.name, item.estimate_milli) == ("0", "", None)


@pytest.mark.parametrize(
    "glitch", [{"accountid_other": 0}, {"accountid_other": None}, {"items_to_give": []}]
)
def test_a_glitched_offer_is_asked_for_again_and_not_stored(glitch: dict[str, Any]) -> None:
    page = read(trade_offers_received=[{**OFFER, **glitch}])
    assert (page.offers, page.glitched, page.is_empty) == ((), ("4990667216",), False)


@pytest.mark.parametrize(
    "row",
    [
        "text",
        None,
        {**OFFER, "tradeofferid": None},
        {**OFFER, "trade_offer_state": "soon"},
        {**OFFER, "items_to_give": "all"},
        {**OFFER, "items_to_give": [{**ASSET, "assetid": "x" * 33}]},
        {**OFFER, "time_created": 10**30},
        {**OFFER, "accountid_other": -1e300},
    ],
)
def test_a_row_that_cannot_be_read_costs_itself_alone(row: object) -> None:
    page = read(trade_offers_received=[row, {**OFFER, "tradeofferid": "2"}])
    assert ([offer.offer_id for offer in page.offers], len(page.bad)) == (["2"], 1)


def test_looks_and_estimates_do_not_make_an_offer_another() -> None:
    named = read(trade_offers_sent=[OFFER], descriptions=[LOOK]).offers[0]
    poorer = {**OFFER, "items_to_give": [{**ASSET, "est_usd": "1"}]}
    bare = read(trade_offers_sent=[poorer], descriptions=["odd"]).offers[0]
    moved = read(trade_offers_sent=[{**OFFER, "trade_offer_state": 6}]).offers[0]
    assert named.content_hash == bare.content_hash != moved.content_hash


def test_failing_descriptions_cost_no_offer() -> None:
    steam = Steam(httpx.Response(500), told(trade_offers_sent=[OFFER]))
    with steam.client() as client:
        assert len(client.offers(None).offers) == 1
    assert [url.params["get_descriptions"] for url in steam.asked] == ["1", "0"]


def test_one_offer_and_one_that_steam_does_not_show() -> None:
    steam = Steam(told(offer=OFFER, descriptions=[LOOK]), told())
    with steam.client() as client:
        one = client.offer("4990667216")
        assert one is not None
        assert one.offers[0].items[0].name == LOOK["market_hash_name"]
        assert client.offer("1") is None
    assert steam.asked[0].params["tradeofferid"] == "4990667216"


def test_the_status_of_an_exchange() -> None:
    reversed_trade = {"tradeid": "5", "status": 12, "rollback_trade": "6"}
    steam = Steam(told(trades=[reversed_trade]), told(), told(trades=["odd"]))
    with steam.client() as client:
        status = client.trade_status("5")
        assert status is not None
        assert (status.status, status.reversal_id) == (12, "6")
        assert client.trade_status("5") is None
        with pytest.raises(Garbled):
            client.trade_status("5")


DENIED = (
    b"<html><body>Access is denied. Please verify your <pre>key=</pre> parameter.</body></html>"
)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(403, content=DENIED), KeyRejected),
        (httpx.Response(401, content=DENIED), KeyRejected),
        (httpx.Response(403, content=b"<html>Blocked by a gateway</html>"), Unreachable),
        (httpx.Response(404, content=b""), Unreachable),
        (httpx.Response(503, content=b"<html>"), Unreachable),
        (httpx.Response(429, headers={"Retry-After": "9"}), RateLimited),
        (httpx.Response(200, content=b"<html>down</html>"), Garbled),
        (httpx.Response(200, content=b""), Garbled),
        (httpx.Response(200, content=b"null"), Garbled),
        (httpx.Response(200, json={"response": {}}, headers={"X-eresult": "20"}), Unreachable),
    ],
)
def test_what_is_no_answer_is_named_by_what_to_do(
    answer: httpx.Response, error: type[UpstreamError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Steam(answer).client() as client, pytest.raises(error) as raised:
        client.offers(None)
    shown = f"{raised.value} {raised.value!r} {client!r} {vars(raised.value)} {caplog.text}"
    assert WEB_KEY not in shown
    assert "key=" not in shown


def test_an_answer_without_a_row_is_empty_whatever_the_result_says() -> None:
    assert read(next_cursor=0).is_empty


def test_the_key_travels_under_the_name_of_its_form() -> None:
    steam = Steam(told())
    with steam.client() as client:
        client.active_offers()
    access = token(sub="76561198080179568", exp=1_800_000_000)
    with steam.client(f"76561198080179568%7C%7C{access}") as client:
        client.active_offers()
    assert steam.asked[0].params["key"] == WEB_KEY
    assert "access_token" not in steam.asked[0].params
    assert steam.asked[1].params["access_token"] == access


def test_a_token_names_its_account_and_its_end() -> None:
    access = token(sub="76561198080179568", exp=1_800_000_000)
    assert credential.is_token(access)
    assert credential.steamid_of(access) == "76561198080179568"
    assert credential.expiry_of(access) == datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
    assert (credential.is_web_key(WEB_KEY), credential.is_token(WEB_KEY)) == (True, False)
    assert (credential.steamid_of(WEB_KEY), credential.expiry_of(WEB_KEY)) == ("", None)


@pytest.mark.parametrize("odd", ["a.b.c", token(sub=5, exp="soon"), "...", "", token(sub="1")])
def test_an_odd_token_names_nothing(odd: str) -> None:
    assert (credential.steamid_of(odd), credential.expiry_of(odd)) == ("", None)
