"""Rows whose text contains something, found without reading the others.

Items go by their names: a team has some thousands, however many trades, and all of them are looked
through. Other texts have an index over trigrams: PostgreSQL in pg_trgm (a migration makes it, where
the extension is to be had), SQLite in trades.text_index. Where neither is to be had the answers are
the same, and slower.
"""

import json
from collections.abc import Sequence

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BooleanField, F, Func, Q
from django.db.models.expressions import RawSQL

from accounts.models import Team
from trades import text_index
from trades.conditions import Condition
from trades.models import ItemName, Trade
from trades.models.trade import TradeQuerySet

OF_ITEMS = "item_names"
# Name by name, and of each no more rows than are asked for. A planner takes every name for a usual
# one and would read all items for a rare one, or all of a common one: what is ordered by the index,
# up to a limit that it does not know, it reads by the index alone.
_FIRST_ITEMS = {
    "postgresql": """SELECT held.trade_id FROM ({names}) AS named CROSS JOIN LATERAL (
            SELECT trade_id FROM trades_tradeitem
            WHERE folded_name_id >= named.id AND folded_name_id <= named.id
            ORDER BY folded_name_id LIMIT (SELECT %s)
        ) AS held LIMIT %s""",
    "sqlite": """SELECT DISTINCT held.trade_id FROM ({names}) AS named
        CROSS JOIN trades_tradeitem AS held ON held.folded_name_id = named.id LIMIT %s""",
}


class Plain(Func):
    """``+column``: the same value, which SQLite looks up in no index."""

    template = "+%(expressions)s"
    arity = 1


def by_index(team: Team, condition: Condition, using: str = DEFAULT_DB_ALIAS) -> TradeQuerySet:
    """A team's trades under a condition of "contains"; on SQLite from the full-text table."""
    connection = connections[using]
    trades = Trade.objects.using(using)
    if connection.vendor != "sqlite" or not text_index.is_kept(connection):
        return trades.filter(condition.found, team=team)
    text = _text_of(condition.found).replace('"', '""')
    sql = f"SELECT rowid FROM {text_index.TABLE} WHERE {text_index.TABLE} MATCH %s"  # noqa: S608 - our own name
    found = RawSQL(sql, [f'{condition.column}: "{text}"'])  # noqa: S611 - the text is a parameter
    # The team's index would be taken first, and its every row looked at.
    trades = trades.alias(plain_team=Plain(F("team_id"))).filter(plain_team=team.pk)
    return trades.filter(condition.found, pk__in=found)


def by_items(
    team: Team, condition: Condition, most: int, using: str = DEFAULT_DB_ALIAS
) -> list[int]:
    """The ids of a team's trades with an item whose name contains the text, at most so many."""
    names = ItemName.objects.using(using).filter(
        team=team, name__icontains=_text_of(condition.found)
    )
    named, parameters = names.order_by().values("id").query.get_compiler(using).as_sql()
    connection = connections[using]
    sql = _FIRST_ITEMS[connection.vendor].format(names=named)
    items = most
    while True:
        limits = [items] * (sql.count("%s") - len(parameters))
        with connection.cursor() as cursor:
            cursor.execute(sql, [*parameters, *limits])
            found = cursor.fetchall()
        trades = [pk for (pk,) in dict.fromkeys(found)]
        if len(found) < items or len(trades) >= most:
            return trades[:most]
        items *= 4  # several to a trade


def is_part_of_a_name(condition: Condition) -> bool:
    """The rows that ``by_items`` finds are just those of the condition."""
    return condition.column == OF_ITEMS and len(condition.found) == 1


def with_ids(trades: TradeQuerySet, ids: Sequence[int]) -> TradeQuerySet:
    """The trades of these ids; however many, they are one parameter."""
    on_postgres = connections[trades.db].vendor == "postgresql"
    listed = "= ANY(%s)" if on_postgres else "IN (SELECT value FROM json_each(%s))"
    parameter = list(ids) if on_postgres else json.dumps(ids)
    return trades.filter(RawSQL(f"trades_trade.id {listed}", [parameter], BooleanField()))  # noqa: S611


def _text_of(found: Q) -> str:
    text = found.children[0][1]  # type: ignore[index]
    return str(text)
