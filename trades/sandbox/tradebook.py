"""The trades of the world: put in, changed, taken out and counted.

Everything here is the truth that a mirror is compared with. Purchases (``purchase=1``) are no
sells: the Sell API never shows them and the counts here leave them out.
"""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence

from trades.sandbox.accounts import Accounts
from trades.sandbox.catalog import BY_NAME, FIRST_BUYER
from trades.sandbox.moments import DAY, as_moment
from trades.sandbox.schema import TRADE_COLUMNS
from trades.sandbox.statuses import EXCHANGED_STATUSES, FREEZING_GAME, ending_of
from trades.sandbox.store import Store

INSERT = (
    f"INSERT INTO trade ({', '.join(TRADE_COLUMNS)})"  # noqa: S608 - our own column names
    f" VALUES ({', '.join('?' * len(TRADE_COLUMNS))})"
)
DEFAULT_NAMES = {
    730: "AK-47 | Redline (Field-Tested)",
    570: "Weather Rain",
    440: "Mann Co. Supply Crate Key",
    252490: "Tempered AK47",
}
_MOMENTS = frozenset({"created", "updated", "settles", "next_at"})
_JSON = frozenset({"gives", "receives", "patch"})


class UnknownTrade(LookupError):
    """No trade bears this id."""


class UnknownField(ValueError):
    """A trade has no such column."""


class TradeBook:
    def __init__(self, store: Store, accounts: Accounts) -> None:
        self._store = store
        self._accounts = accounts

    def insert(
        self,
        key: str,
        *,
        status: str = "completed",
        game: int = FREEZING_GAME,
        items: Sequence[str] = (),
        **fields: object,
    ) -> str:
        """One trade of the key's account; returns its ``trade_id``.

        ``items`` are market_hash_names. ``fields`` are columns of the table ``trade``; what is not
        given follows from the status. ``patch`` is laid over the served row, key by key.
        """
        account = self._accounts.of_key(key)
        given = {"game": game, "status": status, **_stored(fields)}
        with self._store.write():
            number = self.next_number()
            columns = _usual(number, game, status, items, self._store.now()) | given
            self.append({**columns, "account_id": account.id})
        return str(columns["trade_id"])

    def append(self, columns: Mapping[str, object]) -> int:
        """One row of all its columns; missing ones are null. Returns its number."""
        row = {"purchase": 0, "gives": "[]", "receives": "[]", "value": 0, **columns}
        return self._store.insert(INSERT, [row.get(name) for name in TRADE_COLUMNS])

    def append_many(self, rows: Iterable[Sequence[object]]) -> None:
        """Rows in the order of ``TRADE_COLUMNS``."""
        self._store.run_many(INSERT, rows)

    def next_number(self) -> int:
        return self._store.number("SELECT max(seq) FROM trade") + 1

    def mutate(self, trade_id: str, **fields: object) -> None:
        """Change columns; a new status brings its summary, Steam status and error along.

        ``updated`` becomes now unless it is given.
        """
        changes = _stored(fields)
        if "status" in changes:
            fresh = {**_status_columns(str(changes["status"])), "step": None, "next_at": None}
            changes = fresh | changes
        self.write_columns(trade_id, {"updated": self._store.now(), **changes})

    def write_columns(self, trade_id: str, columns: Mapping[str, object]) -> None:
        _refuse_unknown(columns)
        assignments = ", ".join(f"{name} = ?" for name in columns)
        touched = self._store.run(
            f"UPDATE trade SET {assignments} WHERE trade_id = ?",  # noqa: S608 - names checked
            [*columns.values(), trade_id],
        )
        if not touched:
            raise UnknownTrade(trade_id)

    def remove(self, trade_id: str) -> None:
        if not self._store.run("DELETE FROM trade WHERE trade_id = ?", (trade_id,)):
            raise UnknownTrade(trade_id)

    def truth(self, key: str) -> dict[str, str]:
        """trade_id -> status of every sell."""
        account = self._accounts.of_key(key)
        return dict(
            self._store.rows(
                "SELECT trade_id, status FROM trade WHERE account_id = ? AND NOT purchase",
                (account.id,),
            )
        )

    def count(self, key: str) -> int:
        return sum(self.count_by(key, "status").values())

    def count_by(self, key: str, column: str) -> dict[str, int]:
        """How many sells there are of each ``status``, ``game``, ``summary``..., as text."""
        _refuse_unknown([column])
        account = self._accounts.of_key(key)
        rows = self._store.rows(
            f"SELECT {column}, count(*) FROM trade"  # noqa: S608 - name checked
            " WHERE account_id = ? AND NOT purchase GROUP BY 1",
            (account.id,),
        )
        return {str(value): count for value, count in rows}

    def column(self, trade_id: str, column: str) -> object:
        """One stored value, ``value`` for example, which no answer shows."""
        _refuse_unknown([column])
        found = self._store.row(
            f"SELECT {column} FROM trade WHERE trade_id = ?",  # noqa: S608 - name checked
            (trade_id,),
        )
        if found is None:
            raise UnknownTrade(trade_id)
        return found[0]


