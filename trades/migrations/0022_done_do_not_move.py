"""Most trades of a history are done, and nobody looks for them by their phase: PostgreSQL leaves
them out of the index of those that may move. SQLite would not use such an index.
"""

from django.db import migrations

COLUMNS = "(account_id, phase, sort_at DESC, id DESC)"


def leave_out_the_done(apps, schema_editor):
    _make_anew(schema_editor, "WHERE phase <> 'done'")


def take_all(apps, schema_editor):
    _make_anew(schema_editor, "")


def _make_anew(schema_editor, where):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX trade_moving")
        schema_editor.execute(f"CREATE INDEX trade_moving ON trades_trade {COLUMNS} {where}")


class Migration(migrations.Migration):
    dependencies = [("trades", "0021_whereabouts")]
    operations = [migrations.RunPython(leave_out_the_done, take_all)]
