"""A key that the market refuses while prices are asked: noted as the mirror notes it, and said."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import KeyState
from dashboard import clock
from tests.factories import make_cast
from tests.trades.services.seller import SECRET, Seller, make_seller
from trades.models import SellDraft
from trades.sandbox.faults import Fault
from trades.sandbox.server import SandboxServer

pytestmark = pytest.mark.django_db
CALLS = ["sell-match", "sell-review"]


@pytest.fixture
def seller(market: SandboxServer, client: Client) -> Seller:
    cast = make_cast()
    client.force_login(cast.bob)
    return make_seller(market, team=cast.team, by=cast.bob)


def send(client: Client, draft: SellDraft, name: str) -> HttpResponse:
    return client.post(reverse(name, args=[draft.team.slug, draft.pk]))


def state_of(seller: Seller) -> tuple[str, int]:
    seller.key.refresh_from_db()
    return seller.key.state, seller.key.refusals


@pytest.mark.parametrize("name", CALLS)
def test_two_refusals_a_minute_apart_are_believed_and_the_page_says_the_cure(
    client: Client, seller: Seller, name: str
) -> None:
    draft = seller.reviewed()
    seller.server.sandbox.world.accounts.revoke(SECRET)
    html = send(client, draft, name).content.decode()
    assert "VPSBot Market does not accept this key" in html
    assert "only a second refusal a minute later is believed" in html
    send(client, draft, name)
    assert state_of(seller) == (KeyState.ACTIVE, 1)
    with clock.shifted(timedelta(seconds=60)):
        html = send(client, draft, name).content.decode()
    assert state_of(seller) == (KeyState.REJECTED, 2)
    assert "replace it by a new one" in html
    assert f"{reverse('keys', args=[draft.team.slug])}#account-{seller.key.account_id}" in html


@pytest.mark.parametrize("name", CALLS)
def test_a_good_answer_ends_the_doubt(client: Client, seller: Seller, name: str) -> None:
    draft = seller.reviewed()
    seller.server.sandbox.faults.add(Fault("status", status=403))
    assert send(client, draft, name).status_code == 422
    assert state_of(seller) == (KeyState.ACTIVE, 1)
    assert send(client, draft, name).status_code == 302
    assert state_of(seller) == (KeyState.ACTIVE, 0)


def test_what_is_not_the_markets_own_refusal_is_no_doubt(client: Client, seller: Seller) -> None:
    draft = seller.reviewed()
    seller.server.sandbox.faults.add(Fault("html", status=403))
    assert send(client, draft, "sell-match").status_code == 422
    assert state_of(seller) == (KeyState.ACTIVE, 0)
