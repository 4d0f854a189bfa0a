"""Day figures move by deltas in the transaction that moves the rows they count."""

from collections import defaultdict
from datetime import date, datetime
from zoneinfo import ZoneInfo

from accounts.models import MarketAccount
from trades.models import DayStat, Direction
from trades.models.stat import NO_GAME
from trades.sync.bulk import Bulk, table
from trades.sync.rows import day_of

type_key = tuple[date, int, str, str]


class DayDeltas:
    """Collects what a page changes, then adds it to ``DayStat`` in one go, in sorted order."""

    def __init__(self, account: MarketAccount) -> None:
        self._account = account
        self._zone = ZoneInfo(account.stat_zone)
        self._deltas: dict[type_key, list[int]] = defaultdict(lambda: [0, 0, 0])

    def add(
        self,
        direction: str,
        sort_at: datetime,
        game_id: int | None,
        status: str,
        phase: str,
        value_milli: int | None,
    ) -> None:
        self._move(1, direction, sort_at, game_id, status, phase, value_milli)

    def remove(
        self,
        direction: str,
        sort_at: datetime,
        game_id: int | None,
        status: str,
        phase: str,
        value_milli: int | None,
    ) -> None:
        self._move(-1, direction, sort_at, game_id, status, phase, value_milli)

    def _move(
        self,
        sign: int,
        direction: str,
        sort_at: datetime,
        game_id: int | None,
        status: str,
        phase: str,
        value_milli: int | None,
    ) -> None:
        if direction != Direction.SELL:
            return
        game = NO_GAME if game_id is None else game_id
        delta = self._deltas[day_of(sort_at, self._zone), game, status, str(phase)]
        delta[0] += sign
        if value_milli is None:
            delta[2] += sign
        else:
            delta[1] += sign * value_milli

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
