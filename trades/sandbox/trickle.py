"""New trades that happen by themselves, so that a demo moves.

An account trickles only while somebody asks for it: left alone, a world does not grow.
"""

import random
import uuid

from trades.sandbox.accounts import Account
from trades.sandbox.catalog import BOTS, FIRST_BUYER, ITEMS
from trades.sandbox.durations import fraction
from trades.sandbox.knobs import Knobs
from trades.sandbox.lifecycle import Lifecycle
from trades.sandbox.store import Store
from trades.sandbox.tradebook import received

ASLEEP_AFTER = 600  # seconds without a question
GAME_WEIGHTS = {730: 6, 570: 2, 440: 2, 252490: 1}


class Trickle:
    def __init__(self, store: Store, lifecycle: Lifecycle, knobs: Knobs) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._knobs = knobs

    def flow(self, account: Account) -> None:
        """The trades that fell due since the account was last asked for."""
        if not self._knobs.trickle:
            return
        now = self._store.now()
        with self._store.write():
            due = self._next_of(account, now)
            while due <= now:
                self._begin(account, due)
                due += self._wait(account, due)
            self._store.run(
                "UPDATE account SET asked_at = ?, next_trickle = ? WHERE id = ?",
                (now, due, account.id),
            )

    def _next_of(self, account: Account, now: int) -> int:
        found = self._store.row(
            "SELECT asked_at, next_trickle FROM account WHERE id = ?", (account.id,)
        )
        asked_at, due = found or (None, None)
        if due is None or asked_at is None or now - asked_at > ASLEEP_AFTER:
            return now + self._wait(account, now)
        return int(due)

    def _wait(self, account: Account, moment: int) -> int:
        span = self._knobs.trickle_to - self._knobs.trickle_from
        return max(1, int(self._knobs.trickle_from + span * fraction(f"{account.id} {moment}")))

    def _begin(self, account: Account, at: int) -> None:
        dice = random.Random(f"{account.id} {at}")  # noqa: S311 - a made-up trade, no secret
        game = dice.choices(list(GAME_WEIGHTS), list(GAME_WEIGHTS.values()))[0]
        goods = [item for item in ITEMS[game] if item.price < 100_000]
        sold = dice.choices(goods, k=dice.choice((1, 1, 1, 2, 3)))
        items = [(str(dice.randrange(4 * 10**10, 9 * 10**10)), one.name, "2") for one in sold]
        columns = {
            "account_id": account.id,
            "trade_id": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
            "custom_id": f"auto-{account.id}-{at}",
            "game": game,
            "buyer": FIRST_BUYER,
            "bot": dice.randrange(len(BOTS)),
            "receives": received(game, items),
            "value": sum(one.price for one in sold),
        }
        self._lifecycle.begin(columns, at=at, outcome="")
