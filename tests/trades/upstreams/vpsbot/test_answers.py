"""What an answer means: every status beside every kind of body."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.trades.upstreams.vpsbot.market import KEY, Market, client, good, refusal
from tests.trades.upstreams.vpsbot.rows import TRADE, TRADE_ID
from trades.upstreams.errors import (
    Conflict,
    Garbled,
    KeyRejected,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unreachable,
    UpstreamError,
)
from trades.upstreams.http import Patience
from trades.upstreams.records import MatchAsk, SellAsk, TradeQuery
from trades.upstreams.vpsbot.client import VpsbotClient
from trades.upstreams.vpsbot.envelope import NOT_THERE

HTML = {"text": "<html>Just a moment...</html>"}
FOREIGN = {"json": {"message": "Forbidden"}}
NO = {"json": refusal("No")}
SELL: dict[str, Any] = {
    "custom_id": "sell-001",
    "buyer_id": "b",
    "tradelink": "https://x/?partner=1&token=aB3-_xYz",
    "game_id": 730,
    "items": [SellAsk("1", "AK", 5)],
}
RECEIPT = {
    "trade_id": TRADE_ID,
    "custom_id": "sell-001",
    "summary": {"items_count": 3, "total_value": 61000},
    "processed_trade": {"id": TRADE_ID, "status": "processing"},
    "selected_bot": {"steamid64": "76561198999999999", "avatar": "x", "profile_name": "VPSBot #12"},
    "status": "processing",
}

READS: list[tuple[int, dict[str, Any], type[UpstreamError]]] = [
    (200, NO, Refused),
    (201, NO, Refused),
    (300, NO, Refused),
    (400, NO, Refused),
    (402, NO, Refused),
    (404, NO, Refused),
    (404, {"json": refusal("Trade not found")}, NotFound),
    (404, {"json": refusal("Route not found")}, Refused),
    (404, {"json": refusal("trade not found")}, Refused),
    (400, {"json": refusal("Trade not found")}, Refused),
    (200, {"json": refusal("Trade not found")}, Refused),
    (401, NO, KeyRejected),
    (403, NO, KeyRejected),
    (401, HTML, Unreachable),
    (403, HTML, Unreachable),
    (403, FOREIGN, Unreachable),
    (401, {"content": b""}, Unreachable),
    (302, HTML, Unreachable),
    (301, {"content": b""}, Unreachable),
    (404, HTML, Garbled),
    (404, FOREIGN, Garbled),
    (400, HTML, Garbled),
    (405, {"content": b""}, Garbled),
    (200, HTML, Garbled),
    (200, FOREIGN, Garbled),
    (200, {"content": b""}, Garbled),
    (204, {"content": b""}, Garbled),
    (200, {"json": []}, Garbled),
    (200, {"json": None}, Garbled),
    (200, {"json": "success"}, Garbled),
    (200, {"json": {"success": "true", "data": TRADE}}, Garbled),
    (200, {"json": {"success": 1, "data": TRADE}}, Garbled),
    (200, {"json": {"success": None, "error": "x"}}, Garbled),
    (200, {"json": {"data": TRADE}}, Garbled),
    (200, {"json": TRADE}, Garbled),
    (200, {"json": good(None)}, Garbled),
    (200, {"json": {"success": True}}, Garbled),
    (200, {"json": good([])}, Garbled),
    (200, {"json": good("x")}, Garbled),
    (200, {"content": b'{"success":true,"data":{"trade_id":"x'}, Garbled),
    (200, {"content": b"\xff\xfe{"}, Garbled),
    (200, {"content": b'{"success":true,"data":' + b"[" * 90_000 + b"]" * 90_000 + b"}"}, Garbled),
    (429, NO, RateLimited),
    (429, HTML, RateLimited),
    (500, {"json": refusal("Internal error")}, Unreachable),
    (502, HTML, Unreachable),
    (503, {"json": good(TRADE)}, Unreachable),
]


@pytest.mark.parametrize(("status", "answer", "expected"), READS)
def test_a_read_that_is_no_success(
    status: int, answer: dict[str, Any], expected: type[UpstreamError]
) -> None:
    calls: list[Callable[[VpsbotClient], object]] = [
        lambda opened: opened.trade_by_id("x"),
        lambda opened: opened.trades(TradeQuery()),
        lambda opened: opened.match(730, [MatchAsk("AK")]),
        lambda opened: opened.statistics(),
    ]
    for call in calls:
        with client(Market(status, **answer)) as opened, pytest.raises(UpstreamError) as raised:
            call(opened)
        assert type(raised.value) is expected
        assert raised.value.status == status


@pytest.mark.parametrize("status", [200, 201, 300, 400, 401, 404])
def test_the_body_decides_that_a_read_succeeded(status: int) -> None:
    with client(Market(status, json=good(TRADE))) as opened:
        assert opened.trade_by_id("x").upstream_id == TRADE_ID


def test_only_the_closed_list_means_that_there_is_no_such_trade() -> None:
    assert frozenset({(404, "Trade not found")}) == NOT_THERE


CREATES: list[tuple[int, dict[str, Any], type[UpstreamError]]] = [
    (400, NO, Refused),
    (400, {"json": refusal("Buyer mismatch")}, Refused),
    (401, NO, KeyRejected),
    (403, NO, KeyRejected),
    (409, {"json": refusal("A trade with this custom_id already exists")}, Conflict),
    (429, NO, RateLimited),
    (429, HTML, RateLimited),
    (200, {"json": good(RECEIPT)}, OutcomeUnknown),
    (200, NO, OutcomeUnknown),
    (201, NO, OutcomeUnknown),
    (201, HTML, OutcomeUnknown),
    (201, {"content": b""}, OutcomeUnknown),
    (201, {"json": good(None)}, OutcomeUnknown),
    (201, {"json": good({})}, OutcomeUnknown),
    (201, {"json": good({**RECEIPT, "trade_id": None})}, OutcomeUnknown),
    (201, {"json": good({**RECEIPT, "custom_id": "another"})}, OutcomeUnknown),
    (201, {"json": RECEIPT}, OutcomeUnknown),
    (202, {"json": good(RECEIPT)}, OutcomeUnknown),
    (300, NO, OutcomeUnknown),
    (302, HTML, OutcomeUnknown),
    (400, HTML, OutcomeUnknown),
    (400, FOREIGN, OutcomeUnknown),
    (400, {"json": good(RECEIPT)}, OutcomeUnknown),
    (400, {"json": {"error": "No"}}, OutcomeUnknown),
    (401, HTML, OutcomeUnknown),
    (403, FOREIGN, OutcomeUnknown),
    (404, NO, OutcomeUnknown),
    (404, {"json": refusal("Trade not found")}, OutcomeUnknown),
    (409, HTML, OutcomeUnknown),
    (422, NO, OutcomeUnknown),
    (500, {"json": refusal("Internal error")}, OutcomeUnknown),
    (503, HTML, OutcomeUnknown),
]


@pytest.mark.parametrize(("status", "answer", "expected"), CREATES)
def test_a_create_without_a_receipt(
    status: int, answer: dict[str, Any], expected: type[UpstreamError]
) -> None:
    market = Market(status, **answer)
    with client(market, Patience()) as opened, pytest.raises(UpstreamError) as raised:
        opened.create(**SELL)
    assert type(raised.value) is expected
    assert len(market.requests) == 1


def test_a_receipt_is_read_whole() -> None:
    with client(Market(201, json=good(RECEIPT))) as opened:
        receipt = opened.create(**SELL)
    assert (receipt.trade_id, receipt.custom_id, receipt.status) == (
        TRADE_ID,
        "sell-001",
        "processing",
    )
    assert (receipt.items_count, receipt.total_value_milli) == (3, 61000)
    assert (receipt.bot_steamid, receipt.bot_name) == ("76561198999999999", "VPSBot #12")


@pytest.mark.parametrize(
    "odd",
    [
        {"summary": None, "selected_bot": None, "status": None, "custom_id": None},
        {"summary": "InProgress", "selected_bot": []},
        {"summary": {"items_count": "x", "total_value": 1.5}, "selected_bot": {"steamid64": {}}},
        {"status": 5, "processed_trade": None},
    ],
)
def test_odd_details_do_not_undo_a_receipt(odd: dict[str, object]) -> None:
    with client(Market(201, json=good({**RECEIPT, **odd}))) as opened:
        assert opened.create(**SELL).custom_id == "sell-001"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refusal("Item is gone"), "Item is gone"),
        (refusal({"message": "Item is gone"}), "Item is gone"),
        ({"success": False, "message": "Item is gone"}, "Item is gone"),
        ({"success": False, "error": "", "message": "Item is gone"}, "Item is gone"),
        (refusal("  two\n lines\0 \x1b[31m"), "two lines [31m"),
        (
            refusal("bad https://x/?partner=1&token=aB3-_xYz"),
            "bad https://x/?partner=1&token=[cut]",
        ),
        (refusal(f"{KEY} is unknown"), "[cut] is unknown"),
        (refusal("x" * 9999), "x" * 500),
        (refusal(None), "no reason given"),
        (refusal(5), "no reason given"),
        ({"success": False}, "no reason given"),
    ],
)
def test_a_refusal_is_told_in_the_markets_words(answer: dict[str, object], expected: str) -> None:
    with client(Market(400, json=answer)) as opened, pytest.raises(Refused) as refused:
        opened.create(**SELL)
    assert refused.value.text == expected


def test_half_a_character_costs_its_row_and_not_its_page() -> None:
    rows = (
        rb'{"trade_id":"a","error":"half \ud83d"},'
        rb'{"trade_id":"b","selected_bot":{"avatar":"half \ude00"}},'
        rb'{"trade_id":"c","error":"whole \ud83d\ude00"},'
        rb'{"trade_id":"d","error":"text \\ud83d"}'
    )
    body = rb'{"success":true,"data":{"trades":[' + rows + rb'],"total":4}}'
    with client(Market(content=body)) as opened:
        page = opened.trades(TradeQuery())
    assert [each.upstream_id for each in page.bad] == ["a"]
    assert [(each.upstream_id, each.error) for each in page.trades] == [
        ("b", ""),
        ("c", "whole \U0001f600"),
        ("d", r"text \ud83d"),
    ]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (404, NO),
        (404, HTML),
        (401, NO),
        (403, NO),
        (403, HTML),
        (400, NO),
        (200, HTML),
        (200, NO),
        (200, {"json": good(None)}),
        (200, {"json": good({})}),
        (200, {"json": good({"id": "", "balance": 1})}),
        (302, HTML),
        (500, NO),
        (501, HTML),
    ],
)
def test_a_server_that_does_not_tell_has_no_identity_and_no_wallet(
    status: int, answer: dict[str, Any]
) -> None:
    with client(Market(status, **answer)) as opened:
        assert opened.identity() is None
        assert opened.wallet() is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [(429, RateLimited), (502, Unreachable), (503, Unreachable), (504, Unreachable)],
)
def test_passing_trouble_is_no_missing_identity(status: int, expected: type[UpstreamError]) -> None:
    market = Market(status)
    with client(market, Patience()) as opened, pytest.raises(expected):
        opened.identity()
    assert len(market.requests) == 1


def test_no_connection_is_no_missing_identity() -> None:
    class Down(Market):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("down", request=request)

    with client(Down()) as opened, pytest.raises(Unreachable):
        opened.identity()


def test_a_garbled_page_is_asked_for_again() -> None:
    market = Market(**HTML)
    with client(market, Patience()) as opened, pytest.raises(Garbled):
        opened.trades(TradeQuery())
    assert len(market.requests) == 3
