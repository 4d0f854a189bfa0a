"""What each process does before it works: that it opens what the others sealed, for one."""

import gc
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


# Rows come and go by the thousand and hardly any of them is part of a cycle.
OBJECTS_A_SEARCH, SEARCHES_OF_THE_YOUNG, OF_THE_OLDER = 10_000, 20, 100


def spare_the_collector() -> None:
    """For a worker: what stands since its start is no garbage, and is not looked through again.

    Else a first load spends a fifteenth of its time on that.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_A_SEARCH, SEARCHES_OF_THE_YOUNG, OF_THE_OLDER)
