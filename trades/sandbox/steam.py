"""Steam's public inventory pages, ``/inventory/{steamid64}/{appid}/{contextid}``.

They are no documented interface; the shapes are those that public clients have seen.
"""

import re
from collections.abc import Sequence

from trades.sandbox.assets import PROTECTED_CONTEXT, Asset
from trades.sandbox.catalog import BY_NAME, Item
from trades.sandbox.exchange import Request, Response, json_answer
from trades.sandbox.knobs import Knobs
from trades.sandbox.world import World

PATH = re.compile(r"/inventory/(\d+)/(\d+)/(\d+)/?")
DEFAULT_COUNT = 75


class Inventories:
    def __init__(self, world: World, knobs: Knobs) -> None:
        self._world = world
        self._knobs = knobs

    def answer(self, request: Request) -> Response:
        asked = PATH.fullmatch(request.path)
        if request.method != "GET" or asked is None:
            return json_answer(None, 404)
        self._world.lifecycle.advance()
        steamid64, game, contextid = asked.groups()
        owner = self._owner(steamid64)
        if owner is None:
            return json_answer(None, 404)
        if owner:
            return json_answer(None, 403)
        return self._page(request, steamid64, int(game), contextid)

    def _owner(self, steamid64: str) -> bool | None:
        """Whether the inventory is private; None when there is no such profile."""
        found = self._world.store.row(
            "SELECT max(private) FROM account WHERE steamid64 = ?", (steamid64,)
        )
        return None if found is None or found[0] is None else bool(found[0])

    def _page(self, request: Request, steamid64: str, game: int, contextid: str) -> Response:
        count = request.query.get("count", str(DEFAULT_COUNT))
        if not count.isdecimal() or not 0 < int(count) <= self._knobs.inventory_max_count:
            return json_answer(None, 400)
        assets = self._world.assets.listed(steamid64, game, contextid)
        if not assets or self._knobs.inventory_blind:
            return json_answer({"total_inventory_count": len(assets), "success": 1, "rwgrsn": -2})
        rest = _after(assets, request.query.get("start_assetid"))
        page = rest[: int(count)]
        more = len(rest) > len(page)
        return json_answer(
            {
                "assets": [_asset(one, game, contextid) for one in page],
                "descriptions": _descriptions(page, game, contextid),
                **({"more_items": 1, "last_assetid": page[-1].assetid} if more else {}),
                "total_inventory_count": len(assets),
                "success": 1,
                "rwgrsn": -2,
            }
        )


def _after(assets: Sequence[Asset], last_assetid: str | None) -> Sequence[Asset]:
    """What follows the named asset; all of them when none is named or it is gone."""
    for place, asset in enumerate(assets):
        if asset.assetid == last_assetid:
            return assets[place + 1 :]
    return assets


def _instance_id(asset: Asset, contextid: str) -> str:
    if contextid == PROTECTED_CONTEXT:
        return "480085570"
    return "188530139" if asset.tradable else "302028390"


def _asset(asset: Asset, game: int, contextid: str) -> dict[str, object]:
    return {
        "appid": game,
        "contextid": contextid,
        "assetid": asset.assetid,
        "classid": item_of(asset.name, game).class_id,
        "instanceid": _instance_id(asset, contextid),
        "amount": "1",
    }


def item_of(name: str, game: int) -> Item:
    """The good of this name; one that the market never heard of looks like a case."""
    return BY_NAME.get((game, name), Item(game, name, 0, "case", "base"))


def _descriptions(assets: Sequence[Asset], game: int, contextid: str) -> list[dict[str, object]]:
    """One for each kind of asset: assets of one class and instance share it."""
    kinds = {(asset.name, _instance_id(asset, contextid)): asset for asset in assets}
    return [described(asset, game, contextid) for asset in kinds.values()]


def described(asset: Asset, game: int, contextid: str) -> dict[str, object]:
    item = item_of(asset.name, game)
    protected = contextid == PROTECTED_CONTEXT
    return {
        "appid": game,
        "classid": item.class_id,
        "instanceid": _instance_id(asset, contextid),
        "currency": 0,
        "background_color": "",
        "icon_url": item.icon,
        "descriptions": [{"type": "html", "value": f"Sandbox piece: {item.type_line}"}],
        "tradable": int(asset.tradable and not protected),
        "name": item.name,
        "name_color": item.colour,
        "type": item.type_line,
        "market_name": item.name,
        "market_hash_name": item.name,
        "commodity": int(item.shape in ("case", "key", "sticker")),
        "market_tradable_restriction": 7,
        "marketable": 1,
        **({"sealed": 1, "sealed_type": 0} if protected else {}),
        "tags": [
            {
                "category": "Rarity",
                "internal_name": f"Rarity_{item.rarity.title().replace(' ', '_')}",
                "localized_category_name": "Quality",
                "localized_tag_name": item.rarity.title(),
                "color": item.colour,
            }
        ],
    }
