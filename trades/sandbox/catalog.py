"""Who and what there is in the pretend market: goods, buyers, bots, and what goods look like."""

import json
import zlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from trades.sandbox.goods import CS2, DOTA2, RARITY_COLOURS, RUST, TF2, Good

FIRST_BUYER = "76561198012345678"
SECOND_BUYER = "76561198023456789"
BUYERS = (FIRST_BUYER, SECOND_BUYER)
BUYER_BALANCE = 50_000_000_000

TYPES = {
    "rifle": "Rifle",
    "pistol": "Pistol",
    "knife": "Knife",
    "glove": "Gloves",
    "case": "Container",
    "sticker": "Sticker",
    "figure": "Collectible",
    "sword": "Weapon",
    "garment": "Clothing",
    "hat": "Headwear",
    "gem": "Material",
    "key": "Tool",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One kind of good. ``price`` is what the best buyer usually pays, 1$ = 1000."""

    game: int
    name: str
    price: int
    shape: str
    rarity: str

    @property
    def colour(self) -> str:
        return RARITY_COLOURS[self.rarity]

    @property
    def type_line(self) -> str:
        return f"{self.rarity.title()} {TYPES[self.shape]}"

    @property
    def class_id(self) -> str:
        return str(300_000_000 + zlib.crc32(f"{self.game} {self.name}".encode()))

    @property
    def icon(self) -> str:
        """What /image/ is asked for; the picture is drawn from this text alone."""
        seed = zlib.crc32(self.name.encode()) % 1000
        return urlsafe_b64encode(f"{self.shape}.{self.colour}.{seed}".encode()).decode().rstrip("=")

    @property
    def receive_json(self) -> tuple[str, str]:
        """JSON of a traded item, before and after its asset id."""
        name = json.dumps(self.name, ensure_ascii=False)
        before = f'{{"appid":{self.game},"contextid":"2","assetid":"'
        return before, f'","market_hash_name":{name},"amount":"1"}}'


def _items(game: int, goods: tuple[Good, ...]) -> tuple[Item, ...]:
    return tuple(Item(game, *good) for good in goods)


ITEMS: dict[int, tuple[Item, ...]] = {
    730: _items(730, CS2),
    570: _items(570, DOTA2),
    440: _items(440, TF2),
    252490: _items(252490, RUST),
}
BY_NAME = {(item.game, item.name): item for items in ITEMS.values() for item in items}


@dataclass(frozen=True, slots=True)
class Bot:
    steamid64: str
    avatar: str
    profile_name: str

    def as_json(self) -> str:
        return json.dumps(
            {
                "steamid64": self.steamid64,
                "avatar": self.avatar,
                "profile_name": self.profile_name,
            },
            separators=(",", ":"),
        )


def _bot(number: int) -> Bot:
    face = f"{zlib.crc32(str(number).encode()):08x}" * 5
    avatar = f"https://avatars.steamstatic.com/{face}_full.jpg"
    return Bot(str(76561198000000000 + number), avatar, f"VPSBot #{number}")


BOTS = tuple(_bot(number) for number in range(1, 19))


def standard_orders() -> list[tuple[int, str, str, int, int]]:
    """(game, name, buyer, price, amount) of a fresh world.

    The first buyer buys most goods at the usual price. Of every twelve goods two are bought by the
    second buyer alone and one by nobody; every tenth good is wanted only twice.
    """
    orders = []
    for items in ITEMS.values():
        for place, item in enumerate(items):
            orders += _orders_for(place, item)
    return orders


def _orders_for(place: int, item: Item) -> list[tuple[int, str, str, int, int]]:
    if place % 12 == 11:
        return []
    amount = 2 if place % 10 == 9 else 200
    second = (item.game, item.name, SECOND_BUYER, max(1, item.price * 95 // 100), amount)
    if place % 6 == 4:
        return [second]
    return [(item.game, item.name, FIRST_BUYER, item.price, amount), second]
