"""The inventory page: what it shows of the items, and how it says what went wrong."""

import json
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import UpstreamKey
from dashboard import clock
from tests.factories import TRADE_LINK, Cast, make_account, make_cast, make_key
from tests.trades.upstreams.wire import answer, serving
from tests.trades.views.stocked import (
    HTMX,
    MARKUP,
    NAMES,
    REDLINE,
    REFRESH,
    SLATE,
    URL,
    State,
    choose,
    names_in,
    put,
    stocked,
    text_of,
)
from trades.models import Inventory, InventoryItem, SellDraft
from trades.services import inventory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]
POLL = {"HX-Request": "true", "HX-Trigger": "stock-state"}
RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "inventory_440_1860.json"


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


def test_a_stranger_meets_a_404(cast: Cast, client: Client) -> None:
    client.force_login(cast.charlie)
    assert client.get(URL).status_code == 404


def test_without_a_key_it_leads_to_adding_one(bob: Client) -> None:
    assert "/t/harbour/keys/add/" in text_of(bob)


def test_without_a_trade_link_it_leads_to_the_keys(cast: Cast, bob: Client) -> None:
    make_key(account=make_account(team=cast.team))
    html = text_of(bob)
    assert "No trade link yet" in html
    assert 'class="button button--main" href="/t/harbour/keys/"' in html


def test_an_inventory_nobody_asked_for_offers_to_be_read(bob: Client, key: UpstreamKey) -> None:
    html = text_of(bob)
    assert "Not read yet" in html
    assert "Read it now" in html


def test_viewers_see_items_and_choose_nothing(cast: Cast, client: Client, key: UpstreamKey) -> None:
    put(stocked(key), REDLINE, 2)
    client.force_login(cast.victor)
    html = text_of(client)
    assert names_in(html) == [REDLINE]
    assert "many:" not in html
    assert "Refresh" not in html
    assert choose(client, {REDLINE: 1}).status_code == 403
    assert client.post(REFRESH).status_code == 403
    assert client.get(NAMES).status_code == 403


def test_equal_items_are_one_row_with_an_amount(bob: Client, key: UpstreamKey) -> None:
    row = stocked(key)
    put(row, REDLINE, 3)
    put(row, SLATE)
    html = text_of(bob)
    assert names_in(html) == [REDLINE, SLATE]
    assert re.search(rf'type="number"[^>]*name="many:{re.escape(REDLINE)}"[^>]*max="3"', html)
    assert re.search(rf'type="checkbox"[^>]*name="many:{re.escape(SLATE)}"', html)
    assert "4 items of 2 names, 4 can be sold" in html


@pytest.mark.parametrize(
    ("name", "columns", "context_id", "reason"),
    [
        (SLATE, {"is_tradable": False}, "2", "not tradable"),
        (SLATE, {"is_protected": True}, "16", "trade-protected"),
        (SLATE, {"amount": 20}, "2", "in stacks"),
        ("", {}, "2", "no name to sell it by"),
    ],
)
def test_what_cannot_be_sold_is_shown_with_its_reason(
    bob: Client,
    key: UpstreamKey,
    name: str,
    columns: dict[str, Any],
    context_id: str,
    reason: str,
) -> None:
    put(stocked(key, context_id=context_id), name, **columns)
    html = text_of(bob)
    assert reason in html
    assert 'name="many:' not in html
    choose(bob, {SLATE: 1}, "draft")
    assert not SellDraft.objects.exists()


def test_another_teams_inventory_is_not_there(cast: Cast, bob: Client, key: UpstreamKey) -> None:
    theirs = make_key(account=make_account(team=cast.others), trade_link=TRADE_LINK)
    put(stocked(theirs), "Theirs")
    stocked(key)
    assert "Theirs" not in text_of(bob, f"?source={theirs.trade_link_partner}")
    assert "Theirs" not in choose(bob, {}, "look", headers=HTMX).content.decode()


def test_search_order_and_tabs(bob: Client, key: UpstreamKey) -> None:
    row = stocked(key)
    put(row, REDLINE)
    put(row, SLATE, 2)
    put(stocked(key, app_id=440), "Bill's Hat")
    assert names_in(text_of(bob, "?q=red+AK")) == [REDLINE]
    assert names_in(text_of(bob, "?q=hat")) == []
    assert names_in(text_of(bob, "?sort=count")) == [SLATE, REDLINE]
    assert names_in(text_of(bob, "?game=440")) == ["Bill's Hat"]
    assert re.search(r'CS2 <span class="muted">3<', text_of(bob))


def test_the_first_game_with_items_is_shown(bob: Client, key: UpstreamKey) -> None:
    put(stocked(key, app_id=570), "Hook")
    assert names_in(text_of(bob)) == ["Hook"]


def test_foreign_text_is_escaped(bob: Client, key: UpstreamKey) -> None:
    put(stocked(key), MARKUP, 2, icon='"><script>', rarity_colour='"><b>')
    html = text_of(bob)
    assert "<script>alert" not in html
    assert "<b>" not in html
    assert names_in(html) == [MARKUP]


def test_pictures_come_from_the_image_server_until_switched_off(
    bob: Client, key: UpstreamKey, settings: LazySettings
) -> None:
    put(stocked(key), REDLINE, icon="abc-D_1")
    address = f'src="{settings.STEAM_IMAGE_URL}/abc-D_1/96fx96f" width="64" height="48"'
    html = text_of(bob)
    assert address in html
    assert 'loading="lazy"' in html
    bob.post(f"{URL}pictures/", {"show": "no"})
    assert '<img src="http' not in text_of(bob)
    bob.post(f"{URL}pictures/", {"show": "yes"})
    assert address in text_of(bob)


