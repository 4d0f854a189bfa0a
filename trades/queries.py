"""What a person reads of the mirror: filtered history, its counts, what is frozen until when.

``TradeFilter`` is the one filter: trades.forms builds it, queries, links and pages use it alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count, Min, Q, Sum
from django.db.models.functions import TruncDate

from accounts.models import MarketAccount, Team
from trades.models import Direction, Phase, SyncState, Trade, TradeItem
from trades.models.stat import NO_GAME
from trades.models.sync import Stream
from trades.models.trade import TradeQuerySet

KNOWN_GAMES = (730, 570, 440, 252490)
OTHER_GAMES = "other"
# The seven of the market's documents; its statistics count everything else as errors.
KNOWN_STATUSES = (
    "processing",
    "accepted",
    "completed",
    "cancelled",
    "declined",
    "rolled_back_by_user",
    "rolled_back_by_bot",
)
OTHER_STATUSES = "(other)"
FREE_UNKNOWN = "unknown"
COUNT_CAP = 10_000
OFFERED_CAP = 60
ID_HITS_CAP = 1_000


@dataclass(frozen=True, slots=True)
class TradeFilter:
    """Empty fields ask for nothing. Days are whole days of ``zone``, both ends included."""

    game: str = ""  # a game id, "0" for trades without a game, OTHER_GAMES
    status: str = ""  # as the upstream says it, OTHER_STATUSES
    phase: str = ""
    direction: str = ""
    account: int | None = None
    since: date | None = None
    until: date | None = None
    zone: tzinfo = UTC
    free: str = ""  # the ISO day frozen money becomes free, FREE_UNKNOWN
    text: str = ""  # one whole id of any kind

    def params(self) -> dict[str, str]:
        """The filter as the address carries it, empty fields left out."""
        named = {
            "q": self.text,
            "game": self.game,
            "status": self.status,
            "phase": self.phase,
            "direction": self.direction,
            "account": str(self.account or ""),
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "free": self.free,
        }
        return {name: value for name, value in named.items() if value}

    def query(self, **more: str) -> str:
        """The part of the address after "?"."""
        return urlencode(self.params() | {name: value for name, value in more.items() if value})

    def without(self, *names: str) -> "TradeFilter":
        empty = TradeFilter()
        return replace(self, **{name: getattr(empty, name) for name in names})


class TradeLine(NamedTuple):
    """One row of the history, as the database has it."""

    id: int
    sort_at: datetime
    created_at: datetime | None
    game_id: int | None
    item_count: int
    phase: str
    direction: str
    status: str
    summary: str
    value_milli: int | None
    custom_id: str | None
    bot_name: str
    account_id: int


class FreeDay(NamedTuple):
    """Frozen sells that become free on one day; None = the upstream gave no date."""

    day: date | None
    sells: int
    value_milli: int | None  # of the known ones; None when none is known
    unknown_count: int


def accounts_of(team: Team) -> list[MarketAccount]:
    """Every account of the team, those found to be doubles included."""
    return list(MarketAccount.objects.filter(team=team))


def day_start(day: date, zone: tzinfo) -> datetime:
    """The first instant of a day; a midnight that the clocks skip or repeat is the earlier one."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def matching(team: Team, wanted: TradeFilter, accounts: Sequence[MarketAccount]) -> TradeQuerySet:
    """Trades under the filter; an account found to be a double is never shown twice."""
    trades = Trade.objects.in_team(team)
    doubles = [account.pk for account in accounts if not account.is_active]
    if doubles:
        trades = trades.exclude(account_id__in=doubles)
    trades = trades.filter(_by_words(wanted), _by_game(wanted), _by_days(wanted))
    if wanted.text:
        trades = trades.filter(pk__in=_with_id(team, wanted.text, accounts))
    return trades


def lines(trades: TradeQuerySet) -> Any:
    """The columns of a history row, unsliced; rows come as named tuples like ``TradeLine``."""
    return trades.values_list(*TradeLine._fields, named=True)


def _by_words(wanted: TradeFilter) -> Q:
    found = Q()
    if wanted.status == OTHER_STATUSES:
        found &= ~Q(status__in=KNOWN_STATUSES)
    elif wanted.status:
        found &= Q(status=wanted.status)
    if wanted.phase:
        found &= Q(phase=wanted.phase)
    if wanted.direction:
        found &= Q(direction=wanted.direction)
    if wanted.account:
        found &= Q(account_id=wanted.account)
    return found


def _by_game(wanted: TradeFilter) -> Q:
    if not wanted.game:
        return Q()
    if wanted.game == OTHER_GAMES:
        return Q(game_id=None) | ~Q(game_id__in=KNOWN_GAMES)
    if int(wanted.game) == NO_GAME:
        return Q(game_id=None) | Q(game_id=NO_GAME)
    return Q(game_id=int(wanted.game))


