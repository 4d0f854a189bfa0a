"""``manage.py work``: tick and worker in one process, for an installation without a broker."""

import logging
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections, connections

from dashboard.start_up import refuse_other_keys, spare_the_collector
from trades.services.crew import Crew
from trades.services.rounds import serve_round, turns
from trades.sync.housekeeping import purge_closed_teams

IDLE_SECONDS = 1.0
SHORTEST_PAUSE = 0.1

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Serve whatever is due, for ever, without a broker. Ctrl-C or SIGTERM ends it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, then return")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_other_keys()
        if options["once"]:
            serve_round()
        else:
            _serve_until_stopped()


def _serve_until_stopped() -> None:
    spare_the_collector()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with Crew() as crew:
        while not stopped.is_set():
            stopped.wait(SHORTEST_PAUSE if _begin_what_waits(crew) else IDLE_SECONDS)


def _begin_what_waits(crew: Crew) -> int:
    try:
        close_old_connections()
        return crew.begin(turns()) or purge_closed_teams()
    except DatabaseError:
        logger.exception("the database cannot be asked what is due")
        connections.close_all()
        return 0
