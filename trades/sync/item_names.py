"""The names of items, kept once a team: what a search looks through instead of the trades."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from django.db import connection, transaction

from trades.models import ItemName
from trades.sync.bulk import bulk
from trades.upstreams.records import TradeRecord

# One answer of a single value, as a row a name would cost as much as the rest; one look into the
# unique index for each, whatever the statistics say.
_LOOK_UP = {
    "postgresql": """SELECT json_agg((
            SELECT id FROM trades_itemname WHERE team_id = %s AND name = asked.name
        ) ORDER BY asked.place)::text
        FROM json_array_elements_text(%s::json) WITH ORDINALITY AS asked (name, place)""",
    "sqlite": """SELECT json_group_array(id) FROM (
            SELECT (
                SELECT id FROM trades_itemname WHERE team_id = %s AND name = asked.value
            ) AS id
            FROM json_each(%s) AS asked ORDER BY asked.key
        )""",
}


def folded(names: Iterable[str]) -> dict[str, str]:
    """Names as they came and as they are looked up; any thread may do it."""
    return {name: name.lower() for name in set(names) if name}


def folded_of(records: Iterable[TradeRecord]) -> dict[str, str]:
    return folded(item.name for record in records for item in record.items)


def ids_of(team_id: int, names: Mapping[str, str]) -> dict[str, int | None]:
    """The id of each ``folded`` name as it came, made where it is missing; "" has none.

    Missing ones are inserted in order: two who bring the same wait for each other, never in turn.
    """
    wanted = list(names.values())
    ids = dict(zip(wanted, _stored(team_id, wanted), strict=True))
    if missing := sorted(name for name, pk in ids.items() if pk is None):
        rows = [(team_id, name) for name in missing]
        with transaction.atomic(savepoint=False):
            bulk().merge(ItemName, ("team_id", "name"), rows, "ON CONFLICT DO NOTHING")
        ids |= zip(missing, _stored(team_id, missing), strict=True)
    return {"": None} | {name: ids[lower] for name, lower in names.items()}


def _stored(team_id: int, names: Sequence[str]) -> list[int | None]:
    """The id of each, None where there is none."""
    if not names:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_UP[connection.vendor], [team_id, msgspec.json.encode(names).decode()])
        [found] = cursor.fetchone()
    return msgspec.json.decode(found, type=list[int | None])