def _refuse_unknown(columns: Iterable[str]) -> None:
    unknown = set(columns) - set(TRADE_COLUMNS)
    if unknown:
        raise UnknownField(", ".join(sorted(unknown)))


def _stored(fields: Mapping[str, object]) -> dict[str, object]:
    """Columns as they are kept: moments as seconds, lists and patches as JSON."""
    _refuse_unknown(fields)
    columns = dict(fields)
    for name in _MOMENTS & columns.keys():
        columns[name] = as_moment(columns[name])
    for name in _JSON & columns.keys():
        if columns[name] is not None:
            columns[name] = json.dumps(columns[name], separators=(",", ":"))
    return columns


def _status_columns(status: str) -> dict[str, object]:
    ending = ending_of(status)
    return {
        "status": status,
        "summary": ending.summary,
        "steam_status": ending.steam_status,
        "error": ending.error,
    }


def _usual(
    number: int, game: int, status: str, items: Sequence[str], now: int
) -> dict[str, object]:
    """The columns of an ordinary trade in this status, created now."""
    names = list(items) or [DEFAULT_NAMES[game]]
    exchanged = status in EXCHANGED_STATUSES
    settles = now + 7 * DAY if exchanged and game == FREEZING_GAME else None
    return {
        **_status_columns(status),
        "trade_id": str(uuid.uuid4()),
        "custom_id": f"sell-{number:06d}",
        "offer_id": offer_id(number),
        "steam_trade_id": steam_trade_id(number, FIRST_BUYER) if exchanged else None,
        "buyer": FIRST_BUYER,
        "bot": 0,
        "receives": received(
            game, [(asset_id(number, place), name, "2") for place, name in enumerate(names)]
        ),
        "value": sum(usual_price(game, name) for name in names),
        "created": now,
        "updated": now,
        "settles": settles,
    }


def usual_price(game: int, name: str) -> int:
    item = BY_NAME.get((game, name))
    return item.price if item else 1000


def received(game: int, assets: Iterable[tuple[str, str, str]]) -> str:
    """items_to_receive as JSON of (assetid, market_hash_name, contextid)."""
    rows = [
        {
            "appid": game,
            "contextid": contextid,
            "assetid": assetid,
            "market_hash_name": name,
            "amount": "1",
        }
        for assetid, name, contextid in assets
    ]
    return json.dumps(rows, separators=(",", ":"))


def asset_id(number: int, place: int) -> str:
    return str(30_000_000_000 + number * 100 + place)


def offer_id(number: int) -> str:
    return str(6_000_000_000 + number)


def steam_trade_id(number: int, buyer: str) -> str:
    """The full id; its first part has 18 digits as Steam's have."""
    return f"{600_000_000_000_000_000 + number * 7919}_{buyer}"
