"""The inventory page: what it shows, what can be chosen of it, and that nothing gets lost."""

import json
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import UpstreamKey, User
from dashboard import clock
from tests.factories import TRADE_LINK, Cast, make_account, make_cast, make_key
from tests.trades.upstreams.wire import answer, serving
from trades.models import Inventory, InventoryItem, Quote, SellDraft, SellItem, SellRequest
from trades.services import inventory

pytestmark = pytest.mark.django_db

URL = "/t/harbour/inventory/"
CHOOSE, REFRESH, NAMES = f"{URL}choose/", f"{URL}refresh/", f"{URL}names/"
HTMX = {"HX-Request": "true"}
POLL = {"HX-Request": "true", "HX-Trigger": "stock-state"}
MARKUP = "<script>alert('x')</script>"
REDLINE, SLATE = "AK-47 | Redline (Field-Tested)", "AK-47 | Slate (Field-Tested)"
RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "inventory_440_1860.json"
State = Inventory.State


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


def stocked(
    key: UpstreamKey, *, app_id: int = 730, context_id: str = "2", **columns: Any
) -> Inventory:
    columns = {"state": State.READ, "read_at": clock.now() - timedelta(minutes=9), **columns}
    return Inventory.objects.create(
        team=key.account.team,
        steamid64=key.trade_link_partner,
        app_id=app_id,
        context_id=context_id,
        **columns,
    )


def put(row: Inventory, name: str, number: int = 1, **columns: Any) -> list[str]:
    """Some equal items; returns their asset ids."""
    first = InventoryItem.objects.count() + 9_998
    ids = [str(first + place) for place in range(number)]
    columns = {"is_tradable": True, **columns}
    for asset_id in ids:
        InventoryItem.objects.create(inventory=row, asset_id=asset_id, name=name, **columns)
    return ids


def in_a_sell(key: UpstreamKey, asset_id: str, by: User, name: str = REDLINE) -> SellRequest:
    team = key.account.team
    quote = Quote.objects.create(
        team=team, account=key.account, game_id=730, asked_at=clock.now(), buyer_id="7"
    )
    request = SellRequest.objects.create(
        team=team,
        account=key.account,
        key=key,
        by=by,
        quote=quote,
        custom_id=f"sell-{asset_id}",
        buyer_id="7",
        game_id=730,
        items_count=1,
        total_milli=1000,
        payload=b"{}",
        trade_link_sealed=b"",
    )
    SellItem.objects.create(
        request=request,
        claim_scope="team:1:2",
        app_id=730,
        context_id="2",
        asset_id=asset_id,
        name=name,
        price_milli=1000,
    )
    return request


def text_of(client: Client, query: str = "", **headers: str) -> str:
    response = client.get(f"{URL}{query}", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def names_in(html: str) -> list[str]:
    found = re.findall(r'stock__words">\s*<(?:label|span) class="strong"[^>]*>([^<]+)', html)
    return [unescape(name) for name in found]


def choose(client: Client, amounts: dict[str, int], do: str = "", **fields: Any) -> HttpResponse:
    sent = {f"many:{name}": str(amount) for name, amount in amounts.items()}
    headers = fields.pop("headers", {})
    response: HttpResponse = client.post(CHOOSE, {**sent, "do": do, **fields}, headers=headers)
    return response


def drafted(response: HttpResponse) -> SellDraft:
    draft = SellDraft.objects.get()
    assert response.status_code == 302
    assert response.headers["Location"] == f"/t/harbour/sell/{draft.pk}/"
    return draft


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


PARAMETERS = ("source", "game", "sort", "page", "q", "seen", "read", "key")


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


def test_names_are_matched_line_by_line(bob: Client, key: UpstreamKey) -> None:
    row = stocked(key)
    put(row, REDLINE, 3)
    put(row, "Taunt: Rock, Paper, Scissors")
    put(row, SLATE, is_tradable=False)
    lines = [
        *(
            "Name,Amount,Floor",
            f"{REDLINE},2,$1.25",
            f'"{REDLINE}",5',
            "Taunt: Rock, Paper, Scissors",
        ),
        *(SLATE, "Nothing like it", f"{REDLINE},x", f"{REDLINE},1,cheap", "=1+1,2", f"@{MARKUP}"),
    ]
    html = unescape(bob.post(NAMES, {"names": "\r\n".join(lines)}).content.decode())
    assert "4 items of 2 names chosen" in html
    told = re.findall(r'data-label="Line">(\d+)</td><td>.*?</td><td>(.*?)</td>', html)
    assert [(int(number), words[:14]) for number, words in told] == [
        (3, "5 asked for, 1"),
        (5, "In the invento"),
        (6, "Not in this in"),
        (7, "The amount is "),
        (8, "The floor is n"),
        (9, "Not in this in"),
        (10, "Not in this in"),
    ]
    draft = drafted(choose(bob, {}, "draft"))
    assert {(item.name, item.floor_milli) for item in draft.items.all()} == {
        (REDLINE, 1250),
        ("Taunt: Rock, Paper, Scissors", None),
    }


def test_markup_in_a_list_stays_text(bob: Client, key: UpstreamKey) -> None:
    stocked(key)
    assert MARKUP not in bob.post(NAMES, {"names": MARKUP}).content.decode()


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeff{REDLINE};2;1,25".encode(),
        f"market_hash_name\tqty\r\n{REDLINE}\t2".encode("utf-16"),
        f"amount,name\n2,{REDLINE}\n\n".encode(),
    ],
)
def test_a_file_is_read_as_spreadsheets_write_it(
    bob: Client, key: UpstreamKey, content: bytes
) -> None:
    put(stocked(key), REDLINE, 3)
    html = bob.post(NAMES, {"file": SimpleUploadedFile("list.csv", content)}).content.decode()
    assert "2 items of 1 name chosen" in html


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x" * (256 * 1024 + 1), "larger than 256 KB"),
        (b"\xff\x00\x81", "not a text in UTF-8"),
        (b"a\n" * 2_001, "at most 2,000 lines"),
        (b"", "at least one name"),
        (b"\n \n", "at least one name"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_whole(
    bob: Client, key: UpstreamKey, content: bytes, words: str
) -> None:
    put(stocked(key), REDLINE)
    choose(bob, {REDLINE: 1})
    response = bob.post(NAMES, {"file": SimpleUploadedFile("list.csv", content)})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert "checked" in text_of(bob)


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
