"""One click on: what mends a refused sell, and what a manager frees by hand."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry, KeyState, UpstreamKey
from tests.factories import (
    TRADE_LINK,
    Cast,
    make_account,
    make_cast,
    make_key,
    make_sell_request,
    make_trade,
)
from trades.models import SellDraft, SellItem, SellRequest, SellState

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
REDLINE, ASIIMOV = "AK-47 | Redline (Field-Tested)", "AWP | Asiimov (Field-Tested)"
ITEMS = (
    {"name": REDLINE, "price_milli": 14_500, "floor_milli": 14_000},
    {"name": REDLINE, "price_milli": 14_500, "floor_milli": 14_000},
    {"name": ASIIMOV, "price_milli": 32_000},
)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def key(cast: Cast) -> UpstreamKey:
    account = make_account(team=cast.team)
    return make_key(account=account, owner=cast.bob, trade_link=TRADE_LINK)


def shown(client: Client, cast: Cast, address: str, person: str) -> str:
    client.force_login(getattr(cast, person))
    response = client.get(f"/t/harbour/sells/{address}", headers=HTMX if address else {})
    assert response.status_code == 200
    return unescape(response.content.decode())


def card(client: Client, cast: Cast, sell: SellRequest, person: str = "bob") -> str:
    return shown(client, cast, f"{sell.pk}/card/", person)


def of_trade(key: UpstreamKey, **columns: Any) -> SellRequest:
    trade = make_trade(account=key.account, **columns)
    return make_sell_request(key=key, state=SellState.CREATED, trade=trade)


def unresolved(key: UpstreamKey) -> SellRequest:
    return make_sell_request(key=key, state=SellState.UNKNOWN, sends=1)


# -- refused: one click on --


def modes(html: str) -> list[str]:
    return re.findall(r'name="mode" value="(\w+)"', html)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Buyer mismatch", ["same"]),
        (f"No buy order found for item: {REDLINE}", ["without", "same"]),
        ("No buy order found for item: another one", ["same"]),
        (f"Item {ASIIMOV} price exceeds buy order price", ["same", "without"]),
        ("Insufficient balance", ["same", "split"]),
        ("No suitable purchase room found", ["split", "same"]),
        ("No suitable bot found", ["same"]),
        ("Game not supported", []),
        ("Invalid request body", []),
        ("something new", ["same"]),
        ("", ["same"]),
    ],
)
def test_each_refusal_offers_what_mends_it(
    client: Client, cast: Cast, key: UpstreamKey, text: str, expected: list[str]
) -> None:
    sell = make_sell_request(key=key, items=ITEMS, state=SellState.REFUSED, market_text=text)
    html = card(client, cast, sell)
    assert modes(html) == expected
    assert text in html
    assert modes(card(client, cast, sell, "victor")) == []


def test_what_cannot_mend_a_single_item_is_not_offered(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    for text in (f"No buy order found for item: {REDLINE}", "No suitable purchase room found"):
        sell = make_sell_request(key=key, state=SellState.REFUSED, market_text=text)
        assert modes(card(client, cast, sell)) == ["same"]


def again(client: Client, cast: Cast, sell: SellRequest, mode: str) -> list[SellDraft]:
    """The drafts that the click made, in order."""
    client.force_login(cast.bob)
    before = set(SellDraft.objects.values_list("pk", flat=True))
    response = client.post(f"/t/harbour/sells/{sell.pk}/again/", {"mode": mode})
    assert response.status_code == 302
    made = list(SellDraft.objects.exclude(pk__in=before).order_by("pk"))
    address = f"/t/harbour/sell/{made[0].pk}/" if made else f"/t/harbour/sells/{sell.pk}/"
    assert response.headers["Location"] == address
    return made


def assets_of(things: Any) -> set[str]:
    return set(things.items.values_list("asset_id", flat=True))


def refused(key: UpstreamKey, text: str, items: Any = ITEMS) -> SellRequest:
    return make_sell_request(key=key, items=items, state=SellState.REFUSED, market_text=text)


def test_match_again_takes_every_asset_with_its_floor(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    sell = refused(key, "Buyer mismatch")
    (draft,) = again(client, cast, sell, "same")
    assert assets_of(draft) == assets_of(sell)
    assert (draft.by, draft.key, draft.state) == (cast.bob, key, SellDraft.State.CHOSEN)
    floors = dict(draft.items.values_list("name", "floor_milli"))
    assert floors == {REDLINE: 14_000, ASIIMOV: None}
    assert SellRequest.objects.count() == 1


def test_without_leaves_out_what_the_market_named(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    sell = refused(key, f"No buy order found for item: {REDLINE}")
    (draft,) = again(client, cast, sell, "without")
    assert list(draft.items.values_list("name", flat=True)) == [ASIIMOV]


def test_split_makes_two_halves_of_about_the_same_value(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    sell = refused(key, "No suitable purchase room found")
    first, second = again(client, cast, sell, "split")
    assert assets_of(first) | assets_of(second) == assets_of(sell)
    assert not assets_of(first) & assets_of(second)
    assert {item.name for item in first.items.all()} == {ASIIMOV}
    html = shown(client, cast, "", "bob")
    assert f'id="draft-{first.pk}"' in html
    assert f'id="draft-{second.pk}"' in html


def test_a_failed_trade_can_be_matched_again_and_an_open_one_not(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    assert again(client, cast, of_trade(key, status="cancelled"), "same")
    for busy in (
        of_trade(key, status="processing"),
        of_trade(key, status="completed"),
        make_sell_request(key=key, state=SellState.UNKNOWN),
        make_sell_request(key=key, state=SellState.QUEUED),
    ):
        assert modes(card(client, cast, busy)) == []
        assert again(client, cast, busy, "same") == []


@pytest.mark.parametrize("mode", ["", "everything", "without", "split"])
def test_a_click_that_cannot_work_is_refused_with_a_sentence(
    client: Client, cast: Cast, key: UpstreamKey, mode: str
) -> None:
    sell = refused(key, "Buyer mismatch", items=({"name": REDLINE},))
    assert again(client, cast, sell, mode) == []
    page = client.get(f"/t/harbour/sells/{sell.pk}/").content.decode()
    assert "notice is-bad" in page


def test_another_key_of_the_same_steam_account_steps_in(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    sell = refused(key, "Buyer mismatch")
    UpstreamKey.objects.filter(pk=key.pk).update(state=KeyState.PAUSED)
    assert again(client, cast, sell, "same") == []
    make_key(account=key.account, owner=cast.maria, trade_link=TRADE_LINK, team_may_sell=False)
    assert again(client, cast, sell, "same") == []
    other = make_key(account=key.account, owner=cast.maria, trade_link=TRADE_LINK)
    (draft,) = again(client, cast, sell, "same")
    assert draft.key == other


def test_a_key_whose_link_now_names_another_account_is_not_used(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    sell = refused(key, "Buyer mismatch")
    UpstreamKey.objects.filter(pk=key.pk).update(trade_link_partner="76561198000000009")
    assert again(client, cast, sell, "same") == []


def test_htmx_is_sent_to_the_draft_as_a_whole_page(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    sell = refused(key, "Buyer mismatch")
    client.force_login(cast.bob)
    address = f"/t/harbour/sells/{sell.pk}/again/"
    response = client.post(address, {"mode": "same"}, headers=HTMX)
    draft = SellDraft.objects.latest("pk")
    assert response.headers["HX-Redirect"] == f"/t/harbour/sell/{draft.pk}/"


# -- freeing by hand --


def free(client: Client, cast: Cast, sell: SellRequest, person: str, reason: str) -> Any:
    client.force_login(getattr(cast, person))
    return client.post(f"/t/harbour/sells/{sell.pk}/free/", {"reason": reason})


def test_a_manager_frees_a_stuck_claim_with_a_reason(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    sell = unresolved(key)
    assert "Free the items…" in card(client, cast, sell, "maria")
    assert "Free the items…" not in card(client, cast, sell, "bob")
    assert free(client, cast, sell, "bob", "no").status_code == 403
    assert SellItem.objects.get(request=sell).is_live
    response = free(client, cast, sell, "maria", "The market's support says no.")
    assert response.headers["Location"] == f"/t/harbour/sells/{sell.pk}/"
    assert not SellItem.objects.get(request=sell).is_live
    assert AuditEntry.objects.get(verb="sell.claims-freed").actor == cast.maria
    html = card(client, cast, sell, "maria")
    assert "maria@example.com freed the items by hand" in html
    assert "The market's support says no." in html
    assert "stay reserved" not in html
    assert "Free the items…" not in html


def test_freeing_needs_a_reason_and_says_what_it_risks(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    sell = unresolved(key)
    response = free(client, cast, sell, "maria", "  ")
    assert response.status_code == 422
    assert "Look in Steam first" in response.content.decode()
    assert SellItem.objects.get(request=sell).is_live


def test_only_what_is_stuck_can_be_freed(client: Client, cast: Cast, key: UpstreamKey) -> None:
    sell = make_sell_request(key=key, state=SellState.QUEUED)
    response = free(client, cast, sell, "maria", "I want it")
    assert response.status_code == 422
    assert "Only a sell that is stuck" in response.content.decode()
