"""Every endpoint, thousands of spoilt answers: records and bad rows, or an error with a name."""

import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests import seeds
from tests.trades.upstreams.vpsbot.market import KEY, Market, client
from tests.trades.upstreams.vpsbot.mutations import mutated
from trades.sandbox.exchange import Request
from trades.sandbox.sandbox import Sandbox
from trades.sandbox.seeding import seed_account
from trades.upstreams.errors import UpstreamError
from trades.upstreams.records import MatchAsk, Page, SellAsk, SellTradeQuery, TradeQuery
from trades.upstreams.vpsbot.client import VpsbotClient

SHORT, LONG = 150, int(os.environ.get("SOAK_ANSWERS", "5000"))
STATUSES = (200, 200, 200, 200, 201, 302, 400, 401, 404, 500)
GOODS = "AK-47 | Redline (Field-Tested)"
BUYER = "76561198012345678"
TOKEN = "token=aB3_x-9Z"
Call = Callable[[VpsbotClient], object]


def create(opened: VpsbotClient) -> object:
    sold = [SellAsk("1", GOODS, 5)]
    return opened.create(
        custom_id="c", buyer_id="b", tradelink=f"https://x.example/?{TOKEN}", game_id=1, items=sold
    )


CALLS: dict[str, Call] = {
    "trades": lambda opened: opened.trades(TradeQuery()),
    "sell/trades": lambda opened: opened.sell_trades(SellTradeQuery()),
    "sell/match": lambda opened: opened.match(730, [MatchAsk(GOODS)]),
    "sell/trades/create": create,
    "sell/trades/dashboard": lambda opened: opened.statistics(),
    "sell/trades/by-custom-id": lambda opened: opened.trade_by_custom_id("x"),
    "sell/trades/by-steam-tradeoffer-id": lambda opened: opened.trade_by_offer_id("1"),
    "sell/trades/by-steam-trade-id": lambda opened: opened.trade_by_steam_trade_id("1"),
    "sell/trades/by-id": lambda opened: opened.trade_by_id("x"),
}


@contextmanager
def market() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        seed_account(sandbox.world, KEY, trades=4, statuses={"accepted": 1})
        yield sandbox


def real_answer(sandbox: Sandbox, endpoint: str) -> bytes:
    """What the market says to a good question."""
    first, *_ = sandbox.world.store.rows(
        "SELECT trade_id, custom_id, offer_id, steam_trade_id FROM trade WHERE status = 'accepted'"
    )
    by_kind = {
        "by-id": first[0], "by-custom-id": first[1], "by-steam-tradeoffer-id": first[2],
        "by-steam-trade-id": first[3].partition("_")[0],
    }  # fmt: skip
    kind = endpoint.rpartition("/")[2]
    if endpoint == "sell/match":
        asked = {"game_id": 730, "items": [{"market_hash_name": GOODS, "amount": 1}]}
        return ask(sandbox, "POST", endpoint, asked)
    if endpoint == "sell/trades/create":
        return RECEIPT
    return ask(sandbox, "GET", f"{endpoint}/{by_kind[kind]}" if kind in by_kind else endpoint)


RECEIPT = json.dumps(
    {
        "success": True,
        "data": {
            "trade_id": "a1b2", "custom_id": "c", "status": "processing",
            "summary": {"items_count": 1, "total_value": 5},
            "selected_bot": {"steamid64": BUYER, "profile_name": "Bot"},
        },
    }
).encode()  # fmt: skip


def ask(sandbox: Sandbox, method: str, endpoint: str, body: Any = None) -> bytes:
    headers = {"x-api-key": KEY}
    sent = b"" if body is None else json.dumps(body).encode()
    return sandbox.handle(Request(method, f"/api/{endpoint}", {}, headers, sent)).body


def check(endpoint: str, status: int, body: bytes) -> None:
    with client(Market(status, content=body)) as opened:
        try:
            understood = CALLS[endpoint](opened)
        except UpstreamError as error:
            said = f"{error} {error!r}"
            assert KEY not in said
            assert TOKEN not in said
            return
    if isinstance(understood, Page):
        assert len(understood) == rows_of(body), body


def rows_of(body: bytes) -> int:
    """How many rows an independent reader finds."""
    answer = json.loads(body.decode("utf-8-sig", "replace"), strict=False)
    return len(answer["data"]["trades"])


def check_many(endpoint: str, count: int) -> None:
    dice = random.Random(f"{seeds.drawn()} {endpoint}")
    with market() as sandbox:
        answer = real_answer(sandbox, endpoint)
        assert json.loads(answer)["success"] is True
        for _ in range(count):
            bent = mutated(answer, dice)
            try:
                check(endpoint, dice.choice(STATUSES), bent)
            except Exception as failure:
                failure.add_note(f"the answer was {bent[:3000]!r}")
                raise


@pytest.mark.parametrize("endpoint", CALLS)
def test_a_spoilt_answer_is_read_or_named(endpoint: str) -> None:
    check_many(endpoint, SHORT)


@pytest.mark.soak
@pytest.mark.parametrize("endpoint", CALLS)
def test_thousands_of_spoilt_answers_are_read_or_named(endpoint: str) -> None:
    check_many(endpoint, LONG)
