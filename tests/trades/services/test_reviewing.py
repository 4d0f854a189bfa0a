"""Then and now: what a fresh quote makes of what was matched."""

import pytest

from dashboard.errors import UserError
from tests.factories import make_cast
from tests.trades.services.seller import BUYER, GAME, RIVAL, Seller, make_seller
from trades.models import DraftItem, Quote, SellDraft, SellRequest
from trades.sandbox.faults import Fault
from trades.sandbox.server import SandboxServer
from trades.services.drafts import choose, default_floor, floor_of, save_defaults
from trades.services.matching import DraftAsset, make_draft, match
from trades.services.reviewing import Verdict, needs_new_yes, review, verdict_of
from trades.services.selling import agree

A, B = "Case of the test", "Knife of the test"
PRICE = 1_000


@pytest.fixture
def seller(db: None, market: SandboxServer) -> Seller:
    cast = make_cast()
    found = make_seller(market, team=cast.team, by=cast.bob)
    order(found, A, PRICE)
    return found


def order(seller: Seller, name: str, price: int, *, buyer: str = BUYER, amount: int = 100) -> None:
    market = seller.server.sandbox.world.market
    market.set_buyer(buyer, balance=10**12)
    market.set_order(GAME, name, buyer, price=price, amount=amount)


def drop(seller: Seller, name: str) -> None:
    seller.server.sandbox.world.market.drop_orders(GAME, name)


def matched(seller: Seller, *names: str, floor: int | None = None) -> SellDraft:
    draft = make_draft(
        team=seller.team, by=seller.by, key=seller.key, game_id=GAME,
        steamid64=seller.key.trade_link_partner,
        items=[DraftAsset("2", str(70_000 + at), name, floor) for at, name in enumerate(names)],
    )  # fmt: skip
    match(draft=draft, by=seller.by)
    return draft


def reviewed(seller: Seller, draft: SellDraft, message: str = "") -> list[DraftItem]:
    review(draft=draft, by=seller.by, message=message)
    draft.refresh_from_db()
    return items(draft)


def items(draft: SellDraft) -> list[DraftItem]:
    return list(draft.items.select_related("matched__quote", "reviewed__quote").order_by("id"))


def verdicts(draft: SellDraft) -> list[Verdict | None]:
    default = default_floor(draft.team)
    return [verdict_of(item, floor_of(item, default)) for item in items(draft)]


@pytest.mark.parametrize(
    ("price", "buyer", "floor", "verdict", "is_for_sale", "new_yes"),
    [
        (PRICE, BUYER, None, Verdict.SAME, True, False),
        (PRICE + 1, BUYER, None, Verdict.UP, True, False),
        (PRICE - 1, BUYER, None, Verdict.DOWN, True, True),
        (None, BUYER, None, Verdict.GONE, False, True),
        (PRICE, RIVAL, None, Verdict.BUYER, True, True),
        (PRICE + 1, RIVAL, None, Verdict.BUYER, True, True),
        (PRICE - 1, BUYER, PRICE, Verdict.LOW, False, True),
        (PRICE - 1, BUYER, PRICE - 1, Verdict.DOWN, True, True),
    ],
)
def test_what_moved_is_told_and_what_fell_needs_a_new_yes(
    seller: Seller, price: int | None, buyer: str, floor: int | None, verdict: Verdict,
    is_for_sale: bool, new_yes: bool,
) -> None:  # fmt: skip
    draft = matched(seller, A, floor=floor)
    drop(seller, A)
    if price:
        order(seller, A, price, buyer=buyer)
    (item,) = reviewed(seller, draft)
    assert verdicts(draft) == [verdict]
    assert item.is_chosen == is_for_sale
    assert needs_new_yes(draft) == new_yes
    assert item.reviewed
    assert item.reviewed.quote.is_review


def test_each_buyer_is_asked_again_about_its_own_items(seller: Seller) -> None:
    order(seller, B, 300, buyer=RIVAL)
    draft = matched(seller, A, A, B)
    reviewed(seller, draft)
    quotes = Quote.objects.filter(is_review=True).order_by("id")
    asked = [list(quote.lines.values_list("name", "asked_amount")) for quote in quotes]
    assert asked == [[(A, 2)], [(B, 1)]]
    requests = agree(draft=draft, by=seller.by, yes_token=draft.yes_token, accepts_lower=False)
    assert [(one.buyer_id, one.total_milli) for one in requests] == [(BUYER, 2_000), (RIVAL, 300)]


def test_what_was_not_selected_is_not_asked_about(seller: Seller) -> None:
    draft = matched(seller, A, A)
    choose(draft=draft, asset_ids=["70001"])
    first, second = reviewed(seller, draft)
    assert (first.reviewed, first.is_chosen) == (None, False)
    assert second.reviewed
    assert second.reviewed.asked_amount == 1


