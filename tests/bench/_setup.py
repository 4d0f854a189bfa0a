"""Django on the bench's own database, migrated."""

import os

import django
from django.core.management import call_command


def ready() -> str:
    """Returns the database's name for people."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    from django.db import connection

    return connection.display_name
