"""The accounts of the market and the keys that open them."""

import uuid
import zlib
from dataclasses import dataclass, field

from trades.sandbox.store import Store

STEAMID64_BASE = 76561197960265728
_COLUMNS = "a.id, a.name, a.user_id, a.steamid64, a.tradelink, a.paid_out, a.private"


class UnknownAccount(LookupError):
    """No account bears this name or key."""


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str
    user_id: str
    steamid64: str
    tradelink: str = field(repr=False)
    paid_out: int
    private: bool


class Accounts:
    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, name: str, *, key: str, steamid64: str | None = None) -> Account:
        """A new account with one key; its Steam identity follows from the name when not given."""
        number = zlib.crc32(name.encode()) % 900_000_000
        steamid64 = steamid64 or str(STEAMID64_BASE + number)
        partner = int(steamid64) - STEAMID64_BASE
        link = f"https://steamcommunity.com/tradeoffer/new/?partner={partner}&token={_token(name)}"
        user_id = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
        with self._store.write():
            account_id = self._store.insert(
                "INSERT INTO account (name, user_id, steamid64, tradelink) VALUES (?, ?, ?, ?)",
                (name, user_id, steamid64, link),
            )
            self.add_key(key, account_id)
        return Account(account_id, name, user_id, steamid64, link, paid_out=0, private=False)

    def add_key(self, key: str, account_id: int) -> None:
        """A further key of the same account."""
        self._store.run("INSERT INTO api_key (key, account_id) VALUES (?, ?)", (key, account_id))

    def of_key(self, key: str) -> Account:
        """The account that a key opens, revoked or not. UnknownAccount when it opens none."""
        found = self._store.row(
            f"SELECT {_COLUMNS} FROM account a JOIN api_key k ON k.account_id = a.id"  # noqa: S608
            " WHERE k.key = ?",
            (key,),
        )
        if found is None:
            raise UnknownAccount
        return Account(*found)

    def has_key(self, key: str) -> bool:
        return self._store.number("SELECT count(*) FROM api_key WHERE key = ?", (key,)) > 0

    def all(self) -> list[Account]:
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM account a ORDER BY a.id")  # noqa: S608
        return [Account(*row) for row in rows]

    def keys_of(self, account_id: int) -> list[str]:
        rows = self._store.rows(
            "SELECT key FROM api_key WHERE account_id = ? ORDER BY rowid", (account_id,)
        )
        return [row[0] for row in rows]

    def is_revoked(self, key: str) -> bool:
        return bool(self._store.number("SELECT revoked FROM api_key WHERE key = ?", (key,)))

    def revoke(self, key: str) -> None:
        self._set_revoked(key, revoked=True)

    def restore(self, key: str) -> None:
        self._set_revoked(key, revoked=False)

    def _set_revoked(self, key: str, *, revoked: bool) -> None:
        if not self._store.run("UPDATE api_key SET revoked = ? WHERE key = ?", (revoked, key)):
            raise UnknownAccount

    def set_private(self, steamid64: str, *, private: bool) -> None:
        """Whether the Steam inventory of an account may be seen."""
        self._store.run("UPDATE account SET private = ? WHERE steamid64 = ?", (private, steamid64))


def _token(name: str) -> str:
    return f"{zlib.crc32(f'token {name}'.encode()):08x}"
