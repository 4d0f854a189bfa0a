"""The demo world: a few accounts with known keys, seeded once."""

# ruff: noqa: S311 - the keys open nothing but this sandbox; made-up goods are no secret

import random

from trades.sandbox.accounts import Account
from trades.sandbox.assets import PROTECTED_CONTEXT, Asset
from trades.sandbox.catalog import ITEMS
from trades.sandbox.manncobook import FAILED, seed_mannco
from trades.sandbox.offerbook import Asset as Offered
from trades.sandbox.seeding import seed_account
from trades.sandbox.world import World

DESK_KEY = "demo-vpsbot-key-desk"
DESK_SECOND_KEY = "demo-vpsbot-key-desk-again"
SECOND_KEY = "demo-vpsbot-key-second"
SMALL_KEY = "demo-vpsbot-key-small"
EMPTY_KEY = "demo-vpsbot-key-empty"
REVOKED_KEY = "demo-vpsbot-key-revoked"

DESK_TRADES = 2_500
SECOND_TRADES = 12_000
SMALL_TRADES = 40
UNDATED = 0.001  # a handful: enough to be seen, too few to bend the chart
MANNCO_KEY = "demo-mannco-key-desk"
MANNCO_TRADES = 320
STEAM_KEY = "D0D0CAFE" * 4
THIEF, FRIEND = "76561198700000077", "76561198700000011"
THIEF_TAKES = 3
THIEF_COMES_AFTER = 180  # seconds
THIEF_SAYS = (
    "Demo: the sandbox plays a thief here, so that you can see the guard at work. No market"
    " announced this offer, and it gives nothing for your items."
)
INVENTORY = {730: 64, 570: 28, 440: 36, 252490: 24}
PROTECTED = 7


def seed_demo(world: World) -> None:
    """Fills a fresh world; a world that was filled before is left as it is."""
    _seed_vpsbot(world)
    _seed_mannco(world)
    _seed_steam(world)


def _seed_vpsbot(world: World) -> None:
    if world.store.fact("demo"):
        return
    with world.store.write():
        desk = seed_account(
            world, DESK_KEY, name="desk", trades=DESK_TRADES, purchases=60, null_dates=UNDATED
        )
        world.accounts.add_key(DESK_SECOND_KEY, desk.id)
        second = seed_account(
            world, SECOND_KEY, name="second", trades=SECOND_TRADES, seed=2, null_dates=UNDATED
        )
        small = seed_account(world, SMALL_KEY, name="small", trades=SMALL_TRADES, seed=3)
        seed_account(world, EMPTY_KEY, name="empty", trades=0)
        seed_account(world, REVOKED_KEY, name="revoked", trades=0)
        world.accounts.revoke(REVOKED_KEY)
        for account in (desk, second, small):
            stock(world, account)
        world.store.note_fact("demo", "1")


def _seed_mannco(world: World) -> None:
    """The desk trades there too; its last withdrawal failed, so that it can be sent again."""
    if world.store.fact("demo-mannco"):
        return
    book, now = world.mannco, world.store.now()
    owner = world.accounts.of_key(DESK_KEY).steamid64
    with world.store.write():
        book.add_key(MANNCO_KEY, owner)
        seed_mannco(book, owner, MANNCO_TRADES, ends=now)
        failed, pending = (now - 900) * 1000, (now - 60) * 1000
        book.insert(owner, status=FAILED, items_send="31870055123,31870055124", created_ms=failed)
        book.insert(owner, items_received="31900412077", created_ms=pending)
        world.store.note_fact("demo-mannco", "1")


def _seed_steam(world: World) -> None:
    """The desk's Steam key, and a thief whose offer comes a few minutes after the first look."""
    if world.store.fact("demo-steam"):
        return
    desk, now = world.accounts.of_key(DESK_KEY), world.store.now()
    wares = world.assets.listed(desk.steamid64, 730, "2")[:THIEF_TAKES]
    with world.store.write():
        world.offers.add_key(STEAM_KEY, desk.steamid64)
        world.offers.plant(
            desk.steamid64,
            partner=THIEF,
            gives=[Offered(one.assetid, one.name) for one in wares],
            at=now + THIEF_COMES_AFTER,
            message=THIEF_SAYS,
        )
        world.offers.plant(
            desk.steamid64,
            partner=FRIEND,
            receives=[Offered("20000000001", "Revolution Case")],
            at=now - 7200,
            message="Demo: a friend gives you a case. An offer that takes nothing harms nobody.",
        )
        world.store.note_fact("demo-steam", "1")


def stock(world: World, account: Account, sizes: dict[int, int] | None = None) -> None:
    """A Steam inventory: goods of each game, some untradable, some CS2 under trade protection."""
    dice = random.Random(f"stock {account.name}")
    number = 20_000_000_000 + account.id * 10_000_000
    for game, size in (sizes or INVENTORY).items():
        assets = [_asset(dice, game, number + place) for place in range(size)]
        world.assets.add(account.steamid64, game, assets)
        number += size
    protected = [_asset(dice, 730, number + place) for place in range(PROTECTED)]
    world.assets.add(account.steamid64, 730, protected, PROTECTED_CONTEXT)


def _asset(dice: random.Random, game: int, number: int) -> Asset:
    goods = [item for item in ITEMS[game] if item.price < 700_000]
    return Asset(str(number), dice.choice(goods).name, tradable=dice.random() > 0.12)
