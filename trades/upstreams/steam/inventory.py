"""The public inventory page: unofficial, without a key, throttled by Steam per address."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Self

import msgspec

from trades.upstreams.calls import Answer
from trades.upstreams.errors import Garbled, PrivateInventory, Refused, Unreachable, UpstreamError
from trades.upstreams.http import Http, Patience, Transport
from trades.upstreams.records import InventoryItem, InventoryPage
from trades.upstreams.scalars import SMALL, Unreadable, text, whole
from trades.upstreams.steam.looks import (
    LONGEST_ICON,
    LONGEST_ID,
    LONGEST_NAME,
    NO_LOOK,
    Kind,
    Look,
    kind,
    rarity_colour,
)

SLUG = "steam"
ROUTE = "/inventory/{steamid64}/{appid}/{contextid}"
LANGUAGE = "english"
COUNT = 2000  # Steam has changed the most it gives: 5000, 1000, 2000


class _Asset(msgspec.Struct):
    appid: Any = None
    contextid: Any = None
    assetid: Any = None
    classid: Any = None
    instanceid: Any = None
    amount: Any = None


class _Inventory(msgspec.Struct):
    success: Any = None
    assets: list[_Asset] | None = None
    descriptions: list[Look] | None = None
    total_inventory_count: Any = None
    more_items: Any = None
    last_assetid: Any = None


_Looks = Mapping[Kind, Look]
_read_inventory = msgspec.json.Decoder(_Inventory).decode


class InventoryClient:
    """``base_url`` without ``/inventory``. Use as a context manager; thread-safe."""

    def __init__(
        self,
        base_url: str,
        *,
        patience: Patience | None = None,
        transport: Transport | None = None,
        loopback_only: bool | None = None,
    ) -> None:
        self._http = Http(
            SLUG, base_url, patience=patience, transport=transport, loopback_only=loopback_only
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def page(
        self,
        steamid64: str,
        app_id: int,
        context_id: str = "2",
        *,
        after_asset_id: str | None = None,
        count: int = COUNT,
    ) -> InventoryPage:
        """One page; the next one begins after its ``last_asset_id``.

        PrivateInventory, RateLimited, and a page without items are three different things. No
        items beside a ``total`` above 0 means that Steam shows none of them to strangers.
        """
        if not (_is_digits(steamid64) and _is_digits(context_id)):
            raise self._http.refusal("GET", ROUTE, "this names no inventory")
        after = () if after_asset_id is None else (("start_assetid", after_asset_id),)
        params = (("l", LANGUAGE), ("count", str(count)), *after)
        path = f"/inventory/{steamid64}/{app_id}/{context_id}"
        return self._http.read(ROUTE, inventory_page, path=path, params=params)


def inventory_page(answer: Answer) -> InventoryPage:
    if answer.status != HTTPStatus.OK:
        raise _refusal(answer)
    try:
        return _page(_opened(answer.body), answer)
    except Unreadable as wrong:
        raise answer.failure(Garbled, f"the answer cannot be read: {wrong}") from None


def _refusal(answer: Answer) -> UpstreamError:
    """A private inventory answers 403 with the body ``null``; any other 403 is Steam's trouble."""
    says_nothing = answer.body.strip() == b"null"
    if answer.status == HTTPStatus.FORBIDDEN and says_nothing:
        return answer.failure(PrivateInventory, "the inventory is private")
    if answer.status == HTTPStatus.BAD_REQUEST and says_nothing:
        return answer.failure(Refused, "Steam does not take the question")
    if answer.status == HTTPStatus.NOT_FOUND and says_nothing:
        return answer.failure(Refused, "there is no such profile")
    return answer.failure(Unreachable, "this is no inventory")


def _opened(body: bytes) -> _Inventory:
    try:
        inventory = _read_inventory(body)
    except (ValueError, RecursionError):
        raise Unreadable("it is no inventory") from None
    if inventory.success not in (1, True):
        raise Unreadable("it does not say that it succeeded")
    return inventory


def _page(inventory: _Inventory, answer: Answer) -> InventoryPage:
    looks = {kind(look.classid, look.instanceid): look for look in inventory.descriptions or ()}
    last = text(inventory.last_assetid, "last_assetid", LONGEST_ID)
    if inventory.more_items and not last:
        raise Unreadable("there is more, but not after what")
    return InventoryPage(
        items=tuple(_item(asset, looks) for asset in inventory.assets or ()),
        total=whole(inventory.total_inventory_count, "total_inventory_count"),
        last_asset_id=last if inventory.more_items else None,
        asked_at=answer.asked_at,
    )


def _item(asset: _Asset, looks: _Looks) -> InventoryItem:
    asset_id = text(asset.assetid, "assetid", LONGEST_ID)
    app_id = whole(asset.appid, "appid", SMALL)
    if not asset_id or app_id is None:
        raise Unreadable("an asset has no id")
    class_id, instance_id = kind(asset.classid, asset.instanceid)
    look = looks.get((class_id, instance_id), NO_LOOK)
    amount = whole(asset.amount, "amount", SMALL)
    return InventoryItem(
        app_id=app_id,
        context_id=text(asset.contextid, "contextid", LONGEST_ID),
        asset_id=asset_id,
        class_id=class_id,
        instance_id=instance_id,
        amount=1 if amount is None else amount,
        name=text(look.market_hash_name, "market_hash_name", LONGEST_NAME),
        tradable=look.tradable in (1, True),
        icon=text(look.icon_url, "icon_url", LONGEST_ICON),
        rarity_colour=rarity_colour(look),
    )


def _is_digits(word: str) -> bool:
    return word.isascii() and word.isdigit()
