"""``manage.py replay [--team SLUG] [--key ID] [--bad-only] [--json]``"""

import json
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import BadRecord
from trades.sync import lease as leases
from trades.sync import replay
from trades.sync.lease import LEASE_TIME, Lease
from trades.sync.store import Outcome

PAUSE = 0.2
LONGEST_WAIT = LEASE_TIME + timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Replayed:
    account: MarketAccount
    outcome: Outcome

    def as_json(self) -> dict[str, Any]:
        did = self.outcome
        counts = {"new": did.new, "changed": did.changed, "unchanged": did.unchanged + did.stale}
        return {"account": self.account.pk, "label": self.account.label, **counts, "bad": did.bad}


class Command(BaseCommand):
    help = "Read stored answers again with today's parser; asks no market."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--team", metavar="SLUG", help="only this team's accounts")
        parser.add_argument("--key", type=int, metavar="ID", help="only this key's account")
        parser.add_argument("--bad-only", action="store_true", help="only rows never read well")
        parser.add_argument("--json", action="store_true", help="print what was done as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = _accounts(options["team"], options["key"])
        done = [
            Replayed(account, _replay(account, bad_only=options["bad_only"]))
            for account in accounts
        ]
        if options["json"]:
            self.stdout.write(json.dumps({"accounts": [each.as_json() for each in done]}))
            return
        for each in done:
            counts = {name: value for name, value in each.as_json().items() if name != "account"}
            self.stdout.write("{label}: {new} new, {changed} changed, {unchanged} unchanged, "
                              "{bad} unreadable".format(**counts))  # fmt: skip


def _accounts(team: str | None, key_id: int | None) -> QuerySet[MarketAccount]:
    accounts = replay.readable_accounts().order_by("id")
    if team:
        accounts = accounts.filter(team__slug=team)
    if key_id is not None:
        accounts = accounts.filter(keys=key_id)
    if (team or key_id is not None) and not accounts.exists():
        raise CommandError("There is no such account.")
    return accounts


def _replay(account: MarketAccount, *, bad_only: bool) -> Outcome:
    lease = _lease(account)
    try:
        account.refresh_from_db()  # its zone may have changed while it was waited for
        outcome = replay.read_bad(lease, account, BadRecord.objects.all())
        if not bad_only:
            outcome.add(replay.read_all(lease, account))
        return outcome
    finally:
        leases.release(lease)


def _lease(account: MarketAccount) -> Lease:
    gives_up = clock.now() + LONGEST_WAIT
    while (lease := leases.take(account.pk)) is None:
        if clock.now() > gives_up:
            raise CommandError(f"{account.label} is worked on by somebody else: try again.")
        time.sleep(PAUSE)
    return lease
