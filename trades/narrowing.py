"""Which condition leads: planners guess, we look.

A list is read either along its sort order, dropping what does not fit, or from the few rows of
one rare condition, sorted afterwards. The first is quick when rows that fit are common, the second
when they are rare; with a wrong guess each of them reads the whole history. So each condition that
has an index is probed for ``RARE`` rows: the first that has fewer leads.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import F, Q

from accounts.models import MarketAccount, Team
from trades import contains
from trades.conditions import INDEXED_TEXTS, Condition
from trades.contains import OF_ITEMS, Plain
from trades.filters import COLUMNS, Sort, TradeFilter
from trades.models import Trade
from trades.models.trade import TradeQuerySet

RARE = 1_000
MOST_PROBES = 3
# The likeliest to be rare first. No index knows bots: a rare one is looked for once, not twice.
_LEADERS = (*INDEXED_TEXTS.values(), "bot_name", "value_milli", "settles_at", "updated_at",
            "direction", "phase", "status", "game_id")  # fmt: skip
_BY_ACCOUNT = {"direction", "phase"}  # their indexes start with the account


def narrowed(
    team: Team,
    asked: Sequence[Condition],
    wanted: TradeFilter,
    using: str = DEFAULT_DB_ALIAS,
) -> TradeQuerySet:
    """A team's trades under the conditions, with what leads decided."""
    rare = _rare_rows(team, asked, using)
    if rare is not None:
        return among(rare, asked, using)
    trades = Trade.objects.using(using)
    order = COLUMNS[Sort(wanted.sort)]
    leading = [each for each in asked if _serves(each, order)][:1]
    return _all_of(trades.filter(*(each.found for each in leading), team=team), asked)


def among(
    found: Sequence[int], asked: Sequence[Condition], using: str = DEFAULT_DB_ALIAS
) -> TradeQuerySet:
    """Those of a few rows that fit the conditions."""
    return _all_of(Trade.objects.using(using).filter(pk__in=found), asked)


def _rare_rows(team: Team, asked: Sequence[Condition], using: str) -> list[int] | None:
    for leader in leaders(asked)[:MOST_PROBES]:
        found = _first_ids(team, leader, RARE + 1, using)
        if len(found) <= RARE:
            return found
    return None


def _first_ids(team: Team, leader: Condition, most: int, using: str) -> list[int]:
    if leader.column == OF_ITEMS:
        return contains.by_items(team, leader, most, using)
    return list(led(team, leader, most, using).values_list("pk", flat=True))


def leaders(asked: Sequence[Condition], *, indexed: bool = False) -> list[Condition]:
    """Those that can be rare, the likeliest first; only those that have an index, if asked."""
    columns = [column for column in _LEADERS if column != "bot_name" or not indexed]
    return [each for column in columns for each in asked if each.column == column]


def led(team: Team, leader: Condition, most: int, using: str = DEFAULT_DB_ALIAS) -> TradeQuerySet:
    """So many rows of one condition by its index, in no order, or all if there are fewer.

    Those of an item's name are met by its items: of a whole name, some that only contain it too.
    """
    trades = Trade.objects.using(using).order_by()
    if leader.column == OF_ITEMS:
        return contains.with_ids(trades, contains.by_items(team, leader, most, using))
    if leader.column in INDEXED_TEXTS.values():
        return contains.by_index(team, leader, using).order_by()[:most]
    if leader.column in _BY_ACCOUNT:
        accounts = MarketAccount.objects.using(using).filter(team=team).order_by()
        return trades.filter(leader.found, account__in=accounts.values("pk"))[:most]
    return trades.filter(leader.found, team=team)[:most]


def _serves(condition: Condition, order: str) -> bool:
    """An index over this condition gives the rows in the wanted order."""
    is_one_value = len(condition.found) == 1 and not condition.found.negated
    in_order_of_time = condition.column in {"status", "game_id"} and is_one_value
    return condition.column == order or (order == "sort_at" and in_order_of_time)


def _all_of(trades: TradeQuerySet, asked: Sequence[Condition]) -> TradeQuerySet:
    """Every condition, on PostgreSQL as it is, on SQLite kept off the indexes.

    SQLite has no statistics and would lead with a common condition after all.
    """
    for condition in asked:
        if connections[trades.db].vendor == "sqlite":
            trades = trades.alias(**_plain_columns(condition.found))
            trades = trades.filter(_on_plain_columns(condition.found))
        else:
            trades = trades.filter(condition.found)
    return trades


_PREFIX = "plain_"


def _plain_columns(found: Q) -> dict[str, Any]:
    names = {key.partition("__")[0] for key, _ in _lookups(found)}
    return {f"{_PREFIX}{name}": Plain(F(name)) for name in names}


def _lookups(found: Q) -> Iterator[tuple[str, Any]]:
    for child in cast("list[Q | tuple[str, Any]]", found.children):
        yield from _lookups(child) if isinstance(child, Q) else [child]


def _on_plain_columns(found: Q) -> Q:
    children = [
        _on_plain_columns(child) if isinstance(child, Q) else (f"{_PREFIX}{child[0]}", child[1])
        for child in cast("list[Q | tuple[str, Any]]", found.children)
    ]
    return Q(*children, _connector=found.connector, _negated=found.negated)
