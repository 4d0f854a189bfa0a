"""Public inventory pages and the pictures of their items."""

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from tests.trades.sandbox.wire import KEY, Caller
from trades.sandbox.assets import PROTECTED_CONTEXT, Asset
from trades.sandbox.catalog import ITEMS
from trades.sandbox.faults import Fault
from trades.sandbox.pictures import SHAPES
from trades.sandbox.sandbox import Sandbox

REDLINE = "AK-47 | Redline (Field-Tested)"
GLOVES = "★ Sport Gloves | Omega (Field-Tested)"


@pytest.fixture
def owner(sandbox: Sandbox) -> str:
    steamid64 = sandbox.world.accounts.of_key(KEY).steamid64
    names = [REDLINE, GLOVES, REDLINE, REDLINE, GLOVES]
    stock = [Asset(str(100 + at), name, tradable=at != 4) for at, name in enumerate(names)]
    sandbox.world.assets.add(steamid64, 730, stock)
    return steamid64


def test_a_page_joins_assets_to_shared_descriptions(caller: Caller, owner: str) -> None:
    answer = caller.get(f"/inventory/{owner}/730/2", l="english", count=2000)

    page = answer.json()
    assert answer.status == 200
    assert set(page) == {"assets", "descriptions", "total_inventory_count", "success", "rwgrsn"}
    assert (page["success"], page["total_inventory_count"]) == (1, 5)
    assert [one["assetid"] for one in page["assets"]] == ["104", "103", "102", "101", "100"]
    assert set(page["assets"][0]) == {
        *("appid", "contextid", "assetid", "classid", "instanceid", "amount")
    }
    described = {(one["classid"], one["instanceid"]): one for one in page["descriptions"]}
    assert len(described) == len(page["descriptions"]) == 3
    names = [
        described[one["classid"], one["instanceid"]]["market_hash_name"] for one in page["assets"]
    ]
    assert names == [GLOVES, REDLINE, REDLINE, GLOVES, REDLINE]
    newest = described[page["assets"][0]["classid"], page["assets"][0]["instanceid"]]
    assert newest["tradable"] == 0
    assert {"tradable", "marketable", "name", "type", "icon_url", "tags"} <= set(newest)


def test_pages_follow_each_other_by_the_last_asset(caller: Caller, owner: str) -> None:
    seen: list[str] = []
    query: dict[str, Any] = {"count": 2}
    while True:
        page = caller.get(f"/inventory/{owner}/730/2", **query).json()
        seen += [one["assetid"] for one in page["assets"]]
        if not page.get("more_items"):
            break
        assert page["last_assetid"] == seen[-1]
        query["start_assetid"] = page["last_assetid"]

    assert seen == ["104", "103", "102", "101", "100"]
    assert "last_assetid" not in page


def test_protected_items_lie_in_a_context_of_their_own(
    caller: Caller, sandbox: Sandbox, owner: str
) -> None:
    sandbox.world.assets.add(owner, 730, [Asset("900", REDLINE, tradable=True)], PROTECTED_CONTEXT)

    page = caller.get(f"/inventory/{owner}/730/16").json()

    assert [one["contextid"] for one in page["assets"]] == ["16"]
    assert (page["descriptions"][0]["tradable"], page["descriptions"][0]["sealed_type"]) == (0, 0)


def test_an_empty_inventory_has_no_assets(caller: Caller, owner: str) -> None:
    page = caller.get(f"/inventory/{owner}/440/2").json()

    assert (page["total_inventory_count"], page["success"]) == (0, 1)
    assert "assets" not in page


def test_a_count_above_0_may_come_without_assets(
    caller: Caller, sandbox: Sandbox, owner: str
) -> None:
    sandbox.knobs.inventory_blind = True

    page = caller.get(f"/inventory/{owner}/730/2").json()

    assert page["total_inventory_count"] == 5
    assert "assets" not in page


def test_refusals_have_a_null_body(caller: Caller, sandbox: Sandbox, owner: str) -> None:
    url = f"/inventory/{owner}/730/2"
    sandbox.knobs.inventory_max_count = 1000
    too_many = caller.get(url, count=1001)
    sandbox.faults.add(Fault("rate_limited", path="/inventory/"))
    throttled = caller.get(url)
    unknown = caller.get("/inventory/76561197960265729/730/2")
    sandbox.world.accounts.set_private(owner, private=True)
    private = caller.get(url)

    answers = (too_many, throttled, unknown, private)
    assert [answer.status for answer in answers] == [400, 429, 404, 403]
    assert {answer.body for answer in answers} == {b"null"}


def test_an_icon_is_a_picture_that_may_be_kept_for_long(caller: Caller, owner: str) -> None:
    icons = {
        one["icon_url"] for one in caller.get(f"/inventory/{owner}/730/2").json()["descriptions"]
    }
    assert len(icons) == 2

    for icon in icons:
        answer = caller.get(f"/image/{icon}")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "max-age=31536000" in answer.headers["Cache-Control"]
        assert ET.fromstring(answer.body).tag.endswith("svg")  # noqa: S314 - our own drawing
        assert caller.get(f"/image/economy/image/{icon}/96fx96f").body == answer.body


def test_every_good_has_a_picture(caller: Caller) -> None:
    assert {item.shape for items in ITEMS.values() for item in items} == set(SHAPES)
    for items in ITEMS.values():
        assert caller.get(f"/image/{items[-1].icon}").status == 200


@pytest.mark.parametrize("icon", ["", "nonsense", "★", "cmlmbGU", "Li4v"])
def test_an_unknown_picture_is_a_404(caller: Caller, icon: str) -> None:
    assert caller.get(f"/image/{icon}").status == 404
