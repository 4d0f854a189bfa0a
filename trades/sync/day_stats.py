"""Figures move by deltas in the transaction that moves the rows they count."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from django.db import models

from accounts.models import MarketAccount
from trades.models import DayStat, Direction, FrozenStat, Phase, SellTotal
from trades.models.stat import NO_DAY, NO_GAME
from trades.sync.bulk import Merge, bulk, quoted, table
from trades.sync.rows import day_of

Row = TypeVar("Row")
Key = tuple[Any, ...]
# Day, then game, status and phase, then the day that frozen money is free, then the value.
_Kind = tuple[date, tuple[int, str, str], date | None, int | None]

# What each roll-up tells apart beside the account; every one of them is kept for sells alone.
KEYS: dict[type[models.Model], tuple[str, ...]] = {
    DayStat: ("day", "game_id", "status", "phase"),
    SellTotal: ("game_id", "status", "phase"),
    FrozenStat: ("day",),
}
SUMS = ("count", "value_milli", "unknown_count")


class Counted(NamedTuple):
    """What the figures need to know of a trade."""

    direction: str
    sort_at: datetime
    game_id: int | None
    status: str
    phase: str
    value_milli: int | None
    settles_at: datetime | None


class DayDeltas:
    """Collects what a page changes, then adds it to each roll-up in one go, in sorted order."""

    def __init__(self, account: MarketAccount) -> None:
        self._account = account
        self._zone = ZoneInfo(account.stat_zone)
        self._deltas: dict[type[models.Model], dict[Key, list[int]]] = {
            model: defaultdict(lambda: [0, 0, 0]) for model in KEYS
        }

    def add(self, trade: Counted) -> None:
        self._move(1, self._kind_of(trade))

    def add_all(self, trades: Iterable[Counted]) -> None:
        """Those of a kind at once: of a page's rows there are few kinds."""
        for kind, times in Counter(map(self._kind_of, trades)).items():
            self._move(times, kind)

    def remove(self, trade: Counted) -> None:
        self._move(-1, self._kind_of(trade))

    def _kind_of(self, trade: Counted) -> _Kind | None:
        if trade.direction != Direction.SELL:
            return None
        free = None
        if trade.phase == Phase.FROZEN:
            free = day_of(trade.settles_at, self._zone) if trade.settles_at else NO_DAY
        game = NO_GAME if trade.game_id is None else trade.game_id
        day = day_of(trade.sort_at, self._zone)
        return (day, (game, trade.status, str(trade.phase)), free, trade.value_milli)

    def _move(self, times: int, kind: _Kind | None) -> None:
        if kind is None:
            return
        day, told, free, value_milli = kind
        self._add_to(DayStat, (day, *told), times, value_milli)
        self._add_to(SellTotal, told, times, value_milli)
        if free is not None:
            self._add_to(FrozenStat, (free,), times, value_milli)

    def _add_to(
        self, model: type[models.Model], key: Key, times: int, value_milli: int | None
    ) -> None:
        delta = self._deltas[model][key]
        delta[0] += times
        if value_milli is None:
            delta[2] += times
        else:
            delta[1] += times * value_milli

    def write(self) -> None:
        merges = [self._merge(model, deltas) for model, deltas in self._deltas.items()]
        merges = [merge for merge in merges if merge.rows]
        if merges:
            bulk().merge(*merges)
        for model, deltas in self._deltas.items():
            if any(delta[0] < 0 for delta in deltas.values()):
                model._default_manager.filter(account=self._account, count=0).delete()

    def _merge(self, model: type[models.Model], deltas: Mapping[Key, list[int]]) -> Merge:
        owner = (self._account.team_id, self._account.pk)
        moved = sorted((key, delta) for key, delta in deltas.items() if any(delta))
        return Merge(
            model,
            ("team_id", "account_id", *KEYS[model], *SUMS),
            [(*owner, *key, *delta) for key, delta in moved],
            _adding(model),
        )


def _adding(model: type[models.Model]) -> str:
    name = table(model)
    sums = ", ".join(f"{each} = {name}.{each} + excluded.{each}" for each in SUMS)
    return f"ON CONFLICT ({quoted(['account_id', *KEYS[model]])}) DO UPDATE SET {sums}"


def batched(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
