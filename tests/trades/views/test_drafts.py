"""One page from a selection to a yes: its states, what it keeps, and that one yes is one sell."""

import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from dashboard import clock
from tests.factories import Cast, make_cast
from tests.trades.services.seller import BUYER, GAME, RIVAL, Seller, make_seller
from trades.models import SellDraft, SellRequest
from trades.sandbox.faults import Fault
from trades.sandbox.server import SandboxServer
from trades.services.matching import DraftAsset, make_draft

pytestmark = pytest.mark.django_db
A, B = "Case of the test", "Knife <b>of</b> the test"
PRICE = 1_500
HTMX = {"HX-Request": "true"}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def seller(market: SandboxServer, cast: Cast, client: Client) -> Seller:
    client.force_login(cast.bob)
    found = make_seller(market, team=cast.team, by=cast.bob)
    order(found, A, PRICE)
    return found


@pytest.fixture
def draft(seller: Seller) -> SellDraft:
    """Three of one and one of what nobody buys."""
    return draft_of(seller, A, A, A, B)


def draft_of(seller: Seller, *names: str) -> SellDraft:
    return make_draft(
        team=seller.team, by=seller.by, key=seller.key, game_id=GAME,
        steamid64=seller.key.trade_link_partner,
        items=[DraftAsset("2", str(80_000 + at), name) for at, name in enumerate(names)],
    )  # fmt: skip


def order(seller: Seller, name: str, price: int, *, buyer: str = BUYER, amount: int = 100) -> None:
    market = seller.server.sandbox.world.market
    market.set_buyer(buyer, balance=10**12)
    market.set_order(GAME, name, buyer, price=price, amount=amount)


def drop(seller: Seller, name: str) -> None:
    seller.server.sandbox.world.market.drop_orders(GAME, name)


def address(draft: SellDraft, name: str = "sell-draft") -> str:
    return reverse(name, args=[draft.team.slug, draft.pk])


def page(client: Client, draft: SellDraft) -> str:
    return words(client.get(address(draft)))


