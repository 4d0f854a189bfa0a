"""A history of so many rows, made by the database itself from a row's number alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from accounts.models import Team, User
from tests.bench._catalogue import NAMES, PLACE, name_at
from tests.factories import make_account, make_team, make_user
from trades import text_index
from trades.models import ItemName, Trade, TradeItem
from trades.sync import recount
from trades.sync.bulk import bulk

SLUG, EMPTY_SLUG = "bench", "empty"
STEP = 20_000  # rows an INSERT: SQLite's journal stays small

# However many rows there are, ``RARE`` have the rare status and the rare item, so that a page of
# them is as full at each size. Values are spread over 1,000 dollars.
RARE = 200
_STATUS = """CASE WHEN n % {sparse} = 0 THEN 'held' WHEN n % 20 = 0 THEN 'cancelled'
    WHEN n % 20 = 1 THEN 'declined' WHEN n % 20 < 5 THEN 'accepted' ELSE 'completed' END"""
_PHASE = """CASE WHEN n % {sparse} = 0 THEN 'unknown' WHEN n % 20 < 2 THEN 'failed'
    WHEN n % 20 < 5 THEN 'frozen' ELSE 'done' END"""
_GAME = """CASE WHEN n % 10 < 6 THEN 730 WHEN n % 10 < 8 THEN 570
    WHEN n % 10 < 9 THEN 440 ELSE 252490 END"""
_IS_RARE_ITEM = "n % {sparse} = 1"
_RARE_ITEM = "Karambit | Doppler"
_NAME = f"""CASE WHEN {_IS_RARE_ITEM} THEN '{_RARE_ITEM}' ELSE
    'Item ' || {PLACE} || ' | Finish ' || ({PLACE} % 211) || ' (Field-Tested)' END"""
_VALUE = "CASE WHEN n % 9 = 0 THEN NULL ELSE n * 48271 % 1000003 END"
_COLUMNS = {
    "id": "n",
    "account_id": "{account} + n % 2",
    "team_id": "{team}",
    "upstream_id": "'' || (10000000 + n)",
    "sort_at": "{at}",
    "created_at": "{at}",
    "updated_at": "{at}",
    "settles_at": "CASE WHEN n % 3 = 0 THEN NULL ELSE {later} END",
    "first_seen_at": "{at}",
    "changed_at": "{at}",
    "asked_at": "{at}",
    "phase": _PHASE,
    "direction": "CASE WHEN n % 5003 = 0 THEN 'purchase' ELSE 'sell' END",
    "status": _STATUS,
    "summary": "''",
    "steam_status": "3",
    "game_id": _GAME,
    "value_milli": _VALUE,
    "value_source": "'none'",
    "custom_id": "'order-' || (n * 15485863 % 100000007)",
    "offer_id": "'' || (6000000000 + n)",
    "steam_trade_id": "''",
    "steam_trade_key": "''",
    "partner_steamid": "''",
    "bot_steamid": "'7656119' || (8000000000 + n % 40)",
    "bot_name": "'Bot ' || (n % 40)",
    "code": "''",
    "error": "CASE WHEN n % {sparse} = 2 THEN 'Escrow would apply' ELSE '' END",
    "item_names": f"lower({_NAME})",
    "item_count": "1",
    "content_hash": "{no_hash}",
}
_ITEM = {
    "trade_id": "n",
    "side": "'given'",
    "app_id": _GAME,
    "context_id": "'2'",
    "asset_id": "'' || (30000000000 + n)",
    "name": _NAME,
    "folded_name_id": f"{{name}} + CASE WHEN {_IS_RARE_ITEM} THEN {NAMES} ELSE {PLACE} END",
    "amount": "1",
}
_WORDS = {
    "sqlite": {
        "at": "datetime('2024-11-20', '+' || (n * 60) || ' seconds')",
        "later": "datetime('2024-11-28', '+' || (n * 60) || ' seconds')",
        "no_hash": "zeroblob(16)",
        "numbers": "WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL"
        " SELECT n + 1 FROM numbers WHERE n < {last})",
        "from": "numbers",
    },
    "postgresql": {
        "at": "timestamptz '2024-11-20 00:00Z' + n * interval '60 seconds'",
        "later": "timestamptz '2024-11-28 00:00Z' + n * interval '60 seconds'",
        "no_hash": "'\\x00000000000000000000000000000000'::bytea",
        "numbers": "",
        "from": "generate_series({first}::bigint, {last}::bigint) AS numbers(n)",
    },
}


def fill(rows: int) -> None:
    """A team of two accounts with the rows, and one that has nothing."""
    team = Team.objects.filter(slug=SLUG).first() or make_team(owner=make_user(), slug=SLUG)
    if not Team.objects.filter(slug=EMPTY_SLUG).exists():
        make_team(owner=make_user(), slug=EMPTY_SLUG)
    accounts = list(team.market_accounts.order_by("pk"))
    accounts += [make_account(team=team) for _ in range(2 - len(accounts))]
    with without_indexes():
        _clear()
        first_name = _name_items(team)
        for first in range(1, rows + 1, STEP):
            last = min(rows, first + STEP - 1)
            places = {"team": team.pk, "account": accounts[0].pk, "first": first, "last": last,
                      "name": first_name, "sparse": rows // RARE}  # fmt: skip
            _insert(Trade._meta.db_table, _COLUMNS, places)
            _insert(TradeItem._meta.db_table, _ITEM, places)
    for account in accounts:
        with transaction.atomic():
            recount.rebuild(account)
    look_at_the_rows()


def _name_items(team: Team) -> int:
    """The id of the commonest name; the others follow in order, the rare one last."""
    names = [*map(name_at, range(NAMES)), _RARE_ITEM]
    ids = bulk().reserve_ids(ItemName, len(names))
    rows = [(pk, team.pk, name.lower()) for pk, name in zip(ids, names, strict=True)]
    bulk().insert(ItemName, ("id", "team_id", "name"), rows)
    return ids[0]


def owner_of(slug: str) -> User:
    return Team.objects.get(slug=slug).memberships.get().user


def _insert(table: str, columns: dict[str, str], places: dict[str, int]) -> None:
    words = _WORDS[connection.vendor]
    values = ", ".join(columns.values()).format(**words, **places)
    source = words["from"].format(**places)
    numbers = words["numbers"].format(**places)
    into = f"{table} ({', '.join(columns)})"
    _execute(f"INSERT INTO {into} {numbers} SELECT {values} FROM {source}")  # noqa: S608 - ours


def _clear() -> None:
    for model in (TradeItem, ItemName, Trade):
        _execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608 - our own name


def look_at_the_rows() -> None:
    """As PostgreSQL does by itself within minutes; SQLite is left as the product leaves it."""
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        _execute("VACUUM ANALYZE")


@contextmanager
def without_indexes() -> Iterator[None]:
    """An index is made quicker over the finished table than row by row."""
    indexes = _indexes()
    if connection.vendor == "sqlite":
        for trigger in text_index.TRIGGERS:
            _execute(f"DROP TRIGGER IF EXISTS {trigger}")
    for name in indexes:
        _execute(f"DROP INDEX {name}")
    yield
    for sql in indexes.values():
        _execute(sql)
    text_index.keep_index(connection.alias)


def _indexes() -> dict[str, str]:
    """Name -> what makes it, of all that no constraint made."""
    tables = [model._meta.db_table for model in (Trade, TradeItem)]
    sql = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        " AND tbl_name IN (%s, %s)",
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN (%s, %s)"
        " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(sql, tables)
        return {str(name): str(made) for name, made in cursor.fetchall()}


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