def _by_days(wanted: TradeFilter) -> Q:
    found = Q()
    if wanted.since:
        found &= Q(sort_at__gte=day_start(wanted.since, wanted.zone))
    if wanted.until:
        found &= Q(sort_at__lt=day_start(wanted.until + timedelta(days=1), wanted.zone))
    if wanted.free:
        found &= Q(phase=Phase.FROZEN) & _by_settlement(wanted)
    return found


def _by_settlement(wanted: TradeFilter) -> Q:
    if wanted.free == FREE_UNKNOWN:
        return Q(settles_at=None)
    day = date.fromisoformat(wanted.free)
    after = day_start(day + timedelta(days=1), wanted.zone)
    return Q(settles_at__gte=day_start(day, wanted.zone), settles_at__lt=after)


def _with_id(team: Team, text: str, accounts: Sequence[MarketAccount]) -> list[int]:
    """Look an id up first, by its own indexes: sorting by time beside it would walk the history."""
    steam = Q(steam_trade_key=text.partition("_")[0]) & ~Q(steam_trade_key="")
    if "_" in text:
        steam &= Q(steam_trade_id=text)
    found = (
        Q(account_id__in=[account.pk for account in accounts], upstream_id=text)
        | Q(team=team, custom_id=text)
        | (Q(team=team, offer_id=text) & ~Q(offer_id=""))
        | (Q(team=team) & steam)
    )
    return list(Trade.objects.filter(found).values_list("pk", flat=True)[:ID_HITS_CAP])


def count_matching(trades: TradeQuerySet) -> tuple[int, bool]:
    """How many, and whether that is exact: counting stops at ``COUNT_CAP``."""
    found = trades.order_by().values("pk")[: COUNT_CAP + 1].count()
    return min(found, COUNT_CAP), found <= COUNT_CAP


def first_item_names(trade_ids: Sequence[int]) -> dict[int, str]:
    """The name of each trade's first item, in one query however many items they hold."""
    first = (
        TradeItem.objects.filter(trade_id__in=trade_ids)
        .order_by()
        .values("trade_id")
        .annotate(first=Min("id"))
        .values("first")
    )
    return dict(TradeItem.objects.filter(pk__in=first).values_list("trade_id", "name"))


def statuses_present(team: Team) -> list[str]:
    return [str(status) for status in _distinct_by_index("status", team)]


def games_present(team: Team) -> list[int]:
    return [int(game) for game in _distinct_by_index("game_id", team)]


def _distinct_by_index(column: str, team: Team) -> list[Any]:
    """Jump from value to value through the index: DISTINCT would read every row of the team."""
    if column not in {"status", "game_id"}:
        raise ValueError(column)
    sql = f"""
        WITH RECURSIVE present(found, hops) AS (
            SELECT (SELECT MIN({column}) FROM trades_trade WHERE team_id = %s), 1
            UNION ALL
            SELECT (SELECT MIN({column}) FROM trades_trade
                    WHERE team_id = %s AND {column} > present.found), hops + 1
            FROM present WHERE present.found IS NOT NULL AND hops < {OFFERED_CAP}
        )
        SELECT found FROM present WHERE found IS NOT NULL ORDER BY found
    """  # noqa: S608 - the column is one of two names written above
    with connection.cursor() as cursor:
        cursor.execute(sql, [team.pk, team.pk])
        return [row[0] for row in cursor.fetchall()]


def frozen_by_day(team: Team, accounts: Sequence[MarketAccount], zone: tzinfo) -> list[FreeDay]:
    """When frozen sells become free, by day of ``zone``, soonest first, undated ones last."""
    active = [account.pk for account in accounts if account.is_active]
    rows = (
        Trade.objects.in_team(team)
        .filter(account_id__in=active, phase=Phase.FROZEN, direction=Direction.SELL)
        .order_by()
        .values(day=TruncDate("settles_at", tzinfo=zone))
        .annotate(sells=Count("pk"), value=Sum("value_milli"), known=Count("value_milli"))
    )
    found = [
        FreeDay(row["day"], row["sells"], row["value"], row["sells"] - row["known"]) for row in rows
    ]
    return sorted(found, key=lambda row: (row.day is None, row.day or date.max))


def history_is_arriving(accounts: Sequence[MarketAccount]) -> bool:
    return SyncState.objects.filter(
        account__in=[account for account in accounts if account.is_active],
        stream=Stream.BACKFILL,
        finished_at=None,
        due_at__isnull=False,
    ).exists()
