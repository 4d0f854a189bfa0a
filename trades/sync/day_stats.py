"""Day figures move by deltas in the transaction that moves the rows they count."""

from collections import defaultdict
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.models import MarketAccount
from trades.models import DayStat, Direction
from trades.models.stat import NO_GAME
from trades.sync.bulk import Bulk, table
from trades.sync.rows import day_of

DayKey = tuple[date, int, str, str]  # day, game, status, phase


class Counted(NamedTuple):
    """What the figures of a day need to know of a trade."""

    direction: str
    sort_at: datetime
    game_id: int | None
    status: str
    phase: str
    value_milli: int | None


class DayDeltas:
    """Collects what a page changes, then adds it to ``DayStat`` in one go, in sorted order."""

    def __init__(self, account: MarketAccount) -> None:
        self._account = account
        self._zone = ZoneInfo(account.stat_zone)
        self._deltas: dict[DayKey, list[int]] = defaultdict(lambda: [0, 0, 0])

    def add(self, trade: Counted) -> None:
        self._move(1, trade)

    def remove(self, trade: Counted) -> None:
        self._move(-1, trade)

    def _move(self, sign: int, trade: Counted) -> None:
        if trade.direction != Direction.SELL:
            return
        game = NO_GAME if trade.game_id is None else trade.game_id
        day = day_of(trade.sort_at, self._zone)
        delta = self._deltas[day, game, trade.status, str(trade.phase)]
        delta[0] += sign
        if trade.value_milli is None:
            delta[2] += sign
        else:
            delta[1] += sign * trade.value_milli

    def write(self, writer: Bulk) -> None:
        moved = sorted((key, delta) for key, delta in self._deltas.items() if any(delta))
        writer.execute_each(
            _ADD.format(table=table(DayStat)),
            [
                (self._account.team_id, self._account.pk, day, game, status, phase, *delta)
                for (day, game, status, phase), delta in moved
            ],
        )
        if any(delta[0] < 0 for _, delta in moved):
            DayStat.objects.filter(account=self._account, count=0).delete()


_ADD = """
INSERT INTO {table}
    (team_id, account_id, day, game_id, status, phase, count, value_milli, unknown_count)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (account_id, day, game_id, status, phase) DO UPDATE SET
    count = {table}.count + excluded.count,
    value_milli = {table}.value_milli + excluded.value_milli,
    unknown_count = {table}.unknown_count + excluded.unknown_count
"""
