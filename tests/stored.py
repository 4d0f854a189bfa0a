"""All that accounts and trades have stored, to be compared with what there was before."""

from typing import Any

from django.apps import apps
from django.db import connection


def everything_stored() -> dict[str, list[tuple[Any, ...]]]:
    """Rows as they lie in the database, by the name of their model."""
    models = [
        *apps.get_app_config("accounts").get_models(),
        *apps.get_app_config("trades").get_models(),
    ]
    with connection.cursor() as cursor:
        return {model._meta.label: _rows_of(cursor, model._meta) for model in models}


def _rows_of(cursor: Any, table: Any) -> list[tuple[Any, ...]]:
    cursor.execute(f"SELECT * FROM {table.db_table} ORDER BY {table.pk.column}")  # noqa: S608
    return [
        tuple(bytes(cell) if isinstance(cell, memoryview) else cell for cell in row)
        for row in cursor.fetchall()
    ]