def test_without_a_picture_one_is_drawn_in_the_raritys_colour(
    bob: Client, key: UpstreamKey
) -> None:
    put(stocked(key), REDLINE, rarity_colour="eb4b4b")
    assert 'fill="#eb4b4b"' in text_of(bob)


def test_several_steam_accounts_can_be_looked_at(cast: Cast, bob: Client, key: UpstreamKey) -> None:
    link = TRADE_LINK.replace("39735273", "39735274")
    second = make_key(account=make_account(team=cast.team), trade_link=link)
    put(stocked(key), REDLINE)
    put(stocked(second), SLATE)
    assert names_in(text_of(bob)) == [REDLINE]
    assert names_in(text_of(bob, f"?source={second.trade_link_partner}")) == [SLATE]
    assert f'value="{second.trade_link_partner}"' in text_of(bob)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"state": State.PRIVATE, "last_error": "It is private."}, "to public"),
        ({"state": State.HIDDEN, "last_error": "Steam counts 9 items."}, "may be on hold"),
        ({"state": State.FAILED, "last_error": "No answer."}, "Refresh to try again"),
        ({"state": State.THROTTLED, "last_error": "Slow down."}, "It is read by itself in"),
    ],
)
def test_a_trouble_is_told_beside_the_last_good_items(
    bob: Client, key: UpstreamKey, columns: dict[str, Any], words: str
) -> None:
    due_at = clock.now() + timedelta(minutes=5) if columns["state"] == State.THROTTLED else None
    put(stocked(key, due_at=due_at, **columns), REDLINE)
    html = text_of(bob)
    assert columns["last_error"] in html
    assert words in html
    assert names_in(html) == [REDLINE]
    assert "9 min ago" in html
    InventoryItem.objects.all().delete()
    assert "This inventory is empty" not in text_of(bob)


def test_an_empty_inventory_is_called_empty(bob: Client, key: UpstreamKey) -> None:
    stocked(key, total=0)
    assert "This inventory is empty" in text_of(bob)


def test_items_that_steam_counts_and_keeps_back_are_said(bob: Client, key: UpstreamKey) -> None:
    put(stocked(key, total=9), REDLINE)
    assert "Steam counts 9 items and shows 1 of them" in text_of(bob)


def test_a_refresh_is_followed_until_the_list_comes(bob: Client, key: UpstreamKey) -> None:
    put(stocked(key, app_id=440), "Old hat")
    response = bob.post(REFRESH, {"game": "440"}, headers=HTMX)
    html = response.content.decode()
    assert 'hx-trigger="every 1s"' in html
    assert 'id="stock"' not in html
    Inventory.objects.update(
        lease_until=clock.now() + timedelta(minutes=1), progress_done=2_000, total=8_000
    )
    poll = unescape(re.findall(r'hx-get="([^"]+)"', html)[0])
    html = bob.get(poll, headers=POLL).content.decode()
    assert "2,000 of 8,000 items (25%)" in html
    poll = unescape(re.findall(r'hx-get="([^"]+)"', html)[0])
    assert bob.get(poll, headers=POLL).status_code == 204
    Inventory.objects.update(lease_until=None, due_at=None, read_at=clock.now())
    html = bob.get(poll, headers=POLL).content.decode()
    assert 'hx-trigger="every' not in html.partition('id="stock"')[0]
    assert 'id="stock" hx-swap-oob="true"' in html


def test_a_hasty_refresh_is_refused_in_words(bob: Client, key: UpstreamKey) -> None:
    stocked(key, app_id=440, asked_at=clock.now())
    response = bob.post(REFRESH, {"game": "440"}, headers=HTMX)
    assert "Ask again in" in response.content.decode()


def test_ten_thousand_items_cost_as_few_queries_as_ten(bob: Client, key: UpstreamKey) -> None:
    row = stocked(key)
    put(row, REDLINE)
    text_of(bob)
    with CaptureQueriesContext(
        connection,
    ) as few:
        text_of(bob)
    InventoryItem.objects.bulk_create(
        InventoryItem(inventory=row, asset_id=str(n), name=f"Item {n % 901}", is_tradable=True)
        for n in range(100_000, 110_000)
    )
    with CaptureQueriesContext(connection) as many:
        html = text_of(bob, "?sort=count&page=2")
    assert len(many) == len(few) <= 12
    assert len(names_in(html)) == 200
    assert "Page 2 of 5" in html


def test_a_recorded_inventory_shows_right(
    cast: Cast, bob: Client, key: UpstreamKey, settings: LazySettings
) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded inventory does not lie beside this checkout")
    recorded = json.loads(RECORDED.read_bytes())
    inventory.request_refresh(
        team=cast.team, steamid64=key.trade_link_partner, app_id=440, by=cast.bob
    )
    body = answer(RECORDED.read_bytes())
    with serving(lambda connection, _: bool(connection.sendall(body)) or True) as wire:
        settings.STEAM_COMMUNITY_URL = wire.url
        inventory.read(inventory.due()[0].pk)
    looks = {(one["classid"], one["instanceid"]): one for one in recorded["descriptions"]}
    owned = [looks[one["classid"], one["instanceid"]] for one in recorded["assets"]]
    expected = {one["market_hash_name"] for one in owned}
    free = sum(one["tradable"] for one in owned)
    pages = [text_of(bob, f"?game=440&page={page}") for page in (1, 2)]
    assert f"1,860 items of {len(expected)} names, {free:,} can be sold" in pages[0]
    shown = names_in(pages[0]) + names_in(pages[1])
    assert sorted(shown) == sorted(expected)
    keys = [one for one in owned if one["market_hash_name"] == "Mann Co. Supply Crate Key"]
    assert f'max="{sum(one["tradable"] for one in keys)}"' in text_of(bob, "?game=440&q=crate+key")
