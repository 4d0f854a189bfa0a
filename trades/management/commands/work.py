"""``manage.py work``: tick and worker in one process, for an installation without a broker."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections

from trades.services.rounds import serve_round

IDLE_SECONDS = 1.0


class Command(BaseCommand):
    help = "Serve whatever is due, for ever, without a broker. Ctrl-C or SIGTERM ends it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then return")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            serve_round()
        else:
            _serve_until_stopped()


def _serve_until_stopped() -> None:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.is_set():
        served = serve_round()
        close_old_connections()
        if not served:
            stopped.wait(IDLE_SECONDS)
