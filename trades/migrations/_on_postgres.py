"""What migrations do on PostgreSQL alone."""

from django.db import migrations


class AlterFieldOnPostgres(migrations.AlterField):
    """SQLite would build the table anew to drop a check that costs it next to nothing."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        self.database_forwards(app_label, schema_editor, from_state, to_state)
