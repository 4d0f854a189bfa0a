import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from trades.upstreams.errors import (
    Garbled,
    PrivateInventory,
    RateLimited,
    Refused,
    Unreachable,
    UpstreamError,
)
from trades.upstreams.http import IN_A_REQUEST
from trades.upstreams.records import InventoryItem, InventoryPage
from trades.upstreams.steam.inventory import InventoryClient

SELLER = "76561198012345678"
RECORDED = Path(__file__).parents[5] / "shared" / "fixtures" / "inventory_440_1860.json"
ASSET = {
    "appid": 730,
    "contextid": "2",
    "assetid": "30000000001",
    "classid": "101",
    "instanceid": "0",
    "amount": "1",
}
LOOK = {
    "classid": "101",
    "instanceid": "0",
    "market_hash_name": "★ Karambit | Fade (Factory New)",
    "tradable": 1,
    "icon_url": "abc-DEF_1",
    "name_color": "8650AC",
    "tags": [{"category": "Type"}, {"category": "Rarity", "color": "EB4B4B"}],
}
WHOLE = {"success": 1, "assets": [ASSET], "descriptions": [LOOK], "total_inventory_count": 1}


def read(status: int = 200, **answer: Any) -> tuple[InventoryPage, httpx.URL]:
    asked: list[httpx.URL] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(status, **answer)

    transport = httpx.MockTransport(handle)
    with InventoryClient(
        "http://127.0.0.1:9/steam", transport=transport, patience=IN_A_REQUEST
    ) as client:
        return client.page(SELLER, 730, "2", after_asset_id="29", count=75), asked[0]


def test_a_page_is_asked_for_and_read() -> None:
    page, url = read(json={**WHOLE, "more_items": 1, "last_assetid": "30000000001"})
    assert url.path == f"/steam/inventory/{SELLER}/730/2"
    assert dict(url.params) == {"l": "english", "count": "75", "start_assetid": "29"}
    assert (page.total, page.last_asset_id) == (1, "30000000001")
    assert page.items == (
        InventoryItem(
            app_id=730,
            context_id="2",
            asset_id="30000000001",
            class_id="101",
            instance_id="0",
            amount=1,
            name="★ Karambit | Fade (Factory New)",
            tradable=True,
            icon="abc-DEF_1",
            rarity_colour="eb4b4b",
        ),
    )


@pytest.mark.parametrize(
    ("look", "name", "expected"),
    [
        ({"tradable": 0}, "tradable", False),
        ({"tradable": True}, "tradable", True),
        ({"tradable": None}, "tradable", False),
        ({"tags": None}, "rarity_colour", "8650ac"),
        ({"tags": None, "name_color": "red"}, "rarity_colour", ""),
        ({"tags": [{"category": "Rarity", "color": "<b>xx"}]}, "rarity_colour", "8650ac"),
        ({"instanceid": None}, "name", "★ Karambit | Fade (Factory New)"),
        ({"classid": "other"}, "name", ""),
        ({"classid": "other"}, "tradable", False),
    ],
)
def test_what_a_description_says(look: dict[str, object], name: str, expected: object) -> None:
    page, _ = read(json={**WHOLE, "descriptions": [{**LOOK, **look}]})
    assert getattr(page.items[0], name) == expected


@pytest.mark.parametrize(
    ("answer", "total"),
    [
        ({"success": 1, "total_inventory_count": 0}, 0),
        ({"success": True, "assets": [], "total_inventory_count": 0}, 0),
        ({"success": 1, "total_inventory_count": 12}, 12),
        ({"success": 1, "assets": None}, None),
    ],
)
def test_an_empty_inventory_is_a_page_without_items(
    answer: dict[str, object], total: int | None
) -> None:
    page, _ = read(json=answer)
    assert (page.items, page.total, page.last_asset_id) == ((), total, None)


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (403, {"text": "null"}, PrivateInventory),
        (403, {"text": "<html>"}, Unreachable),
        (400, {"text": "null"}, Refused),
        (404, {"text": "null"}, Refused),
        (404, {"text": "<html>"}, Unreachable),
        (302, {"text": ""}, Unreachable),
        (429, {"text": "null"}, RateLimited),
        (500, {"json": {"error": "text (15)"}}, Unreachable),
        (200, {"text": "null"}, Garbled),
        (200, {"text": "<html>"}, Garbled),
        (200, {"json": {"success": False}}, Garbled),
        (200, {"json": {"assets": [ASSET]}}, Garbled),
        (200, {"json": {**WHOLE, "assets": [{**ASSET, "assetid": None}]}}, Garbled),
        (200, {"json": {**WHOLE, "assets": [{**ASSET, "appid": None}]}}, Garbled),
        (200, {"json": {**WHOLE, "assets": [None]}}, Garbled),
        (200, {"json": {**WHOLE, "more_items": 1}}, Garbled),
    ],
)
def test_private_throttled_and_broken_are_told_apart(
    status: int, answer: dict[str, Any], expected: type[UpstreamError]
) -> None:
    with pytest.raises(UpstreamError) as raised:
        read(status, **answer)
    assert type(raised.value) is expected


@pytest.mark.parametrize("steamid64", ["", "../api", "٣", "7656 1"])
def test_what_is_no_steamid_is_refused_unsent(steamid64: str) -> None:
    with InventoryClient("http://127.0.0.1:9") as client, pytest.raises(Refused):
        client.page(steamid64, 730)


def test_a_recorded_page_is_read_whole() -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded inventory does not lie beside this checkout")
    page, _ = read(content=RECORDED.read_bytes())
    recorded = json.loads(RECORDED.read_bytes())
    assert [each.asset_id for each in page.items] == [
        each["assetid"] for each in recorded["assets"]
    ]
    assert page.total == len(page.items) == 1860
    assert all(each.name and each.icon for each in page.items)
    assert {each.tradable for each in page.items} == {True, False}
