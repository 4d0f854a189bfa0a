"""What PostgreSQL should know of the texts that people search: an index over some rows tells it
nothing, and without it a rare text passes for a common one and every trade is read.
"""

from django.db import migrations

TEXTS = {"custom_id": "trade_custom_id_texts", "error": "trade_error_texts"}


def make(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for column, name in TEXTS.items():
            schema_editor.execute(f"CREATE STATISTICS {name} ON (upper({column})) FROM trades_trade")
        schema_editor.execute("ANALYZE trades_trade")


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in TEXTS.values():
            schema_editor.execute(f"DROP STATISTICS IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("trades", "0017_gaps_seen")]
    operations = [migrations.RunPython(make, drop)]
