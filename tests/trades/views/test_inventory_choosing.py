"""Choosing from an inventory: nothing gets lost, and only what can be sold is taken."""

import re

import pytest
from django.test import Client

from accounts.models import UpstreamKey
from tests.factories import TRADE_LINK, Cast, make_account, make_cast, make_key
from tests.trades.views.stocked import (
    CHOOSE,
    HTMX,
    MARKUP,
    NAMES,
    REDLINE,
    REFRESH,
    SLATE,
    URL,
    choose,
    drafted,
    in_a_sell,
    put,
    stocked,
    text_of,
)
from trades.models import InventoryItem, SellDraft, SellItem

pytestmark = pytest.mark.django_db
PARAMETERS = ("source", "game", "sort", "page", "q", "seen", "read", "key")


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def key(cast: Cast) -> UpstreamKey:
    return make_key(account=make_account(team=cast.team), owner=cast.bob, trade_link=TRADE_LINK)


@pytest.fixture
def bob(cast: Cast, client: Client) -> Client:
    client.force_login(cast.bob)
    return client


def test_an_item_in_a_live_sell_leads_to_it_and_is_not_offered(
    cast: Cast, bob: Client, key: UpstreamKey
) -> None:
    ids = put(stocked(key), REDLINE, 3)
    request = in_a_sell(key, ids[0], cast.bob)
    html = text_of(bob)
    assert 'max="2"' in html
    assert f'1 <a href="/t/harbour/sells/{request.pk}/">in a sell</a>' in html
    draft = drafted(choose(bob, {REDLINE: 3}, "draft"))
    assert {item.asset_id for item in draft.items.all()} == set(ids[1:])
    SellItem.objects.update(is_live=False)
    assert 'max="3"' in text_of(bob)


def test_another_teams_sell_neither_shows_nor_blocks(
    cast: Cast, bob: Client, key: UpstreamKey
) -> None:
    ids = put(stocked(key), REDLINE)
    theirs = make_key(account=make_account(team=cast.others), trade_link=TRADE_LINK)
    in_a_sell(theirs, ids[0], cast.charlie)
    assert "in a sell" not in text_of(bob)


def test_what_was_chosen_outlives_search_page_and_reload(bob: Client, key: UpstreamKey) -> None:
    row = stocked(key)
    put(row, REDLINE, 3)
    put(row, SLATE)
    choose(bob, {REDLINE: 2, SLATE: 1})
    response = choose(bob, {SLATE: 0}, "look", q="slate", headers=HTMX)
    assert "2 items of 1 name" in re.sub(r"<[^>]+>", "", response.content.decode())
    assert response.headers["HX-Push-Url"].endswith("&q=slate")
    assert re.search(rf'name="many:{re.escape(REDLINE)}" value="2"', text_of(bob))


def test_a_change_answers_with_the_count_alone(bob: Client, key: UpstreamKey) -> None:
    put(stocked(key), REDLINE, 3)
    html = choose(bob, {REDLINE: 2}, headers=HTMX).content.decode()
    assert html.startswith('<p id="chosen-count"')
    assert "2 items" in html


def test_a_ticked_box_follows_its_hidden_zero(bob: Client, key: UpstreamKey) -> None:
    put(stocked(key), SLATE)
    bob.post(CHOOSE, {f"many:{SLATE}": ["0", "1"]})
    assert "checked" in text_of(bob)
    bob.post(CHOOSE, {f"many:{SLATE}": ["0"]})
    assert "checked" not in text_of(bob)


def test_select_all_takes_what_matches_and_can_be_sold(bob: Client, key: UpstreamKey) -> None:
    row = stocked(key)
    put(row, REDLINE, 3)
    put(row, SLATE, 2)
    put(row, "AK-47 | Bloodsport", is_tradable=False)
    choose(bob, {}, "all", q="ak")
    assert "5 items" in text_of(bob)
    choose(bob, {}, "none", q="slate")
    assert re.search(rf'name="many:{re.escape(REDLINE)}" value="3"', text_of(bob))
    choose(bob, {}, "none")
    assert "Nothing chosen yet" in text_of(bob)


def test_select_all_stops_at_what_one_sell_takes(bob: Client, key: UpstreamKey) -> None:
    row = stocked(key)
    InventoryItem.objects.bulk_create(
        InventoryItem(inventory=row, asset_id=str(n), name=f"N{n % 7}", is_tradable=True)
        for n in range(1_200)
    )
    choose(bob, {}, "all")
    html = text_of(bob)
    assert "no more were chosen" in html
    assert "1,000 items" in html
    assert drafted(choose(bob, {}, "draft")).items.count() == 1_000


def test_the_draft_holds_the_oldest_assets_and_the_choice_is_over(
    bob: Client, key: UpstreamKey
) -> None:
    row = stocked(key)
    ids = put(row, REDLINE, 3)  # the third has a digit more
    put(row, SLATE, 2)
    draft = drafted(choose(bob, {REDLINE: 2, SLATE: 0}, "draft"))
    assert (draft.key, draft.game_id, draft.steamid64) == (key, 730, key.trade_link_partner)
    assert sorted(item.asset_id for item in draft.items.all()) == ids[:2]
    assert {item.name for item in draft.items.all()} == {REDLINE}
    assert "Nothing chosen yet" in text_of(bob)


def test_a_chosen_item_that_is_gone_is_said(bob: Client, key: UpstreamKey) -> None:
    put(stocked(key), REDLINE, 2)
    choose(bob, {REDLINE: 2, "Gone": 1})
    drafted(choose(bob, {}, "draft"))
    assert "1 chosen item is left out" in text_of(bob)


def test_choosing_nothing_is_refused_with_a_sentence(bob: Client, key: UpstreamKey) -> None:
    put(stocked(key), REDLINE)
    response = choose(bob, {}, "draft", headers=HTMX)
    assert response.status_code == 200
    assert "Choose at least one item first." in response.content.decode()


def test_the_key_is_asked_for_where_several_may_sell(
    cast: Cast, bob: Client, key: UpstreamKey
) -> None:
    put(stocked(key), REDLINE)
    other = make_key(account=key.account, trade_link=TRADE_LINK, label="Second")
    kept = make_key(account=key.account, trade_link=TRADE_LINK, label="Kept", team_may_sell=False)
    html = text_of(bob)
    assert ">Second</option>" in html
    assert ">Kept</option>" not in html
    choose(bob, {REDLINE: 1}, "draft")
    choose(bob, {REDLINE: 1}, "draft", key=kept.pk)
    assert not SellDraft.objects.exists()
    assert drafted(choose(bob, {REDLINE: 1}, "draft", key=other.pk)).key == other


@pytest.mark.parametrize("value", ["x", "-1", "0", "9" * 40, "\x00", "٣", MARKUP, "%s%n", "1e9"])
def test_no_parameter_breaks_a_page(bob: Client, key: UpstreamKey, value: str) -> None:
    put(stocked(key), REDLINE)
    for address, params in [(URL, {name: value}) for name in PARAMETERS] + [
        (NAMES, dict.fromkeys(PARAMETERS, value))
    ]:
        response = bob.get(address, params)
        assert response.status_code == 200
        assert MARKUP not in response.content.decode()
    sent = {**dict.fromkeys(PARAMETERS, value), f"many:{value}": value, "many:": "1"}
    for do in ("look", "all", "none", "draft", f"page:{value}", value):
        assert bob.post(CHOOSE, {**sent, "do": do}).status_code == 302
    for address in (REFRESH, f"{URL}pictures/"):
        assert bob.post(address, sent).status_code == 302
