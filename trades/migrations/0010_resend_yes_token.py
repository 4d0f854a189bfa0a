import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    """No resend could be asked for before, so that no row needs a token of its own."""

    dependencies = [("trades", "0009_exports")]

    operations = [
        migrations.AddField(
            model_name="resendrequest",
            name="yes_token",
            field=models.UUIDField(default=uuid.uuid4, unique=True),
        ),
    ]
