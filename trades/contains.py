"""Rows whose text contains something, found by an index over trigrams.

PostgreSQL has one in pg_trgm (a migration makes it, where the extension is to be had), SQLite in
trades.text_index. Where neither is to be had the answers are the same, and slower.
"""

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import F, Func, Q
from django.db.models.expressions import RawSQL

from accounts.models import Team
from trades import text_index
from trades.conditions import Condition
from trades.models import Trade
from trades.models.trade import TradeQuerySet


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


def _text_of(found: Q) -> str:
    text = found.children[0][1]  # type: ignore[index]
    return str(text)
