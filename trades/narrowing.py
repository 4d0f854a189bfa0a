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

from accounts.models import Team
from trades import contains
from trades.conditions import INDEXED_TEXTS, Condition
from trades.contains import Plain
from trades.filters import COLUMNS, Sort, TradeFilter
from trades.models import Trade
from trades.models.trade import TradeQuerySet

RARE = 1_000
MOST_PROBES = 3
# The likeliest to be rare first.
_LEADERS = (*INDEXED_TEXTS.values(), "bot_name", "value_milli", "settles_at", "updated_at",
            "status", "game_id")  # fmt: skip


def narrowed(
    team: Team,
    asked: Sequence[Condition],
    wanted: TradeFilter,
    using: str = DEFAULT_DB_ALIAS,
) -> TradeQuerySet:
    """A team's trades under the conditions, with what leads decided."""
    rare = _rare_rows(team, asked, using)
    trades = Trade.objects.using(using)
    if rare is not None:
        return _all_of(trades.filter(pk__in=rare), asked)
    order = COLUMNS[Sort(wanted.sort)]
    leading = [each for each in asked if _serves(each, order)][:1]
    return _all_of(trades.filter(*(each.found for each in leading), team=team), asked)


def _rare_rows(team: Team, asked: Sequence[Condition], using: str) -> list[int] | None:
    for leader in leaders(asked)[:MOST_PROBES]:
        found = list(led(team, leader, using).values_list("pk", flat=True)[: RARE + 1])
        if len(found) <= RARE:
            return found
    return None


def leaders(asked: Sequence[Condition]) -> list[Condition]:
    """Those that have an index, the likeliest to be rare first."""
    return [each for column in _LEADERS for each in asked if each.column == column]


def led(team: Team, leader: Condition, using: str = DEFAULT_DB_ALIAS) -> TradeQuerySet:
    """The rows of one condition by its index, in no order."""
    if leader.column in INDEXED_TEXTS.values():
        return contains.by_index(team, leader, using).order_by()
    return Trade.objects.using(using).filter(leader.found, team=team).order_by()


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
