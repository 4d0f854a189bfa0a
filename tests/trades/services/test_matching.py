"""Rounds of questions: one buyer a quote, never more than was asked or is bought."""

import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import KeyState
from dashboard.errors import UserError
from tests.factories import make_cast, make_key
from tests.trades.services.seller import BUYER, GAME, RIVAL, Seller, make_seller
from trades.models import DraftItem, Quote, SellDraft
from trades.sandbox.faults import Fault
from trades.sandbox.server import SandboxServer
from trades.services import quoting
from trades.services.drafts import choose, save_defaults
from trades.services.matching import MOST_ITEMS, MOST_ROUNDS, DraftAsset, make_draft, match
from trades.services.offers import HIGHEST_PRICE, offers_in, shares
from trades.upstreams.records import MatchAnswer, MatchedItem

A, B, C = "Case of the test", "Knife of the test", "Gloves of the test"
_assets = itertools.count(60_000_000_000)


@pytest.fixture
def seller(db: None, market: SandboxServer) -> Seller:
    cast = make_cast()
    return make_seller(market, team=cast.team, by=cast.bob)


def order(seller: Seller, name: str, price: int, *, buyer: str = BUYER, amount: int = 100) -> None:
    market = seller.server.sandbox.world.market
    market.set_buyer(buyer, balance=10**12)
    market.set_order(GAME, name, buyer, price=price, amount=amount)


def assets(names: Sequence[str], floor: int | None = None) -> list[DraftAsset]:
    return [DraftAsset("2", str(next(_assets)), name, floor) for name in names]


def draft_of(seller: Seller, *names: str, floor: int | None = None) -> SellDraft:
    return make_draft(
        team=seller.team, by=seller.by, key=seller.key, game_id=GAME,
        steamid64=seller.key.trade_link_partner, items=assets(names, floor),
    )  # fmt: skip


def matched(seller: Seller, draft: SellDraft) -> list[tuple[str, str, int]]:
    """Name, buyer and price of what can be sold after a match."""
    assert match(draft=draft, by=seller.by) == ""
    lines = [item.matched for item in items(draft)]
    return [
        (line.name, line.quote.buyer_id, line.price_milli) for line in lines if line and line.amount
    ]


def items(draft: SellDraft) -> list[DraftItem]:
    return list(draft.items.select_related("matched__quote").order_by("id"))


def chosen(draft: SellDraft) -> list[str]:
    return [item.name for item in items(draft) if item.is_chosen]


# -- Rounds --


def test_one_call_asks_for_each_name_once_with_its_count(seller: Seller) -> None:
    order(seller, A, 700)
    order(seller, B, 90_000)
    draft = draft_of(seller, A, B, A, A)
    assert Counter(matched(seller, draft)) == {(A, BUYER, 700): 3, (B, BUYER, 90_000): 1}
    quote = Quote.objects.get()
    assert Counter(quote.lines.values_list("name", "asked_amount", "amount")) == {
        (A, 3, 3): 1,
        (B, 1, 1): 1,
    }
    draft.refresh_from_db()
    assert draft.state == SellDraft.State.MATCHED
    assert len(chosen(draft)) == 4


def test_what_the_best_buyer_does_not_take_goes_to_the_next_one(seller: Seller) -> None:
    order(seller, A, 700)
    order(seller, B, 300, buyer=RIVAL)
    assert matched(seller, draft_of(seller, A, B)) == [(A, BUYER, 700), (B, RIVAL, 300)]
    assert [quote.buyer_id for quote in Quote.objects.order_by("id")] == [BUYER, RIVAL]


def test_a_short_amount_makes_only_that_many_selectable(seller: Seller) -> None:
    """Asked about the rest, the same buyer names the same order again: it counts once."""
    order(seller, A, 50_000, amount=2)
    draft = draft_of(seller, A, A, A, A)
    assert matched(seller, draft) == [(A, BUYER, 50_000)] * 2
    assert len(chosen(draft)) == 2
    assert Quote.objects.count() == 2


def test_the_rest_of_a_short_amount_goes_to_who_buys_it_alone(seller: Seller) -> None:
    order(seller, A, 1_000, amount=1)
    order(seller, B, 90_000)
    order(seller, A, 900, buyer=RIVAL)
    sold = matched(seller, draft_of(seller, A, A, A, B))
    assert Counter(sold) == {(A, BUYER, 1_000): 1, (B, BUYER, 90_000): 1, (A, RIVAL, 900): 2}


