import django.db.models.deletion
from django.db import migrations, models

from trades.migrations._on_postgres import AlterFieldOnPostgres

GUARD = """
CREATE FUNCTION trades_outlived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM trades_trade WHERE account_id = OLD.id) THEN
        RAISE foreign_key_violation
            USING MESSAGE = format('account %s still has trades', OLD.id);
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER account_outlives_its_trades AFTER DELETE ON accounts_marketaccount
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION trades_outlived();
"""
UNGUARD = """
DROP TRIGGER account_outlives_its_trades ON accounts_marketaccount;
DROP FUNCTION trades_outlived();
"""


def guard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(GUARD, params=None)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(UNGUARD)


class Migration(migrations.Migration):
    """One look an account that goes, in place of one a trade that comes.

    Whoever writes trades has their account's row locked in the same transaction, so it is there.
    """

    dependencies = [("trades", "0019_many_trades_differ")]
    operations = [
        AlterFieldOnPostgres(
            "trade",
            "account",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="trades",
                to="accounts.marketaccount",
            ),
        ),
        migrations.RunPython(guard, unguard),
    ]
