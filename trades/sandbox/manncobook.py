"""Mannco's trades in the world: deposits and withdrawals, and how they move on.

    0 without an offer -> 0 with an offer -> 3, or -1, 4, 5, 6, 7, 10

As with the other trades nothing runs in the background: due steps are taken before an answer, at
the moment when they were due.
"""

# ruff: noqa: S311 - made-up trades must be repeatable, not secret

import json
import random
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trades.sandbox.catalog import BOTS
from trades.sandbox.durations import Durations, fraction
from trades.sandbox.store import Store

PENDING, COMPLETED, FAILED, HIDDEN = 0, 3, -1, -11
RESENDABLE = (FAILED, 4, 5, 6, 7, 10)
ENDED_CODE = "COMPLETED"
OUTCOMES = (3, 3, 3, 3, 3, 3, 5, 6, 7, -1)
ERRORS = {
    FAILED: "There was an error sending your trade offer. Please try again later. (26)",
    5: "The offer expired before it was accepted.",
    10: "Cancelled by the mobile authenticator.",
}
GAMES = (440, 440, 440, 730, 570, 252490)
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
FIRST_OFFER = 8_100_000_000
ASLEEP_AFTER = 600  # seconds without a question
COLUMNS = (
    *("id", "steamid64", "items_received", "items_send", "status", "bot", "offerid", "code"),
    *("lasterror", "game", "created_ms", "patch"),
)
_CHANGEABLE = (*COLUMNS[2:], "step", "ends_as", "next_at")
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM mannco_trade WHERE"  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class ManncoTrade:
    id: int
    steamid64: str
    items_received: str
    items_send: str
    status: int
    bot: str
    offerid: str
    code: str
    lasterror: str
    game: int
    created_ms: int
    patch: str | None


class UnknownManncoTrade(LookupError):
    """No trade of Mannco bears this id."""


class ManncoBook:
    def __init__(self, store: Store, durations: Durations) -> None:
        self._store = store
        self.durations = durations

    def add_key(self, key: str, steamid64: str) -> None:
        self._store.run("INSERT OR REPLACE INTO mannco_key VALUES (?, ?, 0, NULL, NULL)",
                        (key, steamid64))  # fmt: skip

    def owner_of(self, key: str) -> str | None:
        """The steamid64 that a key opens; None when it is unknown or revoked."""
        found = self._store.row(
            "SELECT steamid64 FROM mannco_key WHERE key = ? AND NOT revoked", (key,)
        )
        return str(found[0]) if found else None

    def is_let_in(self, steamid64: str) -> bool:
        return bool(
            self._store.number(
                "SELECT count(*) FROM mannco_key WHERE steamid64 = ? AND NOT revoked", (steamid64,)
            )
        )

    def set_revoked(self, key: str, *, revoked: bool) -> None:
        self._store.run("UPDATE mannco_key SET revoked = ? WHERE key = ?", (revoked, key))

    def insert(self, steamid64: str, **columns: object) -> int:
        """A trade that stays as it is unless ``step`` and ``next_at`` say otherwise."""
        number = self._store.number("SELECT max(id) FROM mannco_trade") or 120_000
        usual: dict[str, object] = {
            "id": number + 1, "steamid64": steamid64, "items_received": "", "items_send": "",
            "status": PENDING, "bot": BOTS[number % len(BOTS)].steamid64,
            "offerid": str(FIRST_OFFER + number + 1), "game": 440,
            "created_ms": self._store.now() * 1000,
        }  # fmt: skip
        row = usual | columns
        if not row["items_received"] and not row["items_send"] and "items_send" not in columns:
            row["items_received"] = str(40_000_000_000 + number)
        row.setdefault("code", ENDED_CODE if row["status"] == COMPLETED else code_of(row["id"], 0))
        row.setdefault("lasterror", ERRORS.get(int(str(row["status"])), ""))
        marks = ", ".join("?" * len(row))
        self._store.run(
            f"INSERT INTO mannco_trade ({', '.join(row)}) VALUES ({marks})",  # noqa: S608
            list(row.values()),
        )
        return int(str(row["id"]))

    def change(self, trade_id: int, **columns: object) -> None:
        if not set(columns) <= set(_CHANGEABLE):
            msg = f"unknown columns {sorted(set(columns) - set(_CHANGEABLE))}"
            raise ValueError(msg)
        sets = ", ".join(f"{name} = ?" for name in columns)
        changed = self._store.run(
            f"UPDATE mannco_trade SET {sets} WHERE id = ?",  # noqa: S608 - names checked
            [*columns.values(), trade_id],
        )
        if not changed:
            raise UnknownManncoTrade(trade_id)

    def find(self, trade_id: int) -> ManncoTrade | None:
        found = self._store.row(f"{_SELECT} id = ?", (trade_id,))
        return ManncoTrade(*found) if found else None

    def pending(self, steamid64: str) -> list[ManncoTrade]:
        return self._many("status = 0", steamid64)

    def unfinished(self, steamid64: str) -> list[ManncoTrade]:
        """What other editions call active."""
        unsent = "status = 0 AND items_send = ''"
        return self._many(f"((status NOT IN (3, -11) AND items_send <> '') OR {unsent})", steamid64)

    def newest(self, steamid64: str, most: int) -> list[ManncoTrade]:
        return self._many(f"status <> {HIDDEN}", steamid64, most)

    def _many(self, condition: str, steamid64: str, most: int = -1) -> list[ManncoTrade]:
        rows = self._store.rows(
            f"{_SELECT} steamid64 = ? AND {condition} ORDER BY created_ms DESC, id DESC LIMIT ?",
            (steamid64, most),
        )
        return [ManncoTrade(*row) for row in rows]

    def truth(self, steamid64: str) -> dict[str, int]:
        """Every trade with its status, the hidden ones too."""
        rows = self._store.rows(
            "SELECT id, status FROM mannco_trade WHERE steamid64 = ?", (steamid64,)
        )
        return {str(number): status for number, status in rows}

    def begin(self, steamid64: str, *, at: int, ends_as: int | None, **columns: object) -> int:
        """A pending trade: an offer follows, then an end; None draws one."""
        dice = random.Random(f"{steamid64} {at} {len(columns)}")
        return self.insert(
            steamid64, offerid="", created_ms=at * 1000 + dice.randrange(1000),
            step="offer", ends_as=dice.choice(OUTCOMES) if ends_as is None else ends_as,
            next_at=at + self.durations.drawn(self.durations.offer, f"mannco {at}"), **columns,
        )  # fmt: skip

    def resend(self, trade: ManncoTrade, ends_as: int | None) -> str:
        """Pending again under a new code; a new offer with the same items follows."""
        now = self._store.now()
        code = code_of(trade.id, zlib.crc32(f"{trade.code} {now}".encode()))
        self.change(
            trade.id, status=PENDING, code=code, lasterror="", offerid="", step="offer",
            ends_as=COMPLETED if ends_as is None else ends_as,
            next_at=now + self.durations.drawn(self.durations.offer, f"resend {code}"),
        )  # fmt: skip
        return code

    def advance(self) -> None:
        """Takes every step that is due by now."""
        now = self._store.now()
        with self._store.write():
            while due := self._store.row(
                "SELECT id, step, ends_as, next_at FROM mannco_trade"
                " WHERE next_at IS NOT NULL AND next_at <= ? ORDER BY next_at, id LIMIT 1",
                (now,),
            ):
                self._take_step(*due)

    def _take_step(self, trade_id: int, step: str, ends_as: int, at: int) -> None:
        if step == "offer":
            wait = self.durations.drawn(self.durations.accept, f"mannco {trade_id} {at}")
            self.change(
                trade_id, offerid=str(FIRST_OFFER + trade_id * 50 + at % 50), step="end",
                next_at=at + wait,
            )  # fmt: skip
            return
        code = {"code": ENDED_CODE} if ends_as == COMPLETED else {}
        error = ERRORS.get(ends_as, "")
        self.change(trade_id, status=ends_as, lasterror=error, step=None, next_at=None, **code)

    def trickle(self, steamid64: str, first: float, last: float, ends_as: int | None) -> None:
        """What happened by itself since the account was asked for last, as with VPSBot."""
        now = self._store.now()
        found = self._store.row(
            "SELECT min(asked_at), min(next_trickle) FROM mannco_key WHERE steamid64 = ?",
            (steamid64,),
        )
        asked_at, due = found or (None, None)
        if due is None or asked_at is None or now - asked_at > ASLEEP_AFTER:
            due = now + _wait(steamid64, now, first, last)
        with self._store.write():
            while due <= now:
                self.begin(steamid64, at=due, ends_as=ends_as, **made_up(f"{steamid64} {due}"))
                due += _wait(steamid64, due, first, last)
            self._store.run(
                "UPDATE mannco_key SET asked_at = ?, next_trickle = ? WHERE steamid64 = ?",
                (now, due, steamid64),
            )