def test_fewer_bought_now_drops_only_those_and_the_rest_can_be_sold(seller: Seller) -> None:
    draft = matched(seller, A, A, A)
    order(seller, A, PRICE, amount=2)
    reviewed(seller, draft)
    assert sorted(map(str, verdicts(draft))) == ["gone", "same", "same"]
    (request,) = agree(draft=draft, by=seller.by, yes_token=draft.yes_token, accepts_lower=True)
    assert request.items_count == 2


def test_one_order_is_not_sold_to_twice_when_two_sells_meet_at_one_buyer(seller: Seller) -> None:
    order(seller, A, PRICE, amount=1)
    order(seller, B, 90_000)
    order(seller, A, 900, buyer=RIVAL)
    draft = matched(seller, A, A, A, B)
    drop(seller, A)
    order(seller, A, PRICE, amount=1)  # the rival left: both sells now name the same order
    reviewed(seller, draft)
    assert sorted(map(str, verdicts(draft))) == ["gone", "gone", "same", "same"]


def test_what_is_gone_stays_selected_and_is_asked_about_again(seller: Seller) -> None:
    draft = matched(seller, A)
    drop(seller, A)
    reviewed(seller, draft)
    order(seller, A, PRICE)
    (item,) = reviewed(seller, draft)
    assert item.is_chosen
    assert verdicts(draft) == [Verdict.SAME]


def test_a_review_makes_the_yes_to_an_older_one_worthless(seller: Seller) -> None:
    draft = matched(seller, A)
    reviewed(seller, draft)
    old = draft.yes_token
    reviewed(seller, draft)
    assert draft.yes_token != old
    with pytest.raises(UserError, match="newer review"):
        agree(draft=draft, by=seller.by, yes_token=old, accepts_lower=True)
    assert not SellRequest.objects.exists()


def test_a_changed_selection_or_floor_has_to_be_reviewed_again(seller: Seller) -> None:
    draft = matched(seller, A, A)
    reviewed(seller, draft)
    both = ["70000", "70001"]
    assert not choose(draft=draft, asset_ids=both, floors={"70000": None}, message="Hello")
    draft.refresh_from_db()
    assert (draft.state, draft.message) == ("reviewed", "Hello")
    assert choose(draft=draft, asset_ids=both, floors={"70000": 5})
    draft.refresh_from_db()
    assert draft.state == SellDraft.State.MATCHED
    with pytest.raises(UserError):
        agree(draft=draft, by=seller.by, yes_token=draft.yes_token, accepts_lower=True)


def test_trouble_at_any_buyer_changes_nothing(seller: Seller) -> None:
    order(seller, B, 300, buyer=RIVAL)
    draft = matched(seller, A, B)
    reviewed(seller, draft)
    token = draft.yes_token
    order(seller, A, PRICE - 1)
    seller.server.sandbox.faults.add(Fault("status", status=503, body=B))
    with pytest.raises(UserError, match="cannot be reached"):
        review(draft=draft, by=seller.by, message="")
    draft.refresh_from_db()
    assert draft.yes_token == token
    assert verdicts(draft) == [Verdict.SAME, Verdict.SAME]


def test_nothing_selected_is_no_question(seller: Seller) -> None:
    draft = matched(seller, A)
    choose(draft=draft, asset_ids=[])
    calls = len(seller.server.sandbox.requests)
    with pytest.raises(UserError, match="at least one"):
        review(draft=draft, by=seller.by, message="")
    assert len(seller.server.sandbox.requests) == calls


def test_a_message_has_at_most_128_characters(seller: Seller) -> None:
    draft = matched(seller, A)
    with pytest.raises(UserError, match="128"):
        review(draft=draft, by=seller.by, message="m" * 129)
    reviewed(seller, draft, message=" " + "m" * 128 + "\n")
    assert draft.message == "m" * 128


def test_the_teams_floor_counts_at_the_review(seller: Seller) -> None:
    draft = matched(seller, A)
    alice = seller.team.memberships.get(role="owner").user
    save_defaults(team=seller.team, by=alice, floor_milli=PRICE + 1, message="")
    (item,) = reviewed(seller, draft)
    assert verdicts(draft) == [Verdict.LOW]
    assert not item.is_chosen


def test_what_is_sold_is_neither_reviewed_nor_chosen_again(seller: Seller) -> None:
    draft = matched(seller, A)
    reviewed(seller, draft)
    agree(draft=draft, by=seller.by, yes_token=draft.yes_token, accepts_lower=False)
    for deed in (
        lambda: review(draft=draft, by=seller.by, message=""),
        lambda: choose(draft=draft, asset_ids=[]),
    ):
        with pytest.raises(UserError, match="sold already"):
            deed()
