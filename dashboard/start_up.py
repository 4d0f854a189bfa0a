"""What each process makes sure of before it works: that it opens what the others sealed."""

import sys

from django.core.management import CommandError, call_command
from django.db import DatabaseError


def refuse_other_keys() -> None:
    """End with one sentence when stored secrets exist that our encryption keys do not open.

    A database that does not answer now is no reason: it may, a moment later.
    """
    try:
        call_command("check", tags=["database"], databases=["default"], verbosity=0)
    except CommandError as error:
        sys.exit(f"Sellside cannot start.\n{error}")
    except DatabaseError:
        return
