"""Steam's trade offers of the world: those of the trades, and those that a test or the demo plants.

An offer of a trade follows from the trade's row: who asks sees it move on with the trade. A planted
offer has a row of its own; one that bears the id of a trade's offer stands in its place. A planted
offer that is created later than now is not there yet.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trades.sandbox.accounts import STEAMID64_BASE, Accounts
from trades.sandbox.catalog import BOTS
from trades.sandbox.moments import DAY
from trades.sandbox.store import Store
from trades.sandbox.tradebook import DEFAULT_NAMES

LIVES = 14 * DAY
FIRST_PLANTED = 7_000_000_000
ACTIVE, ACCEPTED, CONFIRMING, ESCROW = 2, 3, 9, 11
STEAM_STATES = {12: ACCEPTED, 13: 8}  # the market's numbers for a reversal and for missing items
MANNCO_STATES = {0: ACTIVE, -1: 8}
WAITING_STATES = (ACTIVE, CONFIRMING)
TOKEN_LIFE = DAY

# A trade's offer begins when the trade does; rows without a date still had an offer some day.
_BEGAN = "coalesce(t.created, t.updated, 1700000000)"
_CHANGED = f"coalesce(t.updated, {_BEGAN})"
_OF_TRADES = f"""
SELECT t.offer_id, t.bot, 0, t.steam_status, '', t.receives, '[]', t.steam_trade_id, 0,
       {_BEGAN}, {_CHANGED}, t.status
FROM trade t JOIN account a ON a.id = t.account_id
WHERE a.steamid64 = :owner AND t.offer_id IS NOT NULL AND NOT t.purchase
  AND NOT EXISTS (SELECT 1 FROM steam_offer s
                  WHERE s.steamid64 = a.steamid64 AND s.offer_id = t.offer_id)
"""  # noqa: S608 - our own names
_PLANTED = """
SELECT offer_id, partner, sent, state, message, gives, receives, steam_trade_id, escrow_until,
       created, updated, ''
FROM steam_offer WHERE steamid64 = :owner AND created <= :now
"""


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset of an offer, as it is planted."""

    assetid: str
    name: str
    game: int = 730
    contextid: str = "2"
    amount: int = 1
    missing: bool = False
    currency: bool = False

    def as_row(self) -> dict[str, object]:
        return {
            "appid": self.game,
            "contextid": self.contextid,
            "currencyid" if self.currency else "assetid": self.assetid,
            "market_hash_name": self.name,
            "amount": str(self.amount),
            **({"missing": True} if self.missing else {}),
        }


@dataclass(frozen=True, slots=True)
class Offer:
    offer_id: str
    partner: str
    sent: bool
    state: int
    message: str
    gives: list[dict[str, object]]
    receives: list[dict[str, object]]
    steam_trade_id: str
    escrow_until: int
    created: int
    updated: int
    reverted: bool

    @property
    def is_active(self) -> bool:
        return self.state in WAITING_STATES

    @property
    def account_other(self) -> int:
        return int(self.partner) - STEAMID64_BASE


class UnknownOffer(LookupError):
    """No planted offer bears this id."""


