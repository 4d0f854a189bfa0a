import django.db.models.deletion
from django.db import migrations, models

from trades.migrations._on_postgres import AlterFieldOnPostgres


class Migration(migrations.Migration):
    """A third of what PostgreSQL did for a new trade was to look up parents written with it.

    Items and answers are written in the transaction that writes their trade; a trade's account is
    still checked, and stands in one team for good.
    """

    dependencies = [("trades", "0015_agreed_bad_rows")]
    operations = [
        AlterFieldOnPostgres(
            "trade",
            "team",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="trades",
                to="accounts.team",
            ),
        ),
        AlterFieldOnPostgres(
            "tradeitem",
            "trade",
            models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="trades.trade",
            ),
        ),
        AlterFieldOnPostgres(
            "traderaw",
            "trade",
            models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                related_name="raw",
                serialize=False,
                to="trades.trade",
            ),
        ),
    ]
