"""Indexes for "contains", where PostgreSQL offers trigrams; else the filters work unindexed."""

from django.db import migrations

COLUMNS = {"item_names": "trade_item_names_trgm", "custom_id": "trade_custom_id_trgm", "error": "trade_error_trgm"}


def make(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql" or not _has_trigrams(schema_editor):
        return
    for column, name in COLUMNS.items():
        where = {"item_names": "", "custom_id": "WHERE custom_id IS NOT NULL", "error": "WHERE error <> ''"}[column]
        schema_editor.execute(
            f"CREATE INDEX {name} ON trades_trade USING gin (upper({column}) gin_trgm_ops) {where}"
        )


def _has_trigrams(schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        if cursor.fetchone():
            return True
        cursor.execute(
            "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"
            " AND (SELECT has_database_privilege(current_database(), 'CREATE'))"
        )
        if not cursor.fetchone():
            return False
        cursor.execute("CREATE EXTENSION pg_trgm")
        return True


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in COLUMNS.values():
            schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("trades", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
