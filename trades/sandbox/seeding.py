"""A history for an account: years of trades in a second, always the same for one seed."""

# ruff: noqa: S311 - made-up trades must be repeatable, not secret

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from trades.sandbox.accounts import Account
from trades.sandbox.catalog import BOTS, BUYERS, ITEMS, Item
from trades.sandbox.moments import DAY
from trades.sandbox.schema import TRADE_COLUMNS
from trades.sandbox.statuses import (
    EXCHANGED_STATUSES,
    FAILURES,
    FREEZING_GAME,
    STEAM_ACTIVE,
    STEAM_IN_ESCROW,
    STEAM_NEEDS_CONFIRMATION,
    Ending,
    ending_of,
)
from trades.sandbox.world import World

GAME_WEIGHTS: Mapping[int, int] = {730: 64, 570: 13, 252490: 12, 440: 11}
USUAL_STATUSES = {
    "completed": 860,
    "cancelled": 70,
    "declined": 38,
    "rolled_back_by_user": 16,
    "rolled_back_by_bot": 8,
    "error": 3,
}
ITEM_COUNTS = (1, 1, 1, 1, 2, 2, 3, 4, 6)
WEEK = 7 * DAY
INDEXES_ARE_REBUILT_FROM = 50_000
OPEN_STATES = (STEAM_ACTIVE, STEAM_ACTIVE, STEAM_NEEDS_CONFIRMATION, None)
WAYS_TO_FAIL = {
    status: [ending for ending in FAILURES.values() if ending.status == status]
    for status in ("cancelled", "declined")
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a history should be like.

    ``statuses`` and ``games`` are weights. With ``statuses`` None the history is alive: the newest
    trades are open, CS2 of the last week is frozen, and both move on by themselves. With weights
    it is still: any word may be a status, and nothing changes by itself.
    ``null_dates`` and ``null_bots`` are shares of the trades. ``burst`` trades share one second.
    ``purchases`` come on top of ``trades``.
    """

    trades: int
    seed: int = 1
    statuses: Mapping[str, int] | None = None
    games: Mapping[int, int] | None = None
    null_dates: float = 0.01
    null_bots: float = 0.005
    purchases: int = 0
    burst: int = 0
    span_days: int = 540

    @property
    def alive(self) -> bool:
        return self.statuses is None


def seed_account(
    world: World,
    key: str,
    *,
    trades: int,
    name: str | None = None,
    seed: int = 1,
    statuses: Mapping[str, int] | None = None,
    games: Mapping[int, int] | None = None,
    null_dates: float = 0.01,
    null_bots: float = 0.005,
    purchases: int = 0,
    burst: int = 0,
    span_days: int = 540,
    steamid64: str | None = None,
) -> Account:
    """A new account with this key and exactly ``trades`` sells; see ``Wish`` for the rest."""
    wish = Wish(
        trades=trades,
        seed=seed,
        statuses=statuses,
        games=games,
        null_dates=null_dates,
        null_bots=null_bots,
        purchases=purchases,
        burst=burst,
        span_days=span_days,
    )
    rebuild = trades > INDEXES_ARE_REBUILT_FROM
    if rebuild:
        world.store.drop_indexes()
    with world.store.write():
        account = world.accounts.add(name or key, key=key, steamid64=steamid64)
        history = History(account, wish, world.store.now())
        world.trades.append_many(history.rows())
        _pay_out(world, account)
        _freeze_open_money(world, account)
    if rebuild:
        world.store.create_indexes()
    return account


def _pay_out(world: World, account: Account) -> None:
    """A seller has withdrawn most of what was ever earned."""
    earned = "SELECT sum(value) FROM trade WHERE account_id = ? AND status = 'completed'"
    world.store.run(
        "UPDATE account SET paid_out = ? WHERE id = ?",
        (world.store.number(earned, (account.id,)) * 97 // 100, account.id),
    )


def _freeze_open_money(world: World, account: Account) -> None:
    """The buyers have paid for no trade that is still open."""
    for buyer, value in world.store.rows(
        "SELECT buyer, sum(value) FROM trade WHERE account_id = ?"
        " AND status IN ('processing', 'accepted') GROUP BY buyer",
        (account.id,),
    ):
        world.market.freeze(buyer, value)


class History:
    """The rows of one account, oldest first, in the order of ``TRADE_COLUMNS``."""

    def __init__(self, account: Account, wish: Wish, now: int) -> None:
        self._account = account
        self._wish = wish
        self._now = now
        self._dice = random.Random(f"{account.name} {wish.seed}")
        self._weights = {
            game: list(accumulate(1 / item.price**0.5 for item in items))
            for game, items in ITEMS.items()
        }
        self._goods = {
            game: [(item, *item.receive_json) for item in items] for game, items in ITEMS.items()
        }
        self._first = account.id * 4_000_000
        self._slug = "".join(letter for letter in account.name.lower() if letter.isalnum())[:8]

    def rows(self) -> Iterator[list[object]]:
        wish = self._wish
        total = wish.trades + wish.purchases
        bought = set(self._dice.sample(range(total), wish.purchases))
        games = wish.games or GAME_WEIGHTS
        picked = self._dice.choices(list(games), list(games.values()), k=total)
        for place, (created, game) in enumerate(zip(self._moments(total), picked, strict=True)):
            row = self._trade(place, created, game)
            self._forget(row)
            if wish.alive:
                self._enliven(row, total - place)
            if place in bought:
                _turn_into_purchase(row)
            yield [row.get(column) for column in TRADE_COLUMNS]

    def _moments(self, total: int) -> list[int]:
        """Creation times, oldest first, denser towards now."""
        start, span = self._now - self._wish.span_days * DAY, self._wish.span_days * DAY
        moments = sorted(int(start + span * self._dice.random() ** 0.7) for _ in range(total))
        burst = min(self._wish.burst, total)
        half = (total - burst) // 2
        moments[half : half + burst] = [moments[half]] * burst if burst else []
        return moments

    def _trade(self, place: int, created: int, game: int) -> dict[str, Any]:
        dice = self._dice
        number = self._first + place
        ending = self._ending(created, game)
        exchanged = ending.status in EXCHANGED_STATUSES
        buyer = BUYERS[number % 5 == 0]
        receives, value = self._items(number, game)
        row: dict[str, Any] = {
            "account_id": self._account.id,
            "purchase": 0,
            "trade_id": _uuid(dice),
            "custom_id": f"{self._slug}{'_' if place % 9 == 0 else '-'}{place + 1:06d}",
            "game": game,
            "steam_trade_id": (
                f"{500_000_000_000_000_000 + number * 7919}_{buyer}" if exchanged else None
            ),
            "offer_id": str(4_000_000_000 + number),
            "buyer": buyer,
            "bot": None if dice.random() < self._wish.null_bots else number % len(BOTS),
            "gives": "[]",
            "receives": receives,
            "value": value,
            **ending._asdict(),
        }
        return row | self._times(created, game, ending.status)

    def _ending(self, created: int, game: int) -> Ending:
        weights = self._wish.statuses or USUAL_STATUSES
        status = self._dice.choices(list(weights), list(weights.values()))[0]
        if self._wish.alive:
            frozen = game == FREEZING_GAME and status == "completed"
            if frozen and self._now - created < WEEK + 1200:
                status = "accepted"
            elif game != FREEZING_GAME and status.startswith("rolled_back"):
                status = "completed"  # money of the other games is paid at once, for good
        ways = WAYS_TO_FAIL.get(status)
        return self._dice.choice(ways) if ways else ending_of(status)

    def _times(self, created: int, game: int, status: str) -> dict[str, int | None]:
        """Settlement is seven days after the acceptance; an ending never lies in the future."""
        answered = min(self._now, created + 20 + int(self._dice.random() ** 2 * 1100))
        if game != FREEZING_GAME or status not in EXCHANGED_STATUSES:
            return {"created": created, "updated": answered, "settles": None}
        settles, updated = answered + WEEK, answered
        if status == "completed":
            updated = settles
        elif status != "accepted":
            updated = answered + int(self._dice.random() * WEEK)
        return {"created": created, "updated": min(updated, self._now), "settles": settles}

    def _items(self, number: int, game: int) -> tuple[str, int]:
        """items_to_receive as JSON, and what the buyer paid for them."""
        dice = self._dice
        count = dice.choice(ITEM_COUNTS)
        texts, value = [], 0
        chosen = dice.choices(self._goods[game], cum_weights=self._weights[game], k=count)
        for place, (item, before, after) in enumerate(chosen):
            texts.append(f"{before}{10_000_000_000 + number * 10 + place}{after}")
            value += _paid(item, dice)
        return f"[{','.join(texts)}]", value

    def _forget(self, row: dict[str, Any]) -> None:
        """Some rows have no dates, half of those no bot either."""
        fate = self._dice.random() / self._wish.null_dates if self._wish.null_dates else 2.0
        if fate >= 1:
            return
        row["created"] = row["created"] if fate > 0.75 else None
        row["updated"] = row["updated"] if 0.5 < fate <= 0.75 else None
        row["bot"] = row["bot"] if fate > 0.4 else None

    def _enliven(self, row: dict[str, Any], age: int) -> None:
        """The newest trades are still open, frozen ones wait for their settlement."""
        open_ones = min(12, self._wish.trades // 50)
        if age <= open_ones:
            self._open(row, age)
        elif age in (open_ones * 3, open_ones * 5) and open_ones:
            row |= _processing(STEAM_IN_ESCROW)
        elif row["status"] == "accepted":
            row |= {"step": "settle", "outcome": "completed", "next_at": row["settles"]}

    def _open(self, row: dict[str, Any], age: int) -> None:
        steam_status = OPEN_STATES[age % len(OPEN_STATES)]
        created = self._now - 90 * age
        row |= _processing(steam_status)
        row |= {"created": created, "updated": created + 6, "outcome": "completed"}
        row |= {"step": "answer", "next_at": self._now + 45 * age}
        if steam_status is None:
            row |= {"offer_id": None, "step": "offer", "updated": created}


def _paid(item: Item, dice: random.Random) -> int:
    return max(1, int(item.price * (0.82 + 0.3 * dice.random())))


def _processing(steam_status: int | None) -> dict[str, object]:
    return {
        "status": "processing",
        "summary": "InProgress",
        "steam_status": steam_status,
        "steam_trade_id": None,
        "settles": None,
        "error": None,
    }


def _turn_into_purchase(row: dict[str, Any]) -> None:
    """A purchase gives items to us; its custom id may be null (seed: Trades API)."""
    row |= {"purchase": 1, "gives": row["receives"], "receives": "[]", "custom_id": None}
    row |= {"step": None, "next_at": None}


def _uuid(dice: random.Random) -> str:
    digits = f"{dice.getrandbits(128):032x}"
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
