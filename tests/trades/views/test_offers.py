"""The page of Steam's offers, its banner on every page, and the word that somebody has seen it."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEntry, MarketAccount, Upstream
from dashboard import clock
from tests.factories import Cast, make_account, make_cast, make_key, make_offer, make_trade
from trades.models import Inventory, InventoryItem, KeySight, OfferVerdict, SteamOfferItem

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def account(cast: Cast) -> MarketAccount:
    return make_account(team=cast.team, upstream=Upstream.STEAM, steamid64="76561198000000001")


@pytest.fixture
def bob(cast: Cast, client: Client) -> Client:
    client.force_login(cast.bob)
    return client


def page(client: Client, cast: Cast, path: str = "offers/", **query: str) -> str:
    response = client.get(f"/t/{cast.team.slug}/{path}", query)
    assert response.status_code == 200
    return response.content.decode()


def test_an_offer_is_shown_in_words_with_what_it_holds(
    bob: Client, cast: Cast, account: MarketAccount
) -> None:
    offer = make_offer(account=account, gives=3, message="<script>alert(1)</script>")
    missing = {"is_missing": True, "estimate_milli": 2200, "app_id": 440, "class_id": "2"}
    SteamOfferItem.objects.create(
        offer=offer, side="received", currency_id="5", amount=30, name="Metal", **missing
    )
    shown = page(bob, cast)
    assert "You give 3, you get 0" in shown
    assert "3 × AK-47 | Redline (Field-Tested)" in shown
    assert "30 × Metal" in shown
    assert "currency · no longer in the inventory · about $2.20" in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert(1)" not in shown
    assert "/icon-of-ak/" in shown
    assert "Expires in 13 d" in shown


def test_a_gone_item_is_named_by_the_teams_own_inventory(
    bob: Client, cast: Cast, account: MarketAccount
) -> None:
    offer = make_offer(account=account)
    offer.items.update(name="", icon="", class_id="101785959", is_missing=True)
    assert "unnamed item" in page(bob, cast)
    inventory = Inventory.objects.create(team=cast.team, steamid64="1", app_id=730)
    InventoryItem.objects.create(
        inventory=inventory, asset_id="1", class_id="101785959", name="Crate Key", icon="key-icon"
    )
    shown = page(bob, cast)
    assert "Crate Key" in shown
    assert "/key-icon/" in shown


def test_an_alarm_is_loud_on_every_page_until_somebody_has_seen_it(
    bob: Client, cast: Cast, account: MarketAccount
) -> None:
    offer = make_offer(account=account)
    for path in ("", "history/", "offers/", "keys/", "sells/"):
        shown = page(bob, cast, path)
        assert "A Steam offer that no market announced" in shown
        assert "Revoke the web API key" in shown
    address = f"/t/{cast.team.slug}/offers/{offer.pk}/acknowledge/"
    assert bob.post(address).status_code == 302
    assert bob.post(address).status_code == 302
    shown = page(bob, cast, "history/")
    assert "no market announced" not in shown
    entry = AuditEntry.objects.get(verb="offer.acknowledged")
    assert (entry.actor, entry.detail["offer"]) == (cast.bob, offer.offer_id)
    offer.refresh_from_db()
    assert offer.verdict == OfferVerdict.ALARM
    assert f"Seen by {cast.bob.email}" in page(bob, cast, f"offers/{offer.pk}/")


def test_the_banner_costs_one_query_and_is_the_teams_alone(
    bob: Client, cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    elsewhere = make_account(team=cast.others, upstream=Upstream.STEAM)
    make_offer(account=elsewhere)
    assert "no market announced" not in page(bob, cast, "keys/add/")
    with django_assert_num_queries(5):  # session, person, membership, teams, the banner
        page(bob, cast, "keys/add/")


def test_a_viewer_sees_the_alarm_and_cannot_end_it(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    make_offer(account=account)
    client.force_login(cast.victor)
    shown = page(client, cast, "keys/")
    assert "no market announced" in shown
    assert "I have seen it" not in shown


def test_filters_and_pages_hold_together(bob: Client, cast: Cast, account: MarketAccount) -> None:
    now = clock.now()
    for number in range(30):
        make_offer(
            account=account, verdict=OfferVerdict.MATCHED, sort_at=now - timedelta(hours=number)
        )
    lost = make_offer(account=account, state=7, is_ours=True, verdict=OfferVerdict.PAST)
    first = page(bob, cast, state="live")
    assert first.count('is-good">Expected') == 25
    older = first.split('href="')
    address = next(part.split('"')[0] for part in older if "page=" in part.split('"')[0])
    rest = bob.get(address.replace("&amp;", "&")).content.decode()
    assert rest.count('is-good">Expected') == 5
    for query in ({"side": "sent"}, {"state": "over"}, {"q": lost.offer_id}, {"verdict": "past"}):
        shown = page(bob, cast, **query)
        assert (f"/offers/{lost.pk}/" in shown, 'is-good">Expected' in shown) == (True, False)
    assert "No offer matches" in page(bob, cast, q="no such item")


@pytest.mark.parametrize(
    ("sight", "says"),
    [("blind", "Nobody watches right now."), ("part", "Sees part"), ("sees", "Sees the offers")],
)
def test_each_key_says_what_it_sees(
    bob: Client, cast: Cast, account: MarketAccount, sight: str, says: str
) -> None:
    key = make_key(account=account)
    now = clock.now()
    KeySight.objects.create(
        key=key, sight=sight, reason="The <reason>.", cure="The cure.", since=now, looked_at=now,
        expires_at=now + timedelta(hours=2),
    )  # fmt: skip
    shown = page(bob, cast)
    assert says in shown
    assert "The &lt;reason&gt;." in shown
    assert "This access token ends in 1 h" in shown
    assert ("Nobody watches" in shown) == (sight == "blind")


def test_an_offer_leads_to_its_trade_and_back(
    bob: Client, cast: Cast, account: MarketAccount
) -> None:
    trade = make_trade(
        account=make_account(team=cast.team), offer_id="6001", status="processing",
        bot_steamid="76561198000000009", items=[{"name": "AWP | Asiimov", "asset_id": "77"}],
    )  # fmt: skip
    offer = make_offer(account=account, offer_id="6001", verdict=OfferVerdict.ALARM)
    assert f"/trades/{trade.pk}/" in page(bob, cast)
    shown = page(bob, cast, f"trades/{trade.pk}/")
    assert f"/offers/{offer.pk}/" in shown
    assert "not with the market&#x27;s bot 76561198000000009" in shown
    assert "that the trade of VPSBot Market does not name" in shown


def test_without_a_steam_key_the_page_says_what_to_do(bob: Client, cast: Cast) -> None:
    shown = page(bob, cast)
    assert "Nobody watches your offers" in shown
    assert "keys/add/?upstream=steam" in shown
