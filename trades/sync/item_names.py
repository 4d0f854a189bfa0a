"""The names of items, kept once a team: what a search looks through instead of the trades."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from django.db import connection, transaction

from trades.models import ItemName
from trades.sync.bulk import Merge, bulk
from trades.upstreams.records import TradeRecord

MOST_KNOWN = 20_000  # some three megabytes

NameIds = Mapping[str, int | None]
# One statement and one value, whatever is missing: while other threads read answers, each wait for
# the database costs more than what it does meanwhile. One look into the unique index for each name,
# whatever the statistics say.
_ASK = {
    "postgresql": """WITH asked AS MATERIALIZED (
            SELECT place, name, (
                SELECT id FROM trades_itemname WHERE team_id = %(team)s AND name = told.name
            ) AS id
            FROM json_array_elements_text(%(names)s::json) WITH ORDINALITY AS told (name, place)
        ), made AS (
            INSERT INTO trades_itemname (team_id, name)
            SELECT %(team)s, name FROM asked WHERE id IS NULL ORDER BY name
            ON CONFLICT DO NOTHING RETURNING name, id
        )
        SELECT json_agg(coalesce(asked.id, made.id) ORDER BY place)::text
        FROM asked LEFT JOIN made USING (name)""",
    "sqlite": """SELECT json_group_array(id) FROM (
            SELECT (
                SELECT id FROM trades_itemname WHERE team_id = %(team)s AND name = asked.value
            ) AS id
            FROM json_each(%(names)s) AS asked ORDER BY asked.key
        )""",
}


def folded(names: Iterable[str]) -> dict[str, str]:
    """Names as they came and as they are looked up; any thread may do it."""
    return {name: name.lower() for name in set(names) if name}


def folded_of(records: Iterable[TradeRecord]) -> dict[str, str]:
    return folded(item.name for record in records for item in record.items)


def ids_of(team_id: int, names: Mapping[str, str]) -> NameIds:
    """The id of each ``folded`` name as it came, made where it is missing; "" has none.

    Missing ones are inserted in order: two who bring the same wait for each other, never in turn.
    """
    wanted = list(names.values())
    ids = _asked(team_id, wanted)
    if None in ids:  # on PostgreSQL only where somebody else has made one meanwhile
        missing = {name for name, pk in zip(wanted, ids, strict=True) if pk is None}
        rows = [(team_id, name) for name in sorted(missing)]
        with transaction.atomic(savepoint=False):
            bulk().merge(Merge(ItemName, ("team_id", "name"), rows, "ON CONFLICT DO NOTHING"))
        ids = _asked(team_id, wanted)
    return {"": None, **dict(zip(names, ids, strict=True))}


class KnownNames:
    """Names of a team that a slice has looked up: a history brings the same ones page for page.

    What is known stays right: a name goes with its team alone.
    """

    def __init__(self, team_id: int) -> None:
        self._team_id = team_id
        self._ids: dict[str, int | None] = {}

    def ids_of(self, names: Mapping[str, str]) -> NameIds:
        """As ``ids_of``; what a transaction makes is known once that is committed."""
        known = {name: self._ids[name] for name in names if name in self._ids}
        found = ids_of(self._team_id, {name: names[name] for name in names.keys() - known.keys()})
        transaction.on_commit(lambda: self._remember(found))
        return {**known, **found}

    def _remember(self, found: NameIds) -> None:
        if len(self._ids) + len(found) > MOST_KNOWN:
            self._ids.clear()
        self._ids.update(found)


def _asked(team_id: int, names: Sequence[str]) -> list[int | None]:
    """The id of each, None where there is none yet."""
    if not names:
        return []
    told: dict[str, int | str] = {"team": team_id, "names": msgspec.json.encode(names).decode()}
    with connection.cursor() as cursor:
        cursor.execute(_ASK[connection.vendor], told)
        [found] = cursor.fetchone()
    return msgspec.json.decode(found, type=list[int | None])
