"""What lies in the Steam inventories of the accounts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trades.sandbox.store import Store

PLAIN_CONTEXT = "2"
PROTECTED_CONTEXT = "16"  # CS2 alone: traded within the last seven days


@dataclass(frozen=True, slots=True)
class Asset:
    assetid: str
    name: str
    tradable: bool


class Assets:
    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        steamid64: str,
        game: int,
        assets: Iterable[Asset],
        contextid: str = PLAIN_CONTEXT,
    ) -> None:
        self._store.run_many(
            "INSERT OR REPLACE INTO asset (steamid64, game, contextid, assetid, name, tradable)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [(steamid64, game, contextid, one.assetid, one.name, one.tradable) for one in assets],
        )

    def listed(self, steamid64: str, game: int, contextid: str) -> list[Asset]:
        """Newest first, what was sold left out."""
        rows = self._store.rows(
            "SELECT assetid, name, tradable FROM asset WHERE steamid64 = ? AND game = ?"
            " AND contextid = ? AND NOT gone ORDER BY seq DESC",
            (steamid64, game, contextid),
        )
        return [Asset(assetid, name, bool(tradable)) for assetid, name, tradable in rows]

    def take(self, steamid64: str, game: int, asset_ids: Sequence[str]) -> None:
        self._mark(steamid64, game, asset_ids, gone=True)

    def give_back(self, steamid64: str, game: int, asset_ids: Sequence[str]) -> None:
        self._mark(steamid64, game, asset_ids, gone=False)

    def _mark(self, steamid64: str, game: int, asset_ids: Sequence[str], *, gone: bool) -> None:
        self._store.run_many(
            "UPDATE asset SET gone = ? WHERE steamid64 = ? AND game = ? AND assetid = ?",
            [(gone, steamid64, game, asset_id) for asset_id in asset_ids],
        )
