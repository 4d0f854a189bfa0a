"""Names of items in a table of their own, once a team: some thousands, which are looked through one
by one sooner than an index over all trades is kept.

No trigrams: they would find the same names of all other teams as well. SQLite's full-text table held
the names too: it goes, and another one is made after the migrations.
"""

import django.db.models.deletion
from django.db import migrations, models

ROWS = 5_000  # an insert
OLD_INDEX = "trade_item_names_trgm"
TEXTS = "trade_item_names_texts"
OLD_TEXTS = "trades_trade_text"
_KNOWN = "trades_known_name"


def fill(apps, schema_editor):
    """Folded by Python, as the store does it; a database would leave some letters as they are."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT trade.team_id, item.name FROM trades_tradeitem AS item"
            " JOIN trades_trade AS trade ON trade.id = item.trade_id WHERE item.name <> ''"
        )
        as_they_came = cursor.fetchall()
        ids = _made(apps.get_model("trades", "ItemName").objects.using(connection.alias), as_they_came)
        cursor.execute(
            f"CREATE TEMPORARY TABLE {_KNOWN}"
            " (team_id bigint, name varchar(256), name_id bigint, PRIMARY KEY (team_id, name))"
        )
        known = [(team, name, ids[team, name.lower()]) for team, name in as_they_came]
        cursor.executemany(f"INSERT INTO {_KNOWN} VALUES (%s, %s, %s)", known)
        cursor.execute(
            f"UPDATE trades_tradeitem SET folded_name_id = (SELECT name_id FROM {_KNOWN} AS known"
            " WHERE known.name = trades_tradeitem.name AND known.team_id ="
            " (SELECT team_id FROM trades_trade WHERE id = trade_id)) WHERE name <> ''"
        )
        cursor.execute(f"DROP TABLE {_KNOWN}")


def _made(names, as_they_came):
    """By team and name, the id of each."""
    folded = sorted({(team, name.lower()) for team, name in as_they_came})
    names.bulk_create([names.model(team_id=team, name=name) for team, name in folded], ROWS)
    return {(team, name): pk for pk, team, name in names.values_list("pk", "team_id", "name")}


def drop_trigrams_of_trades(apps, schema_editor):
    """PostgreSQL still has to know of the names, or takes the common ones for rare (0018)."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX IF EXISTS {OLD_INDEX}")
        schema_editor.execute(f"CREATE STATISTICS {TEXTS} ON (upper(item_names)) FROM trades_trade")
        schema_editor.execute("ANALYZE trades_trade, trades_tradeitem, trades_itemname")
        return
    for which in ("added", "gone", "changed"):
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {OLD_TEXTS}_{which}")
    schema_editor.execute(f"DROP TABLE IF EXISTS {OLD_TEXTS}")


def make_trigrams_of_trades(apps, schema_editor):
    """On SQLite an earlier release makes its own, as ours is made: after its migrations."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(f"DROP STATISTICS IF EXISTS {TEXTS}")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")  # migration 0002
        has_trigrams = cursor.fetchone()
    if has_trigrams:
        schema_editor.execute(
            f"CREATE INDEX {OLD_INDEX} ON trades_trade USING gin (upper(item_names) gin_trgm_ops)"
        )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_audit_requests"),
        ("trades", "0022_done_do_not_move"),
    ]
    operations = [
        migrations.CreateModel(
            name="ItemName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=512)),
                ("team", models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="item_names", to="accounts.team")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("team", "name"), name="one_row_a_name_of_a_team")],
            },
        ),
        migrations.AddField(
            model_name="tradeitem",
            name="folded_name",
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="items", to="trades.itemname"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(drop_trigrams_of_trades, make_trigrams_of_trades),
    ]
