"""The life of a trade, moved on by whoever asks.

    processing, no offer yet -> processing, offer sent -> accepted -> completed     (CS2)
                                                       -> completed                 (other games)

Nothing runs in the background: before an answer, every step that is due by now is taken at the
moment when it was due, so nobody can tell, and a restart catches up with what it missed. A row that
waits for its step has ``next_at`` set; ``step`` says what happens then and ``outcome`` how it ends.
"""

import json
from typing import NamedTuple

from trades.sandbox.assets import Assets
from trades.sandbox.durations import Durations, fraction
from trades.sandbox.market import Market
from trades.sandbox.statuses import (
    ACCEPTED,
    COMPLETED,
    FAILURES,
    FREEZING_GAME,
    OUTCOMES,
    ROLLBACKS,
    STEAM_ACTIVE,
    Ending,
    ending_of,
)
from trades.sandbox.store import Store
from trades.sandbox.tradebook import TradeBook, UnknownTrade, offer_id, steam_trade_id

MOST_STEPS_AT_ONCE = 2000
ROLLED_BACK = {ending.status: ending for ending in ROLLBACKS.values()}
_COLUMNS = (
    "t.seq, t.trade_id, t.game, t.status, t.value, t.buyer, t.receives, t.step, t.outcome,"
    " t.next_at, t.bot, a.steamid64"
)
_ONE = f"SELECT {_COLUMNS} FROM trade t JOIN account a ON a.id = t.account_id"  # noqa: S608


class Due(NamedTuple):
    """A trade as its next step sees it."""

    seq: int
    trade_id: str
    game: int
    status: str
    value: int
    buyer: str | None
    receives: str
    step: str | None
    outcome: str | None
    next_at: int | None
    bot: int | None
    steamid64: str

    @property
    def at(self) -> int:
        return self.next_at or 0

    @property
    def asset_ids(self) -> list[str]:
        return [item["assetid"] for item in json.loads(self.receives)]


class Lifecycle:
    def __init__(
        self,
        store: Store,
        trades: TradeBook,
        market: Market,
        assets: Assets,
        durations: Durations,
    ) -> None:
        self._store = store
        self._trades = trades
        self._market = market
        self._assets = assets
        self.durations = durations

    def begin(self, columns: dict[str, object], *, at: int, outcome: str) -> str:
        """A new trade in ``processing``: the buyer's money is frozen, an offer will follow.

        ``outcome`` is a status, a key of ``FAILURES``, ``stuck`` for ever or "" for the dice.
        """
        number = self._trades.next_number()
        row = {
            **columns,
            "status": "processing",
            "summary": "InProgress",
            "created": at,
            "updated": at,
            "step": "offer",
            "outcome": outcome or OUTCOMES[int(fraction(f"outcome {number}") * len(OUTCOMES))],
            "next_at": at + self.durations.drawn(self.durations.offer, f"offer {number}"),
        }
        with self._store.write():
            self._trades.append(row)
            self._market.freeze(str(columns["buyer"]), int(str(columns["value"])))
        return str(columns["trade_id"])

    def advance(self) -> int:
        """Takes every step that is due by now, bounded; returns how many."""
        now, taken = self._store.now(), 0
        if not self._next_due(now):
            return 0
        with self._store.write():
            while taken < MOST_STEPS_AT_ONCE and (due := self._next_due(now)):
                self._take_step(due)
                taken += 1
        return taken

    def roll_back(self, trade_id: str, side: str = "user", at: int | None = None) -> None:
        """An exchanged trade is reversed by the ``user`` (the seller) or the ``bot``."""
        found = self._store.row(f"{_ONE} WHERE t.trade_id = ?", (trade_id,))
        if found is None:
            raise UnknownTrade(trade_id)
        trade = Due(*found)
        with self._store.write():
            self._write(trade, ROLLBACKS[side], self._store.now() if at is None else at)
            self._assets.give_back(trade.steamid64, trade.game, trade.asset_ids)
            if trade.buyer and trade.status == "accepted":
                self._market.release(trade.buyer, trade.value)

    def _next_due(self, now: int) -> Due | None:
        due = "t.next_at IS NOT NULL AND t.next_at <= ? ORDER BY t.next_at, t.seq LIMIT 1"
        found = self._store.row(f"{_ONE} WHERE {due}", (now,))
        return Due(*found) if found else None

    def _take_step(self, due: Due) -> None:
        if due.step == "offer":
            self._send_offer(due)
        elif due.step == "answer":
            self._answer_offer(due)
        else:
            self._settle(due)

    def _send_offer(self, due: Due) -> None:
        wait = self.durations.drawn(self.durations.accept, f"accept {due.seq}")
        stuck = due.outcome == "stuck"
        self._trades.write_columns(
            due.trade_id,
            {
                "offer_id": offer_id(due.seq),
                "steam_status": STEAM_ACTIVE,
                "updated": due.at,
                "step": None if stuck else "answer",
                "next_at": None if stuck else due.at + wait,
            },
        )

    def _answer_offer(self, due: Due) -> None:
        outcome = due.outcome or COMPLETED.status
        if outcome in (ACCEPTED.status, COMPLETED.status, *ROLLED_BACK):
            self._accept(due)
            return
        self._write(due, FAILURES.get(outcome, ending_of(outcome)), due.at)
        if due.buyer:
            self._market.release(due.buyer, due.value)

    def _accept(self, due: Due) -> None:
        self._assets.take(due.steamid64, due.game, due.asset_ids)
        exchanged = {"steam_trade_id": steam_trade_id(due.seq, due.buyer or due.steamid64)}
        if due.game != FREEZING_GAME:
            self._write(due, COMPLETED, due.at, **exchanged)
            self._pay(due)
            return
        settles = due.at + int(self.durations.settlement)
        self._write(due, ACCEPTED, due.at, settles=settles, **exchanged)
        if due.outcome != ACCEPTED.status:
            early = due.outcome in ROLLED_BACK
            next_at = due.at + int(self.durations.settlement) // 2 if early else settles
            self._trades.write_columns(due.trade_id, {"step": "settle", "next_at": next_at})

    def _settle(self, due: Due) -> None:
        if due.outcome in ROLLED_BACK:
            side = "user" if due.outcome.endswith("user") else "bot"
            self.roll_back(due.trade_id, side, due.at)
            return
        self._write(due, COMPLETED, due.at)
        self._pay(due)

    def _pay(self, due: Due) -> None:
        if due.buyer:
            self._market.pay(due.buyer, due.value)

    def _write(self, trade: Due, ending: Ending, at: int, **more: object) -> None:
        columns = {"updated": at, "step": None, "next_at": None, **ending._asdict(), **more}
        self._trades.write_columns(trade.trade_id, columns)
