"""A yes is given once, to what was seen, and nothing is sent before it is committed."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import AuditEntry, KeyState
from dashboard import clock
from dashboard.errors import UserError
from tests.factories import Cast, make_cast, make_trade
from tests.trades.services.seller import BUYER, GOODS, PRICE, RIVAL, Seller, make_seller
from trades.models import Quote, QuoteLine, SellDefaults, SellItem, SellRequest, SellState
from trades.sandbox.server import SandboxServer
from trades.services.claims import scope_of
from trades.services.payloads import PLACEHOLDER, whole_payload
from trades.services.selling import agree, free_claims
from trades.services.sending import step

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def seller(market: SandboxServer, cast: Cast) -> Seller:
    return make_seller(market, team=cast.team, by=cast.bob)


def test_a_yes_is_a_request_its_claims_and_a_record_and_no_call(seller: Seller) -> None:
    draft = seller.reviewed(["71", "72"])
    calls = len(seller.server.sandbox.requests)
    request = seller.agree(draft)
    assert request.state == SellState.QUEUED
    assert (request.items_count, request.total_milli) == (2, 2 * PRICE)
    assert SellItem.objects.filter(request=request, is_live=True).count() == 2
    assert AuditEntry.objects.filter(verb="sell.agreed").count() == 1
    assert len(seller.server.sandbox.requests) == calls


def test_the_kept_bytes_hold_no_trade_token_and_are_the_same_every_time(seller: Seller) -> None:
    request = seller.agree(seller.reviewed())
    kept = bytes(SellRequest.objects.get(pk=request.pk).payload)
    link = request.open_trade_link()
    assert b"token=" not in kept
    assert PLACEHOLDER.encode() in kept
    assert whole_payload(kept, link) == whole_payload(kept, link)
    assert link.reveal().encode() in whole_payload(kept, link)


def test_the_same_yes_again_makes_nothing_new(seller: Seller) -> None:
    draft = seller.reviewed()
    first = seller.agree(draft)
    assert seller.agree(draft) == first
    assert SellRequest.objects.count() == 1


def test_a_yes_to_an_older_review_is_refused(seller: Seller) -> None:
    draft = seller.reviewed()
    with pytest.raises(UserError, match="newer review"):
        agree(draft=draft, by=seller.by, yes_token=uuid4(), accepts_lower=False)
    assert not SellRequest.objects.exists()


def test_prices_older_than_a_minute_are_no_ground_for_a_yes(seller: Seller) -> None:
    draft = seller.reviewed()
    with clock.shifted(timedelta(seconds=61)), pytest.raises(UserError, match="too old"):
        seller.agree(draft)


def test_a_fallen_price_needs_its_own_yes(seller: Seller) -> None:
    draft = seller.reviewed(matched_price=PRICE + 1)
    with pytest.raises(UserError, match="fell"):
        seller.agree(draft)
    assert seller.agree(draft, accepts_lower=True).total_milli == PRICE


def test_another_buyer_than_at_the_match_needs_its_own_yes(seller: Seller) -> None:
    draft = seller.reviewed()
    item = draft.items.get()
    other = Quote.objects.get(pk=item.matched.quote_id)  # type: ignore[union-attr]
    other.pk, other.buyer_id, other.is_review = None, RIVAL, False
    other.save()
    QuoteLine.objects.filter(pk=item.matched_id).update(quote=other)
    with pytest.raises(UserError, match="buyers changed"):
        seller.agree(draft)
    assert seller.agree(draft, accepts_lower=True).buyer_id == BUYER


def test_a_risen_price_is_sold_at_what_was_reviewed(seller: Seller) -> None:
    draft = seller.reviewed(matched_price=PRICE - 1)
    assert seller.agree(draft).total_milli == PRICE


@pytest.mark.parametrize(("own", "default"), [(PRICE + 1, None), (None, PRICE + 1), (PRICE + 1, 1)])
def test_nothing_sells_below_its_floor(
    seller: Seller, own: int | None, default: int | None
) -> None:
    SellDefaults.objects.create(team=seller.team, floor_milli=default)
    draft = seller.reviewed()
    draft.items.update(floor_milli=own)
    with pytest.raises(UserError, match="floor"):
        seller.agree(draft)


def test_an_item_without_a_buyer_cannot_be_sold(seller: Seller) -> None:
    seller.withdraw()
    with pytest.raises(UserError, match="no buyer"):
        seller.agree(seller.reviewed())


def test_no_more_is_sold_than_the_buyer_takes(seller: Seller) -> None:
    seller.offer(PRICE, amount=1)
    with pytest.raises(UserError, match="takes only 1"):
        seller.agree(seller.reviewed(["81", "82"]))


def test_an_asset_in_a_live_sell_is_refused_by_name(seller: Seller) -> None:
    winner = seller.agree(seller.reviewed(["91"]))
    with pytest.raises(UserError, match=winner.custom_id):
        seller.agree(seller.reviewed(["90", "91"]))
    assert SellItem.objects.count() == 1


def test_an_asset_in_an_open_mirrored_trade_is_refused(seller: Seller) -> None:
    item = {"name": GOODS, "asset_id": "61"}
    trade = make_trade(account=seller.key.account, status="processing", items=[item])
    with pytest.raises(UserError, match=trade.upstream_id):
        seller.agree(seller.reviewed(["61"]))


def test_another_teams_unproven_link_blocks_nobody(seller: Seller, cast: Cast) -> None:
    assert scope_of(seller.key).startswith(f"team:{cast.team.pk}:")


def test_each_buyer_becomes_a_sell_of_its_own(seller: Seller) -> None:
    one, two = seller.reviewed(["41"]), seller.reviewed(["42"])
    item = two.items.get()
    Quote.objects.filter(pk=item.reviewed.quote_id).update(buyer_id=RIVAL)  # type: ignore[union-attr]
    item.draft = one
    item.save(update_fields=["draft"])
    requests = agree(draft=one, by=seller.by, yes_token=one.yes_token, accepts_lower=False)
    assert sorted(request.buyer_id for request in requests) == [BUYER, RIVAL]


@pytest.mark.parametrize("state", [KeyState.PAUSED, KeyState.REJECTED, KeyState.REMOVED])
def test_a_key_that_does_not_work_sells_nothing(seller: Seller, state: KeyState) -> None:
    draft = seller.reviewed()
    seller.key.state = state
    seller.key.save(update_fields=["state"])
    with pytest.raises(UserError, match="not active"):
        seller.agree(draft)


def test_a_colleagues_key_sells_only_where_its_owner_allows_it(seller: Seller, cast: Cast) -> None:
    draft = seller.reviewed()
    seller.key.team_may_sell = False
    seller.key.save(update_fields=["team_may_sell"])
    with pytest.raises(UserError, match="does not let teammates"):
        agree(draft=draft, by=cast.alice, yes_token=draft.yes_token, accepts_lower=False)


def test_a_viewer_and_a_stranger_cannot_agree(seller: Seller, cast: Cast) -> None:
    draft = seller.reviewed()
    for person in (cast.victor, cast.charlie):
        with pytest.raises(PermissionDenied):
            agree(draft=draft, by=person, yes_token=draft.yes_token, accepts_lower=False)


def test_a_manager_frees_a_stuck_claim_with_a_reason(seller: Seller, cast: Cast) -> None:
    request = seller.agree(seller.reviewed(["51"]))
    step(request.pk)
    request.refresh_from_db()
    with pytest.raises(PermissionDenied):
        free_claims(request=request, by=cast.bob, reason="it is stuck")
    with pytest.raises(UserError, match="Say why"):
        free_claims(request=request, by=cast.maria, reason=" ")
    free_claims(request=request, by=cast.maria, reason="Steam cancelled the offer")
    assert not SellItem.objects.filter(is_live=True).exists()
    assert AuditEntry.objects.filter(verb="sell.claims-freed").count() == 1
