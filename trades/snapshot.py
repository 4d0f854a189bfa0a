"""Reading that sees one state of the database from its first row to its last."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import IsolationLevel

ALIAS = "snapshot"
CACHE_KILOBYTES = 8_192


@contextmanager
def snapshot() -> Iterator[str]:
    """The alias of a second connection, in one read-only transaction, open as long as the block.

    Of its own, as a long read must not hold up this thread's writes; on SQLite it must not take
    the write lock either, which the default connection takes at every BEGIN.
    """
    connection = connections[DEFAULT_DB_ALIAS].copy(alias=ALIAS)
    _make_read_only(connection)
    connections[ALIAS] = connection
    try:
        with transaction.atomic(using=ALIAS):
            yield ALIAS
    finally:
        connection.close()
        del connections[ALIAS]


def _make_read_only(connection: BaseDatabaseWrapper) -> None:
    options = connection.settings_dict["OPTIONS"]
    if connection.vendor == "postgresql":
        options["isolation_level"] = IsolationLevel.REPEATABLE_READ
        options["options"] = f"{options.get('options', '')} -c default_transaction_read_only=on"
    else:
        options["transaction_mode"] = "DEFERRED"
        # One long read passes each page once: a large cache would only cost memory.
        limits = f"PRAGMA query_only=ON;PRAGMA cache_size=-{CACHE_KILOBYTES}"
        options["init_command"] = f"{options.get('init_command', '')};{limits}"
