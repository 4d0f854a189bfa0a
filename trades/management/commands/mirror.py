"""``manage.py mirror --key ID --json``"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import UpstreamKey
from trades.mirror import summary


class Command(BaseCommand):
    help = "Print what the mirror of a key's account holds: counts, hashes of ids, coverage, gaps."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--key", type=int, required=True, metavar="ID")
        parser.add_argument("--json", action="store_true", help="one JSON object on one line")

    def handle(self, *args: Any, **options: Any) -> None:
        key = UpstreamKey.objects.select_related("account").filter(pk=options["key"]).first()
        if key is None:
            raise CommandError(f"There is no key {options['key']}.")
        found = summary(key.account)
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for name, value in found.items():
            self.stdout.write(f"{name}: {value}")
