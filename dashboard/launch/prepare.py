"""The part of a start that needs Django, in one process: tables, static files, the demo."""

import socket
import sys
import time

import django
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from dashboard.launch import static_files

SECONDS_FOR_THE_SANDBOX = 120.0  # its first start makes a world


def main() -> int:
    """1 with the reason as the last line of what it says."""
    try:
        django.setup()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("check", tags=["database"], databases=["default"], verbosity=0)
        static_files.collect_when_changed()
        if settings.DEMO:
            _wait_for_the_sandbox()
            call_command("demo")
    except (CommandError, DatabaseError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _wait_for_the_sandbox() -> None:
    deadline = time.monotonic() + SECONDS_FOR_THE_SANDBOX
    while True:
        try:
            return socket.create_connection(("127.0.0.1", settings.SANDBOX_PORT), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