def test_there_are_at_most_five_rounds(seller: Seller) -> None:
    names = [f"Thing {number} of the test" for number in range(MOST_ROUNDS + 2)]
    for number, name in enumerate(names):
        order(seller, name, 1_000, buyer=str(int(BUYER) + number))
    assert len(matched(seller, draft_of(seller, *names))) == MOST_ROUNDS
    assert Quote.objects.count() == MOST_ROUNDS


def test_when_nothing_is_bought_nobody_is_asked_twice(seller: Seller) -> None:
    draft = draft_of(seller, A, B)
    assert matched(seller, draft) == []
    assert Quote.objects.count() == 1
    assert chosen(draft) == []
    assert {item.matched.error for item in items(draft) if item.matched} == {"Item not found"}


# -- What is selected --


def test_an_untick_outlives_a_new_match_and_a_new_buyer_ticks(seller: Seller) -> None:
    order(seller, A, 700)
    draft = draft_of(seller, A, A, B)
    matched(seller, draft)
    kept, *_ = items(draft)
    choose(draft=draft, asset_ids=[kept.asset_id])
    order(seller, B, 300)
    matched(seller, draft)
    assert [item.is_chosen for item in items(draft)] == [True, False, True]


def test_below_its_floor_an_item_is_not_selected(seller: Seller) -> None:
    order(seller, A, 700)
    assert chosen_after_match(seller, floor=701) == []
    assert chosen_after_match(seller, floor=700) == [A]


def test_the_teams_floor_holds_where_an_item_has_none(seller: Seller) -> None:
    order(seller, A, 700)
    alice = seller.team.memberships.get(role="owner").user
    save_defaults(team=seller.team, by=alice, floor_milli=800, message="For the desk")
    assert chosen_after_match(seller, floor=None) == []
    assert chosen_after_match(seller, floor=600) == [A]
    assert draft_of(seller, A).message == "For the desk"


def chosen_after_match(seller: Seller, floor: int | None) -> list[str]:
    draft = draft_of(seller, A, floor=floor)
    match(draft=draft, by=seller.by)
    return chosen(draft)


# -- Trouble --


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault("rate_limited"), "asks us to slow down"),
        (Fault("status", status=503), "cannot be reached"),
        (Fault("html", status=200), "not its documented JSON"),
        (Fault("cut"), "not its documented JSON"),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_without_an_answer_what_was_matched_before_stands(
    seller: Seller, fault: Fault, sentence: str
) -> None:
    order(seller, A, 700)
    draft = draft_of(seller, A)
    before = matched(seller, draft)
    seller.server.sandbox.faults.add(fault)
    with pytest.raises(UserError, match=sentence):
        match(draft=draft, by=seller.by)
    assert [(item.name, item.is_chosen) for item in items(draft)] == [(A, True)]
    assert before == [(A, BUYER, 700)]


def test_a_later_round_in_trouble_keeps_what_the_first_one_brought(seller: Seller) -> None:
    order(seller, A, 700)
    order(seller, B, 300, buyer=RIVAL)
    draft = draft_of(seller, A, B)
    alone = f'{{"game_id":{GAME},"items":[{{"market_hash_name":"{B}"'
    seller.server.sandbox.faults.add(Fault("status", status=503, body=alone))
    assert "cannot be reached" in match(draft=draft, by=seller.by)
    assert chosen(draft) == [A]


