"""The client against the sandbox: both follow the seed pages, and share no code."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from trades.sandbox.durations import Durations
from trades.sandbox.faults import MALFORMED, Fault
from trades.sandbox.sandbox import Sandbox
from trades.sandbox.world import World
from trades.sandbox.wsgi import wsgi_app
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
from trades.upstreams.http import IN_A_REQUEST
from trades.upstreams.records import (
    Direction,
    MatchAsk,
    Page,
    Phase,
    SellAsk,
    SellTradeQuery,
    TradeQuery,
)
from trades.upstreams.vpsbot.client import VpsbotClient

KEY = "key-of-the-client-tests"
REDLINE = "AK-47 | Redline (Field-Tested)"
START = datetime(2026, 3, 13, 10, tzinfo=UTC)
SELL: dict[str, Any] = {
    "custom_id": "sell-001",
    "buyer_id": "76561198012345678",
    "tradelink": "https://steamcommunity.com/tradeoffer/new/?partner=52079950&token=aB3-_xYz",
    "game_id": 730,
    "items": [SellAsk("38291847562", REDLINE, 14500)],
}


class Clock:
    now = START.timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[Sandbox]:
    durations = Durations(offer=10, accept=100, settlement=7 * 86_400)
    with Sandbox(World(clock=clock, durations=durations)) as made:
        made.world.accounts.add("seller", key=KEY)
        yield made


def opened(sandbox: Sandbox, key: str = KEY) -> VpsbotClient:
    transport = httpx.WSGITransport(app=wsgi_app(sandbox))
    return VpsbotClient("http://127.0.0.1/api", key, transport=transport, patience=IN_A_REQUEST)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[VpsbotClient]:
    with opened(sandbox) as made:
        yield made


def test_a_sell_from_match_to_settlement(
    client: VpsbotClient, sandbox: Sandbox, clock: Clock
) -> None:
    quote = client.match(730, [MatchAsk(REDLINE)])
    assert (quote.buyer_id, quote.items[0].price_milli) == (SELL["buyer_id"], 14500)
    receipt = client.create(**SELL)
    assert (receipt.custom_id, receipt.total_value_milli) == ("sell-001", 14500)
    phases = []
    for seconds in (0, 50, 100, 8 * 86_400):
        clock.now += seconds
        phases.append(client.trade_by_custom_id("sell-001").phase)
    assert phases == [Phase.OPEN, Phase.OPEN, Phase.FROZEN, Phase.DONE]
    sold = client.trade_by_id(receipt.trade_id)
    assert (sold.direction, sold.custom_id) == (Direction.SELL, "sell-001")
    assert [item.asset_id for item in sold.items] == ["38291847562"]
    assert b"aB3-_xYz" not in sold.raw
    assert client.trade_by_offer_id(sold.offer_id) == sold
    assert client.statistics().completed_count == 1


def test_a_second_create_with_the_same_id_conflicts(client: VpsbotClient) -> None:
    client.create(**SELL)
    with pytest.raises(Conflict, match="already exists"):
        client.create(**SELL)


def test_an_answer_lost_after_the_commit_is_unknown_and_then_found(
    client: VpsbotClient, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault("lost", path="create", commit=True))
    with pytest.raises(OutcomeUnknown):
        client.create(**SELL)
    assert client.trade_by_custom_id("sell-001").phase is Phase.OPEN


def test_an_answer_lost_before_the_commit_is_unknown_and_then_not_found(
    client: VpsbotClient, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault("lost", path="create"))
    with pytest.raises(OutcomeUnknown):
        client.create(**SELL)
    with pytest.raises(NotFound):
        client.trade_by_custom_id("sell-001")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"buyer_id": "someone"}, "Buyer mismatch"),
        ({"game_id": 1}, "Game not supported"),
        ({"items": [SellAsk("1", REDLINE, 14501)]}, "price exceeds buy order price"),
        ({"items": [SellAsk("1", "No such thing", 5)]}, "No buy order found for item"),
    ],
)
def test_refusals_come_in_the_markets_words(
    client: VpsbotClient, changed: dict[str, object], reason: str
) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        client.create(**{**SELL, **changed})
    assert refused.value.status == 400


def ids(page: Page) -> set[str]:
    return {each.upstream_id for each in page.trades}


def test_every_parameter_of_the_lists_filters(client: VpsbotClient, sandbox: Sandbox) -> None:
    book = sandbox.world.trades
    for number, status in enumerate(("completed", "declined", "rolled_back_by_user")):
        book.insert(KEY, trade_id=f"t-{number}", status=status, custom_id=f"c-{number}")
    book.insert(KEY, trade_id="t-9", status="processing", game=570, custom_id="c,9")
    everything = client.trades(TradeQuery())
    assert ids(everything) == {"t-0", "t-1", "t-2", "t-9"}
    assert (everything.total, everything.limit, everything.offset) == (4, 50, 0)
    assert len(client.trades(TradeQuery(limit=1, offset=3))) == 1
    assert ids(client.trades(TradeQuery(trade_ids=["t-0", "t-9"]))) == {"t-0", "t-9"}
    assert ids(client.trades(TradeQuery(custom_ids=["c-1"]))) == {"t-1"}
    offers = {each.upstream_id: each.offer_id for each in everything.trades}
    assert ids(client.trades(TradeQuery(steam_trade_offer_ids=[offers["t-2"]]))) == {"t-2"}
    assert ids(client.sell_trades(SellTradeQuery(status="declined"))) == {"t-1"}
    assert ids(client.sell_trades(SellTradeQuery(game_id=570))) == {"t-9"}
    assert ids(client.sell_trades(SellTradeQuery(custom_id="C-"))) == {"t-0", "t-1", "t-2"}
    newest_last = SellTradeQuery(sort_by="created_at", sort_direction="asc", limit=2)
    assert len(client.sell_trades(newest_last)) == 2
    assert client.trade_by_custom_id("c,9").upstream_id == "t-9"
    assert client.statistics(570).processing_count == 1


@pytest.mark.parametrize("absent", ["null", "missing", "empty"])
@pytest.mark.parametrize("status", ["processing", "declined", "completed", "on_hold"])
def test_rows_are_read_however_the_absent_is_written(
    client: VpsbotClient, sandbox: Sandbox, absent: str, status: str
) -> None:
    sandbox.knobs.change({"absent": absent, "extra_fields": True, "milliseconds": True})
    sandbox.world.trades.insert(KEY, trade_id="t", status=status, created=None, updated=None)
    page = client.trades(TradeQuery())
    assert page.bad == ()
    assert (page.trades[0].status, page.trades[0].created_at) == (status, None)


@pytest.mark.parametrize("variant", range(len(MALFORMED)))
def test_a_malformed_row_costs_no_other(
    client: VpsbotClient, sandbox: Sandbox, variant: int
) -> None:
    for number in range(3):
        sandbox.world.trades.insert(KEY, trade_id=f"t-{number}")
    sandbox.faults.add(Fault("malformed", variant=variant))
    page = client.trades(TradeQuery())
    assert len(page) == 3
    assert len(page.trades) >= 2


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault("cut"), Garbled),
        (Fault("lost"), Unreachable),
        (Fault("html"), Unreachable),
        (Fault("status", status=403), UpstreamError),
        (Fault("status"), Unreachable),
        (Fault("rate_limited"), RateLimited),
    ],
)
def test_faults_have_their_names(
    client: VpsbotClient, sandbox: Sandbox, fault: Fault, expected: type[UpstreamError]
) -> None:
    sandbox.faults.add(fault)
    with pytest.raises(expected):
        client.trades(TradeQuery())
    assert client.trades(TradeQuery()).total == 0


def test_a_wrong_and_a_revoked_key_are_rejected(client: VpsbotClient, sandbox: Sandbox) -> None:
    with opened(sandbox, "another-key-of-nobody") as stranger, pytest.raises(KeyRejected):
        stranger.sell_trades(SellTradeQuery(limit=1))
    sandbox.world.accounts.revoke(KEY)
    with pytest.raises(KeyRejected):
        client.sell_trades(SellTradeQuery(limit=1))


def test_identity_and_wallet_are_used_when_they_answer(
    client: VpsbotClient, sandbox: Sandbox
) -> None:
    assert client.identity() is None
    assert client.wallet() is None
    sandbox.knobs.identity = True
    identity = client.identity()
    assert identity is not None
    assert identity.upstream_user_id == sandbox.world.accounts.of_key(KEY).user_id
    assert client.wallet() is not None
