from django.db import migrations, models


class Migration(migrations.Migration):
    """Rows without an id that are kept already count again once readings agree on them."""

    dependencies = [("trades", "0014_moving_by_time")]

    operations = [
        migrations.AddField(
            model_name="badrecord",
            name="is_agreed",
            field=models.BooleanField(default=False),
        ),
    ]
