"""Day figures move by deltas in the transaction that moves the rows they count."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Sum
from django.db.models.functions import Coalesce, TruncDate

from accounts.models import MarketAccount
from trades.models import DayStat, Direction, Trade
from trades.models.stat import NO_GAME
from trades.sync.bulk import table
from trades.sync.rows import day_of

Row = TypeVar("Row")
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

    def write(self) -> None:
        moved = sorted((key, delta) for key, delta in self._deltas.items() if any(delta))
        for chunk in batched(moved, ROWS_A_STATEMENT):
            self._add(chunk)
        if any(delta[0] < 0 for _, delta in moved):
            DayStat.objects.filter(account=self._account, count=0).delete()

    def _add(self, moved: Sequence[tuple[DayKey, list[int]]]) -> None:
        values: list[Any] = [
            value
            for key, delta in moved
            for value in (self._account.team_id, self._account.pk, *key, *delta)
        ]
        rows = ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s, %s)"] * len(moved))
        with connection.cursor() as cursor:
            cursor.execute(_ADD.format(table=table(DayStat), rows=rows), values)


def rebuild(account: MarketAccount) -> None:
    """Count every row anew; inside the caller's transaction, which holds the account."""
    sells = Trade.objects.filter(account=account, direction=Direction.SELL)
    by_day = sells.annotate(
        day=TruncDate("sort_at", tzinfo=ZoneInfo(account.stat_zone)),
        game=Coalesce("game_id", NO_GAME),
    )
    counted = (
        by_day.values("day", "game", "status", "phase")
        .annotate(trades=Count("*"), known=Sum("value_milli"), valued=Count("value_milli"))
        .order_by()
    )
    DayStat.objects.filter(account=account).delete()
    DayStat.objects.bulk_create([_day_stat(account, row) for row in counted], batch_size=500)


def _day_stat(account: MarketAccount, row: Mapping[str, Any]) -> DayStat:
    return DayStat(
        team_id=account.team_id,
        account=account,
        day=row["day"],
        game_id=row["game"],
        status=row["status"],
        phase=row["phase"],
        count=row["trades"],
        value_milli=row["known"] or 0,
        unknown_count=row["trades"] - row["valued"],
    )


ROWS_A_STATEMENT = 500

_ADD = """
INSERT INTO {table}
    (team_id, account_id, day, game_id, status, phase, count, value_milli, unknown_count)
VALUES {rows}
ON CONFLICT (account_id, day, game_id, status, phase) DO UPDATE SET
    count = {table}.count + excluded.count,
    value_milli = {table}.value_milli + excluded.value_milli,
    unknown_count = {table}.unknown_count + excluded.unknown_count
"""


def batched(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