class OfferBook:
    def __init__(self, store: Store, accounts: Accounts) -> None:
        self._store = store
        self._accounts = accounts

    def add_key(self, key: str, steamid64: str) -> None:
        self._store.run("INSERT OR REPLACE INTO steam_key VALUES (?, ?, 0)", (key, steamid64))

    def add_token(self, steamid64: str, *, expires: int | None = None) -> str:
        """An access token of the account, shaped as Steam's: a JWT; good for a day."""
        until = self._store.now() + TOKEN_LIFE if expires is None else expires
        token = ".".join(
            _base64(part)
            for part in (
                {"typ": "JWT", "alg": "EdDSA"},
                {"iss": "steam", "sub": steamid64, "aud": ["web"], "exp": until},
                {"signed": "by the sandbox"},
            )
        )
        self.add_key(token, steamid64)
        return token

    def owner_of(self, key: str) -> str | None:
        """Whose key this is; None when there is no such key or it was revoked."""
        found = self._store.row(
            "SELECT steamid64 FROM steam_key WHERE key=? AND NOT revoked", (key,)
        )
        return str(found[0]) if found else None

    def revoke(self, key: str) -> None:
        self._store.run("UPDATE steam_key SET revoked = 1 WHERE key = ?", (key,))

    def plant(
        self,
        steamid64: str,
        *,
        partner: str,
        gives: Sequence[Asset] = (),
        receives: Sequence[Asset] = (),
        offer_id: str = "",
        at: int | None = None,
        **columns: object,
    ) -> str:
        """An offer of its own; with the id of a trade's offer it stands in that one's place."""
        created = self._store.now() if at is None else at
        offer_id = offer_id or self._next_id()
        row = {
            "offer_id": offer_id,
            "steamid64": steamid64,
            "partner": partner,
            "gives": _rows(gives),
            "receives": _rows(receives),
            "created": created,
            "updated": created,
            **columns,
        }
        self._store.run(
            f"INSERT OR REPLACE INTO steam_offer ({', '.join(row)})"  # noqa: S608 - our own names
            f" VALUES ({', '.join('?' * len(row))})",
            list(row.values()),
        )
        return offer_id

    def change(self, offer_id: str, **columns: object) -> None:
        """Change a planted offer; ``updated`` becomes now unless it is given."""
        row = {"updated": self._store.now(), **columns}
        names = ", ".join(f"{name} = ?" for name in row)
        touched = self._store.run(
            f"UPDATE steam_offer SET {names} WHERE offer_id = ?",  # noqa: S608 - our own names
            [*row.values(), offer_id],
        )
        if not touched:
            raise UnknownOffer(offer_id)

    def of(self, steamid64: str) -> list[Offer]:
        """Every offer of the account, newest first."""
        found = self._found(steamid64, "", {}) + self._of_mannco(steamid64)
        return sorted(found, key=lambda one: (one.created, one.offer_id), reverse=True)

    def one(self, steamid64: str, offer_id: str) -> Offer | None:
        found = self._found(steamid64, "WHERE offer_id = :asked", {"asked": offer_id})
        found += self._of_mannco(steamid64, offer_id)
        return found[0] if found else None

    def by_steam_trade(self, steamid64: str, bare_id: str) -> Offer | None:
        like = {"asked": f"{bare_id}%"}
        found = self._found(steamid64, "WHERE steam_trade_id LIKE :asked", like)
        exact = [one for one in found if one.steam_trade_id == bare_id]
        return exact[0] if exact else None

    def _found(self, owner: str, where: str, asked: Mapping[str, object]) -> list[Offer]:
        names = (
            "offer_id, partner, sent, state, message, gives, receives, steam_trade_id, escrow,"
            " created, updated, status"
        )
        rows = self._store.rows(
            f"WITH offers ({names}) AS ({_OF_TRADES} UNION ALL {_PLANTED})"  # noqa: S608
            f" SELECT {names} FROM offers {where} ORDER BY created DESC, offer_id DESC",
            {"owner": owner, "now": self._store.now(), **asked},
        )
        return [_offer(*row) for row in rows]

    def _of_mannco(self, owner: str, offer_id: str = "") -> list[Offer]:
        """Mannco's bots send their offers too; its rows name assets and no goods."""
        rows = self._store.rows(
            "SELECT offerid, bot, status, items_received, items_send, game, created_ms"
            " FROM mannco_trade m WHERE steamid64 = :owner AND offerid <> ''"
            " AND (:asked = '' OR offerid = :asked) AND NOT EXISTS (SELECT 1 FROM steam_offer s"
            " WHERE s.steamid64 = m.steamid64 AND s.offer_id = m.offerid)",
            {"owner": owner, "asked": offer_id},
        )
        return [_offer_of_mannco(*row) for row in rows]

    def _next_id(self) -> str:
        taken = self._store.number("SELECT count(*) FROM steam_offer")
        return str(FIRST_PLANTED + taken + 1)


def _offer(
    offer_id: str,
    partner: int | str | None,
    sent: int,
    state: int | None,
    message: str,
    gives: str,
    receives: str,
    steam_trade_id: str | None,
    escrow_until: int,
    created: int,
    updated: int,
    status: str,
) -> Offer:
    return Offer(
        offer_id=offer_id,
        partner=partner if isinstance(partner, str) else BOTS[partner or 0].steamid64,
        sent=bool(sent),
        state=_steam_state(state or ACTIVE, of_trade=bool(status)),
        message=message,
        gives=json.loads(gives),
        receives=json.loads(receives),
        steam_trade_id=(steam_trade_id or "").partition("_")[0],
        escrow_until=escrow_until,
        created=created,
        updated=updated,
        reverted=status.startswith("rolled_back"),
    )


def _offer_of_mannco(
    offer_id: str, bot: str, status: int, received: str, sent: str, game: int, created_ms: int
) -> Offer:
    def assets(ids: str) -> list[dict[str, object]]:
        named = [
            Asset(one, DEFAULT_NAMES.get(game, "Crate"), game) for one in ids.split(",") if one
        ]
        return [asset.as_row() for asset in named]

    return Offer(
        offer_id=offer_id,
        partner=bot,
        sent=False,
        state=MANNCO_STATES.get(status, status if status > 0 else ACCEPTED),
        message="",
        gives=assets(received),
        receives=assets(sent),
        steam_trade_id="",
        escrow_until=0,
        created=created_ms // 1000,
        updated=created_ms // 1000,
        reverted=False,
    )


def _steam_state(state: int, *, of_trade: bool) -> int:
    return STEAM_STATES.get(state, state) if of_trade else state


def _rows(assets: Sequence[Asset]) -> str:
    return json.dumps([one.as_row() for one in assets], separators=(",", ":"))


def _base64(part: Mapping[str, object]) -> str:
    text = json.dumps(part, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")