def _wait(steamid64: str, moment: int, first: float, last: float) -> int:
    return max(1, int(first + (last - first) * fraction(f"mannco {steamid64} {moment}")))


def code_of(trade_id: object, salt: int) -> str:
    dice = random.Random(f"code {trade_id} {salt}")
    return "".join(dice.choices(CODE_LETTERS, k=8))


def made_up(salt: str) -> dict[str, object]:
    """The items of one trade: two in three bring items in, the others take some out."""
    dice = random.Random(f"mannco {salt}")
    ids = [str(dice.randrange(10**10, 4 * 10**10)) for _ in range(dice.choice((1, 1, 2, 3)))]
    side = "items_send" if dice.random() < 0.35 else "items_received"
    return {side: ",".join(ids), "game": dice.choice(GAMES)}


def seed_mannco(
    book: ManncoBook, steamid64: str, trades: int, *, ends: int, span_days: int = 200
) -> None:
    """A finished history that ends at ``ends``; every tenth or so went wrong in some way."""
    dice = random.Random(f"mannco history {steamid64}")
    moments = sorted(ends - dice.randrange(600, span_days * 86_400) for _ in range(trades))
    for at in moments:
        status = dice.choice(OUTCOMES)
        book.insert(steamid64, status=status, created_ms=at * 1000 + dice.randrange(1000),
                    **made_up(f"{steamid64} {at}"))  # fmt: skip


def as_fields(trade: ManncoTrade, *, with_game: bool) -> dict[str, object]:
    """A row as the pages show it; ``patch`` is laid over it."""
    fields: dict[str, object] = {
        "id": trade.id, "items_received": trade.items_received, "status": trade.status,
        "items_send": trade.items_send, "user": trade.steamid64, "bot": trade.bot,
        "code": trade.code,
    }  # fmt: skip
    if with_game:
        fields["game"] = trade.game
    rest = {
        "lasterror": trade.lasterror, "offerid": trade.offerid, "timestamp": str(trade.created_ms),
    }  # fmt: skip
    laid_over: Mapping[str, object] = json.loads(trade.patch) if trade.patch else {}
    return fields | rest | dict(laid_over)


def rows(trades: Iterable[ManncoTrade], *, with_game: bool) -> list[dict[str, object]]:
    return [as_fields(trade, with_game=with_game) for trade in trades]
