"""What a person reads of the mirror: filtered history, what is frozen until when."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from accounts.models import KeyState, MarketAccount, Team
from dashboard import clock
from trades.conditions import Condition, conditions
from trades.filters import (
    KNOWN_GAMES,
    KNOWN_STATUSES,
    OTHER_GAMES,
    OTHER_STATUSES,
    IdKind,
    TradeFilter,
)
from trades.models import SyncState, Trade, TradeItem
from trades.models.stat import NO_GAME
from trades.models.sync import HISTORY
from trades.models.trade import TradeQuerySet
from trades.narrowing import narrowed

COUNT_CAP = 10_000
LATELY = timedelta(minutes=15)
OFFERED_CAP = 60
ID_HITS_CAP = 1_000
NO_SUCH_WORD = "\x1f"


def accounts_of(team: Team) -> list[MarketAccount]:
    """Every account of the team, those found to be doubles included."""
    accounts = with_lately(MarketAccount.objects.filter(team=team).order_by("id"))
    return list(accounts.annotate(is_arriving=_unfinished()))


def with_lately(accounts: QuerySet[MarketAccount]) -> QuerySet[MarketAccount]:
    """``asked_lately`` and ``failing_lately``: how many of an account's streams; None for none.

    A key that the market refuses says nothing of the market's own state.
    """
    since = clock.now() - LATELY
    refused = Q(account__keys__state=KeyState.REJECTED)
    heard = Q(last_good_at__gte=since) | Q(last_error_at__gte=since, failures__gt=0)
    streams = SyncState.objects.filter(heard, account=OuterRef("pk")).exclude(refused)
    told = streams.order_by().values("account").annotate(asked=Count("pk"))
    return accounts.annotate(
        asked_lately=Subquery(told.values("asked")),
        failing_lately=Subquery(told.filter(failures__gt=0).values("asked")),
    )


def _unfinished() -> Exists:
    """A history that is still being read."""
    streams = SyncState.objects.filter(account=OuterRef("pk"), stream__in=HISTORY)
    return Exists(streams.filter(finished_at=None, due_at__isnull=False))


def history_is_arriving(accounts: Sequence[MarketAccount]) -> bool:
    """Of accounts as ``accounts_of`` reads them."""
    return any(each.is_active and getattr(each, "is_arriving", False) for each in accounts)


def matching(
    team: Team,
    wanted: TradeFilter,
    accounts: Sequence[MarketAccount],
    *,
    using: str = DEFAULT_DB_ALIAS,
) -> TradeQuerySet:
    """Trades under the filter, unordered; it may ask the database what leads best."""
    asked = asked_of(team, wanted, accounts, using=using)
    if not wanted.ids:
        return narrowed(team, asked, wanted, using)
    found = _with_ids(team, wanted, accounts, using)
    trades = Trade.objects.using(using).filter(team=team, pk__in=found)
    return trades.filter(*(condition.found for condition in asked))


def asked_of(
    team: Team,
    wanted: TradeFilter,
    accounts: Sequence[MarketAccount],
    *,
    using: str = DEFAULT_DB_ALIAS,
) -> list[Condition]:
    """All conditions of the filter but its ids."""
    return conditions(_in_words_present(team, wanted, using), accounts)


def _in_words_present(team: Team, wanted: TradeFilter, using: str) -> TradeFilter:
    """What "any other" stands for: an index finds words, not the lack of some."""
    if OTHER_STATUSES in wanted.statuses:
        words = present(team, using).statuses
        others = [word for word in words if word not in KNOWN_STATUSES]
        if len(words) < OFFERED_CAP:
            wanted = wanted.with_(statuses=_replaced(wanted.statuses, OTHER_STATUSES, others))
    if OTHER_GAMES in wanted.games:
        found = present(team, using).games
        strangers = [str(game) for game in found if game not in KNOWN_GAMES]
        if len(found) < OFFERED_CAP:
            games = [str(NO_GAME), *strangers]
            wanted = wanted.with_(games=_replaced(wanted.games, OTHER_GAMES, games))
    return wanted


def _replaced(asked: Sequence[str], marker: str, found: Sequence[str]) -> tuple[str, ...]:
    """A word that no trade has stands for none, so that nothing found is not "everything"."""
    kept = [word for word in asked if word != marker]
    return tuple(dict.fromkeys([*kept, *(found or [NO_SUCH_WORD])]))


def _with_ids(
    team: Team, wanted: TradeFilter, accounts: Sequence[MarketAccount], using: str
) -> list[int]:
    """Look ids up first, by their own indexes: sorting by time beside it would walk the history."""
    asked = list(wanted.ids)
    kinds = {
        IdKind.TRADE: Q(account_id__in=[one.pk for one in accounts], upstream_id__in=asked),
        IdKind.CUSTOM: Q(team=team, custom_id__in=asked),
        IdKind.OFFER: Q(team=team, offer_id__in=asked),
        IdKind.STEAM_TRADE: Q(team=team) & _steam_trades(asked),
    }
    found = Q()
    for kind, question in kinds.items():
        if wanted.id_kind in {IdKind.ANY, kind}:
            found |= question
    hits = Trade.objects.using(using).filter(found).values_list("pk", flat=True)
    return list(hits[:ID_HITS_CAP])


def _steam_trades(asked: Sequence[str]) -> Q:
    """A full id is found by its bare part, which has the index; a bare one finds every full one."""
    bare = [text for text in asked if "_" not in text]
    full = [text for text in asked if text.partition("_")[0] != text]
    keys = [text.partition("_")[0] for text in full]
    return Q(steam_trade_key__in=bare) | Q(
        steam_trade_key__in=[key for key in keys if key], steam_trade_id__in=full
    )


def count_matching(trades: TradeQuerySet) -> tuple[int, bool]:
    """How many, and whether that is exact: counting stops at ``COUNT_CAP``."""
    found = trades.order_by().values("pk")[: COUNT_CAP + 1].count()
    return min(found, COUNT_CAP), found <= COUNT_CAP


def with_count(
    accounts: QuerySet[MarketAccount], name: str, wanted: TradeFilter, upstreams: Sequence[str]
) -> QuerySet[MarketAccount]:
    """``name``: how many trades of an account of ``upstreams`` are under the filter, 0 of others.

    Quick where it asks for one phase and days.
    """
    asked = [condition.found for condition in conditions(wanted, ())]
    mine = Trade.objects.filter(*asked, account=OuterRef("pk")).order_by().values("account")
    count = Subquery(mine.annotate(trades=Count("pk")).values("trades"))
    counted = Case(When(upstream__in=upstreams, then=Coalesce(count, 0)), default=0)
    return accounts.annotate(**{name: counted})


def first_item() -> Subquery:
    """The name of a trade's first item, in the query that reads the trade."""
    items = TradeItem.objects.filter(trade=OuterRef("pk")).order_by("id")
    return Subquery(items.values("name")[:1])


class Present(NamedTuple):
    """What a team's trades have, at most ``OFFERED_CAP`` of each."""

    games: list[int]
    statuses: list[str]


def present(team: Team, using: str = DEFAULT_DB_ALIAS) -> Present:
    """Jump from value to value through the index: DISTINCT would read every row of the team."""
    sql = f"{_JUMPS.format(column='game_id')} UNION ALL {_JUMPS.format(column='status')}"
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [team.pk, team.pk, OFFERED_CAP] * 2)
        found = cursor.fetchall()
    games = sorted(int(word) for column, word in found if column == "game_id")
    return Present(games, sorted(str(word) for column, word in found if column == "status"))


_JUMPS = """
    SELECT * FROM (
        WITH RECURSIVE present(found, hops) AS (
            SELECT (SELECT MIN({column}) FROM trades_trade WHERE team_id = %s), 1
            UNION ALL
            SELECT (SELECT MIN({column}) FROM trades_trade
                    WHERE team_id = %s AND {column} > present.found), hops + 1
            FROM present WHERE present.found IS NOT NULL AND hops < %s
        )
        SELECT '{column}' AS what, CAST(found AS varchar(64)) AS word
        FROM present WHERE found IS NOT NULL
    ) AS jumps_{column}
"""