def words(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def send(
    client: Client, draft: SellDraft, name: str, *, htmx: bool = False, **fields: str
) -> HttpResponse:
    """Posts the page's own form, with some fields typed over."""
    html = page(client, draft)
    sent = {
        found["name"]: found["value"]
        for tag in re.findall(r"<input [^>]*>", html)
        if (found := attributes(tag))["name"] and found["type"] != "checkbox"
    } | {
        found["name"]: found["value"]
        for tag in re.findall(r"<input [^>]*checked[^>]*>", html)
        if (found := attributes(tag))
    }
    sent |= {name: value for name, value in fields.items() if value}
    for gone in (name for name, value in fields.items() if not value):
        sent.pop(gone, None)
    headers = HTMX if htmx else {}
    response: HttpResponse = client.post(address(draft, name), sent, headers=headers)
    return response


def attributes(tag: str) -> dict[str, str]:
    found = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
    return {"name": "", "value": "", "type": "text", **found}


def row(draft: SellDraft, name: str = A) -> int:
    """What the row of a name is called in the form."""
    return min(draft.items.filter(name=name).values_list("pk", flat=True))


def reviewed(client: Client, draft: SellDraft) -> SellDraft:
    send(client, draft, "sell-match")
    assert send(client, draft, "sell-review").status_code == 302
    draft.refresh_from_db()
    return draft


def test_what_was_chosen_waits_to_be_matched(client: Client, draft: SellDraft) -> None:
    html = page(client, draft)
    assert "Match with buyers" in html
    assert f"{A} × 3" in html
    assert "<b>of</b>" not in html
    assert 'id="agree"' not in html


def test_a_match_shows_prices_sums_and_what_nobody_buys(client: Client, draft: SellDraft) -> None:
    assert send(client, draft, "sell-match").status_code == 302
    html = page(client, draft)
    assert "$1.50" in html
    assert "$4.50" in html
    assert BUYER in html
    assert "No buyer. The market says: Item not found" in html
    assert "3 of 4 items, as matched" in html


def test_a_short_amount_is_said(client: Client, seller: Seller, draft: SellDraft) -> None:
    order(seller, A, PRICE, amount=2)
    send(client, draft, "sell-match")
    html = page(client, draft)
    assert 'max="2"' in html
    assert "The buyer takes no more of it than was matched above." in html


def test_trouble_is_a_sentence_and_keeps_the_page(
    client: Client, seller: Seller, draft: SellDraft
) -> None:
    reviewed(client, draft)
    seller.server.sandbox.faults.add(Fault("status", status=503, times=2))
    for name in ("sell-match", "sell-review"):
        response = send(client, draft, name)
        assert response.status_code == 422
        assert "VPSBot Market cannot be reached right now" in words(response)
        assert 'value="3"' in words(response)


def test_nothing_bought_says_so(client: Client, seller: Seller, draft: SellDraft) -> None:
    drop(seller, A)
    send(client, draft, "sell-match")
    html = page(client, draft)
    assert "Nobody buys any of this now" in html
    assert 'id="review"' not in html


def test_each_buyer_is_one_sell_with_its_own_sum(client: Client, seller: Seller) -> None:
    order(seller, "Gloves", 200, buyer=RIVAL)
    draft = draft_of(seller, A, "Gloves")
    send(client, draft, "sell-match")
    html = page(client, draft)
    assert "Sell 1 of 2" in html
    assert "in 2 sells, one for each buyer" in html
    assert "$1.70" in html


# -- Then and now --


@pytest.mark.parametrize(
    ("price", "buyer", "word", "needs_yes", "items_sold"),
    [
        (PRICE + 100, BUYER, "up +$0.10", False, 3),
        (PRICE - 100, BUYER, "down −$0.10", True, 3),
        (None, BUYER, "gone", True, 0),
        (PRICE, RIVAL, "buyer changed", True, 3),
    ],
)
def test_before_the_yes_what_moved_is_shown_and_a_worse_one_needs_a_new_yes(
    client: Client, seller: Seller, draft: SellDraft, price: int | None, buyer: str, word: str,
    needs_yes: bool, items_sold: int,
) -> None:  # fmt: skip
    order(seller, "Gloves", 900_000, buyer=buyer)
    send(client, draft, "sell-match")
    drop(seller, A)
    if price:
        order(seller, A, price, buyer=buyer)
    send(client, draft, "sell-review")
    html = page(client, draft)
    assert word in html
    assert ("Since the match:" in html) == needs_yes
    without = send(client, draft, "sell-agree")
    assert without.status_code == (422 if needs_yes else 302)
    if needs_yes and items_sold:
        assert not SellRequest.objects.exists()
        assert send(client, draft, "sell-agree", accepts_lower="on").status_code == 302
    sold = SellRequest.objects.first()
    assert (sold.items_count if sold else 0) == items_sold
    if sold:
        assert (sold.total_milli, sold.buyer_id) == (3 * (price or 0), buyer)


def test_below_its_floor_it_is_not_sold_and_says_so(client: Client, draft: SellDraft) -> None:
    send(client, draft, "sell-match")
    send(client, draft, "sell-review", **{f"floor-{row(draft)}": "1.51"})
    html = page(client, draft)
    assert "Below its floor of $1.51: not sold." in html
    assert 'id="agree"' not in html
    assert send(client, draft, "sell-agree", accepts_lower="on").status_code == 422
    assert not SellRequest.objects.exists()


def test_what_is_below_its_floor_is_in_no_sum(client: Client, draft: SellDraft) -> None:
    send(client, draft, "sell-match")
    key = row(draft)
    send(client, draft, "sell-review", **{f"floor-{key}": "1.51", "message": "m" * 129})
    html = page(client, draft)
    assert "Below its floor of $1.51: cannot be sold." in html
    assert "0 of 4 items, as matched" in html


def test_the_age_of_the_prices_counts_until_they_are_too_old(
    client: Client, draft: SellDraft
) -> None:
    reviewed(client, draft)
    poll = f"{address(draft)}?yes={draft.yes_token}"
    assert "hx-trigger" in words(client.get(poll, headers=HTMX))
    with clock.shifted(timedelta(seconds=30)):
        counted = re.search(
            r"Prices taken (\d+) s ago, good for (\d+) s more.", page(client, draft)
        )
        assert counted
        assert 30 <= int(counted[1]) == 60 - int(counted[2])
    with clock.shifted(timedelta(seconds=61)):
        html = words(client.get(poll, headers=HTMX))
        assert "too old to sell at" in html
        assert "hx-trigger" not in html
        assert 'hx-swap-oob="true"' in html
        assert 'id="agree"' not in html
        refused = send(client, draft, "sell-agree")
        assert refused.status_code == 422
        assert "too old" in words(refused)
    assert not SellRequest.objects.exists()


def test_a_page_that_another_tab_left_behind_loads_itself_again(
    client: Client, draft: SellDraft
) -> None:
    old = str(reviewed(client, draft).yes_token)
    reviewed(client, draft)
    response = client.get(f"{address(draft)}?yes={old}", headers=HTMX)
    assert response.headers["HX-Refresh"] == "true"


# -- The selection --


def test_quantities_floors_and_the_message_are_kept(client: Client, draft: SellDraft) -> None:
    send(client, draft, "sell-match")
    key = row(draft)
    fields = {f"take-{key}": "2", f"floor-{key}": "1.25", "message": "For the desk"}
    send(client, draft, "sell-review", **fields)
    html = page(client, draft)
    assert f'name="take-{key}" id="take-{key}" min="0" max="3" step="1" value="2"' in html
    assert 'value="1.25"' in html
    assert "12 of 128 characters used" in html
    assert draft.items.filter(is_chosen=True).count() == 2
    assert set(draft.items.filter(name=A).values_list("floor_milli", flat=True)) == {1_250}


@pytest.mark.parametrize(("typed_in", "taken"), [("99", 3), ("-1", 0), ("x", 0), ("2", 2)])
def test_no_more_is_taken_than_there_is(
    client: Client, draft: SellDraft, typed_in: str, taken: int
) -> None:
    send(client, draft, "sell-match")
    send(client, draft, "sell-review", **{f"take-{row(draft)}": typed_in})
    assert draft.items.filter(is_chosen=True).count() == taken


def test_a_floor_that_is_no_price_is_said_and_the_rest_is_kept(
    client: Client, draft: SellDraft
) -> None:
    send(client, draft, "sell-match")
    key = row(draft)
    response = send(client, draft, "sell-review", **{f"take-{key}": "1", f"floor-{key}": "cheap<"})
    assert response.status_code == 422
    assert "“cheap&lt;” is not a price in dollars" in words(response)
    assert draft.items.filter(is_chosen=True).count() == 1


def test_an_untick_is_never_sold(client: Client, draft: SellDraft) -> None:
    """A yes with another selection than the reviewed one asks for a review of that one."""
    reviewed(client, draft)
    response = send(client, draft, "sell-agree", **{f"take-{row(draft)}": "2"})
    assert response.status_code == 422
    assert "The selection changed" in words(response)
    assert not SellRequest.objects.exists()
    draft.refresh_from_db()
    assert draft.state == SellDraft.State.MATCHED
    assert draft.items.filter(is_chosen=True).count() == 2


# -- The yes --


def test_a_yes_makes_one_request_and_leads_to_the_sells(client: Client, draft: SellDraft) -> None:
    reviewed(client, draft)
    response = send(client, draft, "sell-agree", message="Thank you")
    assert response.headers["Location"] == reverse("sells", args=[draft.team.slug])
    request = SellRequest.objects.get()
    assert (request.items_count, request.total_milli) == (3, 3 * PRICE)
    assert b"Thank you" in bytes(request.payload)


def test_the_same_yes_again_leads_to_the_same_page_and_sells_nothing(
    client: Client, draft: SellDraft
) -> None:
    """Double click, back button, two tabs, a replayed POST."""
    token = str(reviewed(client, draft).yes_token)
    rows = {"rows": str(row(draft)), f"take-{row(draft)}": "3"}
    for fields in ({"yes_token": token}, {"yes_token": token, **rows}, {"yes_token": "x"}, {}):
        response = client.post(address(draft, "sell-agree"), fields)
        assert response.status_code == 302
        assert response.headers["Location"] == reverse("sells", args=[draft.team.slug])
    assert SellRequest.objects.count() == 1


@pytest.mark.parametrize("token", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_yes_without_the_pages_token_is_none(
    client: Client, draft: SellDraft, token: str
) -> None:
    reviewed(client, draft)
    assert client.post(address(draft, "sell-agree"), {"yes_token": token}).status_code == 422
    assert not SellRequest.objects.exists()


def test_a_sold_draft_shows_what_became_of_it(client: Client, draft: SellDraft) -> None:
    reviewed(client, draft)
    send(client, draft, "sell-agree")
    html = page(client, draft)
    request = SellRequest.objects.get()
    assert reverse("sell", args=[draft.team.slug, request.pk]) in html
    assert "Queued" in html
    for name in ("sell-match", "sell-review"):
        assert client.post(address(draft, name)).status_code == 422


def test_htmx_gets_the_part_that_changed(client: Client, draft: SellDraft) -> None:
    matched = send(client, draft, "sell-match", htmx=True)
    assert matched.status_code == 200
    assert words(matched).lstrip().startswith('<div class="stack stack--l" id="sell-draft"')
    send(client, draft, "sell-review", htmx=True)
    agreed = send(client, draft, "sell-agree", htmx=True)
    assert agreed.headers["HX-Redirect"] == reverse("sells", args=[draft.team.slug])


def test_a_later_round_in_trouble_is_said(client: Client, seller: Seller, draft: SellDraft) -> None:
    seller.server.sandbox.faults.add(
        Fault("status", status=503, body=f'{GAME},"items":[{{"market_hash_name":"Knife')
    )
    assert "matching may find more" in words(send(client, draft, "sell-match", htmx=True))


def test_a_colleague_may_use_only_a_shared_key(
    client: Client, cast: Cast, seller: Seller, draft: SellDraft
) -> None:
    reviewed(client, draft)
    client.force_login(cast.maria)
    seller.key.team_may_sell = False
    seller.key.save(update_fields=["team_may_sell"])
    for name in ("sell-match", "sell-review", "sell-agree"):
        assert send(client, draft, name).status_code == 422
    assert not SellRequest.objects.exists()


def test_the_page_asks_as_much_for_many_items_as_for_few(
    client: Client, seller: Seller, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    names = [f"Thing {number}" for number in range(60)]
    for name in names:
        order(seller, name, PRICE)
    draft = draft_of(seller, *names)
    reviewed(client, draft)
    with django_assert_max_num_queries(11):
        client.get(address(draft))


def test_a_thousand_different_items_fit_into_one_form(client: Client, seller: Seller) -> None:
    names = [f"Thing {number}" for number in range(1000)]
    for name in names:
        order(seller, name, PRICE)
    draft = draft_of(seller, *names)
    reviewed(client, draft)
    assert draft.items.filter(is_chosen=True).count() == 1000
