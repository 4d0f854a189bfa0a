"""What must hold before the product starts; run by ``migrate`` and ``check --database``."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from accounts.crypto import SealBroken
from accounts.models import UpstreamKey


@register(Tags.database)
def sealed_values_open(
    *, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """An error when stored secrets exist that none of the configured encryption keys opens."""
    del kwargs
    return [message for alias in databases or [] for message in _check(alias)]


def _check(alias: str) -> list[CheckMessage]:
    connection = connections[alias]
    with connection.cursor() as cursor:
        if UpstreamKey._meta.db_table not in connection.introspection.table_names(cursor):
            return []
    closed = count_closed(alias)
    if not closed:
        return []
    sentence = (
        f"{closed} stored API key(s) cannot be opened: put the encryption key that sealed them "
        "back into ENCRYPTION_KEYS, or its file back into DATA_DIR. Several machines need the same "
        "ENCRYPTION_KEYS."
    )
    return [Error(sentence, id="accounts.E001")]


def count_closed(alias: str) -> int:
    """Stored secrets that none of the configured keys opens."""
    return sum(not _opens(key) for key in _sealed_keys(alias))


def _sealed_keys(alias: str) -> list[UpstreamKey]:
    keys = UpstreamKey.objects.using(alias).exclude(secret_sealed=b"")
    return list(keys.only("seal_id", "secret_sealed", "trade_link_sealed"))


def _opens(key: UpstreamKey) -> bool:
    try:
        key.open_secret()
        key.open_trade_link()
    except SealBroken:
        return False
    return True
