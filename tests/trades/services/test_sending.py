"""A yes becomes one trade or none, whatever is lost on the way."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts.models import KeyState, Role
from dashboard import clock
from dashboard.errors import UserError
from tests.factories import make_account, make_cast, make_member, make_user
from tests.trades.services.seller import GOODS, PRICE, SECRET, Seller, make_seller
from trades.models import SellItem, SellRequest, SellState, Trade, ValueSource
from trades.sandbox.faults import Fault
from trades.sandbox.server import SandboxServer
from trades.services.rounds import serve_until_idle
from trades.services.selling import free_claims
from trades.services.sending import requests_due, step
from trades.sync import cursors
from trades.sync.twins import absorb

CREATE = "POST /api/sell/trades/create"
pytestmark = pytest.mark.django_db


@pytest.fixture
def seller(market: SandboxServer) -> Seller:
    cast = make_cast()
    return make_seller(market, team=cast.team, by=cast.bob)


def fault(seller: Seller, kind: str, path: str = CREATE, **more: object) -> None:
    seller.server.sandbox.faults.add(Fault(kind, path=path, **more))  # type: ignore[arg-type]


def stepped(request: SellRequest, after: float = 0) -> SellRequest:
    with clock.shifted(timedelta(seconds=after)):
        step(request.pk)
    request.refresh_from_db()
    return request


def live(request: SellRequest) -> int:
    return SellItem.objects.filter(request=request, is_live=True).count()


def test_a_receipt_makes_it_created_and_keeps_the_claim(seller: Seller) -> None:
    request = stepped(seller.agree(seller.reviewed()))
    assert request.state == SellState.CREATED
    assert request.upstream_trade_id
    assert request.bot_steamid
    assert (request.market_items_count, request.market_total_milli) == (1, PRICE)
    assert live(request) == 1
    assert bytes(request.trade_link_sealed) == b""
    assert seller.made_at_market() == [request.custom_id]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda seller: seller.withdraw(), "No buy order found for item"),
        (lambda seller: seller.offer(PRICE - 1), "price exceeds buy order price"),
        (lambda seller: seller.offer(PRICE + 9, buyer="76561198000000042"), "Buyer mismatch"),
        (lambda seller: seller.impoverish(), "Insufficient balance"),
        (lambda seller: seller.server.sandbox.knobs.change({"room_min": 10**9}), "purchase room"),
        (lambda seller: seller.server.sandbox.knobs.change({"bots_free": False}), "suitable bot"),
    ],
)  # fmt: skip
def test_a_first_refusal_is_final_and_frees_the_asset(
    seller: Seller, spoil: Callable[[Seller], None], says: str
) -> None:
    request = seller.agree(seller.reviewed())
    spoil(seller)
    stepped(request)
    assert request.state == SellState.REFUSED
    assert says in request.market_text
    assert live(request) == 0
    assert not requests_due().exists()


def test_a_price_that_rises_after_the_yes_sells_at_what_was_reviewed(seller: Seller) -> None:
    request = seller.agree(seller.reviewed())
    seller.offer(PRICE + 500)
    assert stepped(request).state == SellState.CREATED
    assert request.market_total_milli == request.total_milli == PRICE


@pytest.mark.parametrize(
    "kind", [("lost", {"commit": True}), ("status", {"status": 500, "commit": True}),
             ("cut", {}), ("html", {"status": 502, "commit": True})],
    ids=lambda kind: kind[0],
)  # fmt: skip
def test_a_lost_answer_of_a_made_trade_is_adopted(seller: Seller, kind: tuple) -> None:
    fault(seller, kind[0], **kind[1])
    request = stepped(seller.agree(seller.reviewed()))
    assert request.state == SellState.UNKNOWN
    assert live(request) == 1
    stepped(request, after=5)
    assert request.state == SellState.CREATED
    assert seller.made_at_market() == [request.custom_id]


def test_the_markets_words_stay_while_a_409_is_looked_into(seller: Seller) -> None:
    fault(seller, "status", status=409)
    request = stepped(seller.agree(seller.reviewed()))
    assert request.state == SellState.UNKNOWN
    stepped(request, after=5)
    assert (request.state, request.market_text) == (SellState.UNKNOWN, "Internal error")
    assert live(request) == 1


def test_a_trade_never_made_is_believed_after_two_late_looks(seller: Seller) -> None:
    fault(seller, "lost", times=None)
    request = stepped(seller.agree(seller.reviewed()))
    for after in (30, 300, 599):
        stepped(request, after)
        assert request.state == SellState.UNKNOWN
        assert live(request) == 1
    for after in (1_400, 1_500, 2_200, 2_300):
        stepped(request, after)
    assert request.state == SellState.REFUSED
    assert live(request) == 0
    assert seller.made_at_market() == []


def test_a_send_is_repeated_with_the_same_bytes_and_makes_one_trade(seller: Seller) -> None:
    fault(seller, "lost")
    request = stepped(seller.agree(seller.reviewed()))
    stepped(request, after=61)
    assert request.sends == 2
    assert request.state == SellState.CREATED
    assert seller.made_at_market() == [request.custom_id]


def test_a_sell_whose_items_were_freed_is_never_sent_again(seller: Seller) -> None:
    fault(seller, "lost")
    request = stepped(seller.agree(seller.reviewed(["77"])))
    maria = make_user()
    make_member(team=seller.team, user=maria, role=Role.MANAGER)
    free_claims(request=request, by=maria, reason="The buyer is gone")
    stepped(request, after=61)
    assert (request.state, request.sends) == (SellState.UNKNOWN, 1)
    assert seller.made_at_market() == []
    assert seller.agree(seller.reviewed(["77"])).state == SellState.QUEUED


def test_a_sell_that_is_being_asked_about_cannot_be_freed(seller: Seller) -> None:
    fault(seller, "lost")
    request = stepped(seller.agree(seller.reviewed()))
    maria = make_user()
    make_member(team=seller.team, user=maria, role=Role.MANAGER)
    SellRequest.objects.update(lease_until=clock.now() + timedelta(seconds=30))
    with pytest.raises(UserError, match="right now"):
        free_claims(request=request, by=maria, reason="The buyer is gone")


def test_a_refusal_of_the_repetition_proves_nothing(seller: Seller) -> None:
    """The first send may still arrive: it stays unknown until the market is found to have it."""
    fault(seller, "lost")
    request = stepped(seller.agree(seller.reviewed()))
    seller.withdraw()
    stepped(request, after=61)
    assert request.state == SellState.UNKNOWN
    assert live(request) == 1
    seller.server.sandbox.world.trades.insert(
        SECRET, status="processing", custom_id=request.custom_id, items=[GOODS],
    )  # fmt: skip
    stepped(request, after=120)
    assert request.state == SellState.UNKNOWN
    assert "other items" in request.reason


def test_a_refusal_that_answers_429_or_no_connection_is_tried_again(seller: Seller) -> None:
    fault(seller, "rate_limited", retry_after="30")
    request = stepped(seller.agree(seller.reviewed()))
    assert (request.state, request.sends) == (SellState.QUEUED, 0)
    assert stepped(request, after=20).state == SellState.QUEUED
    assert stepped(request, after=31).state == SellState.CREATED


def test_nothing_sent_in_time_expires(seller: Seller) -> None:
    fault(seller, "rate_limited", times=None)
    request = stepped(seller.agree(seller.reviewed()))
    stepped(request, after=601)
    assert request.state == SellState.EXPIRED
    assert live(request) == 0


def test_a_refused_key_refuses_the_sell_and_is_flagged(seller: Seller) -> None:
    draft = seller.reviewed()
    request = seller.agree(draft)
    seller.server.sandbox.world.accounts.revoke(SECRET)
    stepped(request)
    seller.key.refresh_from_db()
    assert request.state == SellState.REFUSED
    assert seller.key.state == KeyState.UNVERIFIED


def test_a_removed_key_sends_nothing_more(seller: Seller) -> None:
    request = seller.agree(seller.reviewed())
    seller.key.state = KeyState.REMOVED
    seller.key.save(update_fields=["state"])
    assert stepped(request).state == SellState.REFUSED
    assert seller.made_at_market() == []


def test_a_worker_that_died_while_sending_leaves_it_to_the_market(seller: Seller) -> None:
    request = seller.agree(seller.reviewed())
    SellRequest.objects.update(
        state=SellState.SENDING, sends=1, last_sent_at=clock.now(),
        lease_until=clock.now() + timedelta(seconds=75),
    )  # fmt: skip
    assert stepped(request).state == SellState.SENDING
    assert stepped(request, after=76).state == SellState.UNKNOWN
    stepped(request, after=140)
    assert seller.made_at_market() == [request.custom_id]
    assert request.state == SellState.CREATED


def test_two_workers_do_not_send_the_same_request(seller: Seller) -> None:
    request = seller.agree(seller.reviewed())
    SellRequest.objects.update(lease_until=clock.now() + timedelta(seconds=60))
    assert stepped(request).state == SellState.QUEUED


def test_the_mirror_gives_a_sell_its_trade_value_and_end(seller: Seller) -> None:
    request = stepped(seller.agree(seller.reviewed(["31"])))
    cursors.ensure(seller.key.account)
    serve_until_idle([seller.key.account_id])
    request.refresh_from_db()
    trade = Trade.objects.get()
    assert request.trade == trade
    assert (trade.value_milli, trade.value_source) == (PRICE, ValueSource.QUOTED)
    assert live(request) == 1
    seller.server.sandbox.world.trades.mutate(trade.upstream_id, status="completed")
    cursors.hasten(seller.key.account)
    serve_until_idle([seller.key.account_id])
    assert live(request) == 0


def test_a_sell_is_settled_by_the_account_that_its_own_turns_out_to_be(seller: Seller) -> None:
    fault(seller, "lost", commit=True)
    request = stepped(seller.agree(seller.reviewed()))
    elder = make_account(team=seller.team, identity="")
    absorb(seller.key.account, elder)
    cursors.ensure(elder)
    serve_until_idle([elder.pk])
    request.refresh_from_db()
    assert (request.account, request.quote.account) == (elder, elder)
    assert request.state == SellState.CREATED
    assert Trade.objects.get(account=elder).value_milli == PRICE


def test_the_mirror_settles_what_was_thought_lost(seller: Seller) -> None:
    fault(seller, "lost", commit=True)
    request = stepped(seller.agree(seller.reviewed()))
    assert request.state == SellState.UNKNOWN
    cursors.ensure(seller.key.account)
    serve_until_idle([seller.key.account_id])
    request.refresh_from_db()
    assert request.state == SellState.CREATED
    assert request.trade is not None