def test_all_rounds_share_one_deadline(seller: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    order(seller, A, 700)
    order(seller, B, 300, buyer=RIVAL)
    seconds = iter([0.0, 1.0, 7.99])  # made, asked first, asked again
    clock = SimpleNamespace(monotonic=lambda: next(seconds))
    monkeypatch.setattr(quoting, "time", clock)
    draft = draft_of(seller, A, B)
    assert "too slow" in match(draft=draft, by=seller.by)
    assert chosen(draft) == [A]


def test_a_slow_market_ends_with_the_deadline(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([0.0, 7.8])
    clock = SimpleNamespace(monotonic=lambda: next(seconds))
    monkeypatch.setattr(quoting, "time", clock)
    seller.server.sandbox.faults.add(Fault("slow", seconds=0.6))
    with pytest.raises(UserError, match="cannot be reached"):
        match(draft=draft_of(seller, A), by=seller.by)


# -- Who may, and what --


def test_a_key_that_its_owner_keeps_or_that_rests_cannot_be_used(seller: Seller) -> None:
    draft = draft_of(seller, A)
    colleague = seller.team.memberships.get(role="manager").user
    match(draft=draft, by=colleague)
    seller.key.team_may_sell = False
    draft.key = seller.key
    with pytest.raises(UserError, match="keeps it"):
        match(draft=draft, by=colleague)
    seller.key.state = KeyState.PAUSED
    with pytest.raises(UserError, match="Paused"):
        match(draft=draft, by=seller.by)


def test_a_draft_needs_items_and_a_key_of_their_steam_account(seller: Seller) -> None:
    with pytest.raises(UserError, match="at least one"):
        draft_of(seller)
    with pytest.raises(UserError, match=f"{MOST_ITEMS:,}"):
        draft_of(seller, *[A] * (MOST_ITEMS + 1))
    for key in (make_key(owner=seller.by), make_key(team=seller.team, owner=seller.by)):
        seller.key = key
        with pytest.raises(UserError, match="Steam account"):
            make_draft(
                team=seller.team, by=seller.by, key=key, game_id=GAME,
                steamid64="76561198000000001", items=assets([A]),
            )  # fmt: skip
    assert not SellDraft.objects.exists()


def test_what_is_sold_is_not_matched_again(seller: Seller) -> None:
    draft = draft_of(seller, A)
    SellDraft.objects.update(state=SellDraft.State.SOLD)
    draft.refresh_from_db()
    with pytest.raises(UserError, match="sold already"):
        match(draft=draft, by=seller.by)


# -- Whatever the market answers --

NAMES = st.sampled_from([A, B, C, ""])
ANSWERS = st.builds(
    MatchAnswer,
    buyer_id=st.sampled_from(["", " ", BUYER, RIVAL]),
    items=st.lists(
        st.builds(
            MatchedItem,
            name=NAMES,
            price_milli=st.one_of(st.integers(0, 5), st.integers(0, 2**63 - 1)),
            amount=st.one_of(st.integers(0, 9), st.integers(0, 2**63 - 1)),
            error=st.text(max_size=400),
        ),
        max_size=6,
    ).map(tuple),
    asked_at=st.just(datetime(2026, 10, 1, tzinfo=UTC)),
)


@given(st.lists(NAMES.filter(bool), min_size=1, max_size=12), st.lists(ANSWERS, max_size=5))
def test_nothing_is_taken_that_was_not_asked_or_is_not_bought(
    names: list[str], answers: list[MatchAnswer]
) -> None:
    left, promised = names, Counter[tuple[str, str]]()
    most: Counter[tuple[str, str]] = Counter()
    for answer in answers:
        offers = offers_in(Counter(left), answer, promised)
        taken = [offer for offer in shares(left, offers) if offer]
        for item in answer.items:
            place = (answer.buyer_id, item.name)
            most[place] = max(most[place], item.amount)
        assert {offer.name for offer in offers} == set(left)
        for offer in offers:
            assert 0 <= offer.price_milli <= HIGHEST_PRICE
            assert 0 <= offer.amount <= offer.asked == left.count(offer.name)
            assert (offer.amount > 0) == (offer.price_milli > 0)
            assert taken.count(offer) == offer.amount
            promised[answer.buyer_id, offer.name] += offer.amount
        left = list((Counter(left) - Counter(offer.name for offer in taken)).elements())
    assert all(amount <= most[place] for place, amount in promised.items())
    assert all(buyer.strip() for (buyer, _), amount in promised.items() if amount)
    assert promised.total() + len(left) == len(names)


@pytest.mark.parametrize(
    ("rows", "taken"),
    [
        ([], (0, 0)),
        ([MatchedItem(A, 500, 9)], (3, 500)),
        ([MatchedItem(A, 500, 2), MatchedItem(A, 400, 2)], (2, 400)),
        ([MatchedItem(A, 500, 2), MatchedItem(A, 0, 0)], (0, 0)),
        ([MatchedItem("another name", 500, 3)], (0, 0)),
        ([MatchedItem(A, HIGHEST_PRICE + 1, 3)], (0, 0)),
        ([MatchedItem(A, 500, 0)], (0, 0)),
        ([MatchedItem(A, 0, 3)], (0, 0)),
    ],
)
def test_an_odd_answer_promises_the_least_it_says(
    rows: list[MatchedItem], taken: tuple[int, int]
) -> None:
    answer = MatchAnswer(BUYER, tuple(rows), datetime(2026, 10, 1, tzinfo=UTC))
    (offer,) = offers_in({A: 3}, answer, Counter())
    assert (offer.amount, offer.price_milli) == taken
