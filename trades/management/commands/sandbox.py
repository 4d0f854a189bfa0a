"""``manage.py sandbox``: the pretend upstreams on a loopback port."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from trades.sandbox.__main__ import main


class Command(BaseCommand):
    help = "Serve the pretend upstreams of the demo; they keep their world in DATA_DIR."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=settings.SANDBOX_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        folder = str(settings.DATA_DIR / "sandbox")
        if main(["--port", str(options["port"]), "--data-dir", folder, "--demo"]):
            raise CommandError("The sandbox stopped with an error.")
