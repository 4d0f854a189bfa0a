from django.db import migrations, models


class Migration(migrations.Migration):
    """Trades that may still move are gone through by time: windows of the list hold many of them."""

    dependencies = [("trades", "0013_saved_views")]
    operations = [
        migrations.RemoveIndex("trade", "trade_moving"),
        migrations.AddIndex(
            "trade",
            models.Index(fields=["account", "phase", "-sort_at", "-id"], name="trade_moving"),
        ),
    ]
