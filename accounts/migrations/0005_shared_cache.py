"""The table of Django's database cache, used where there is no Redis. It has no model."""

from django.db import migrations, models
from django.db.migrations.state import StateApps

TABLE = "shared_cache"


def _row():
    meta = type("Meta", (), {"app_label": "accounts", "apps": StateApps([], {}), "db_table": TABLE})
    columns = {
        "__module__": __name__,
        "Meta": meta,
        "cache_key": models.CharField(max_length=255, primary_key=True),
        "value": models.TextField(),
        "expires": models.DateTimeField(db_index=True),
    }
    return type("SharedCacheRow", (models.Model,), columns)


def make(apps, schema_editor):
    schema_editor.create_model(_row())


def drop(apps, schema_editor):
    schema_editor.delete_model(_row())


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_teams_and_doors")]
    operations = [migrations.RunPython(make, drop)]
