"""``manage.py rollups [--team SLUG] [--check] [--rebuild] [--json]``"""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from accounts.models import MarketAccount
from dashboard import clock
from trades.sync import lease as leases
from trades.sync.lease import LEASE_TIME, Lease
from trades.sync.recount import Recount, Wrong, recount

PAUSE = 0.2
LONGEST_WAIT = 2 * LEASE_TIME
MOST_NAMED = 20  # of wrong figures an account; --json names all


@dataclass(frozen=True, slots=True)
class Looked:
    account: MarketAccount
    found: Recount

    def as_json(self) -> dict[str, Any]:
        return {
            "account": self.account.pk,
            "label": self.account.label,
            "sells": self.found.trades,
            "zone_before": self.found.zone_before,
            "zone": self.found.zone,
            "wrong": [_as_json(each) for each in self.found.wrong],
        }


class Command(BaseCommand):
    help = "Compare the kept figures with the trades, and mend what differs; asks no market."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--team", metavar="SLUG", help="only this team's accounts")
        parser.add_argument("--check", action="store_true", help="mend nothing; exit 1 if wrong")
        parser.add_argument("--rebuild", action="store_true", help="write all figures anew")
        parser.add_argument("--json", action="store_true", help="print what was found as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"] and options["rebuild"]:
            raise CommandError("--check mends nothing, so it does not go with --rebuild.")
        looked = [
            Looked(account, _recount(account, check=options["check"], rebuild=options["rebuild"]))
            for account in _accounts(options["team"])
        ]
        if options["json"]:
            self.stdout.write(json.dumps({"accounts": [each.as_json() for each in looked]}))
        else:
            for each in looked:
                self._tell(each, mended=not options["check"])
        if options["check"] and any(each.found.wrong for each in looked):
            sys.exit(1)

    def _tell(self, looked: Looked, *, mended: bool) -> None:
        found = looked.found
        state = f"{len(found.wrong)} figures wrong" if found.wrong else "every figure agrees"
        state += ", mended" if found.wrong and mended else ""
        moved = f", days now of {found.zone}" if mended and found.zone != found.zone_before else ""
        self.stdout.write(f"{looked.account.label}: {found.trades} sells, {state}{moved}")
        for wrong in found.wrong[:MOST_NAMED]:
            self.stdout.write(f"  {_sentence(wrong)}")
        if len(found.wrong) > MOST_NAMED:
            self.stdout.write(f"  and {len(found.wrong) - MOST_NAMED} more")


def _accounts(team: str | None) -> QuerySet[MarketAccount]:
    accounts = MarketAccount.objects.filter(is_active=True).order_by("id")
    if team:
        accounts = accounts.filter(team__slug=team)
        if not accounts.exists():
            raise CommandError(f"There is no team {team!r} with an account.")
    return accounts


def _recount(account: MarketAccount, *, check: bool, rebuild: bool) -> Recount:
    lease = _lease(account)
    try:
        return recount(lease, only_look=check, anyhow=rebuild)
    finally:
        leases.release(lease)


def _lease(account: MarketAccount) -> Lease:
    gives_up = clock.now() + LONGEST_WAIT
    while (lease := leases.take(account.pk)) is None:
        if clock.now() > gives_up:
            raise CommandError(f"{account.label} is worked on by somebody else: try again.")
        time.sleep(PAUSE)
    return lease


def _sentence(wrong: Wrong) -> str:
    about = " ".join(map(str, wrong.key))
    return f"{wrong.rollup} {about}: kept {_sums(wrong.kept)}, counted {_sums(wrong.counted)}"


def _sums(sums: tuple[int, int, int] | None) -> str:
    if sums is None:
        return "nothing"
    return f"{sums[0]} sells of {sums[1]} milli-dollars, {sums[2]} without a value"


def _as_json(wrong: Wrong) -> dict[str, Any]:
    key = [part if isinstance(part, int) else str(part) for part in wrong.key]
    return {"rollup": wrong.rollup, "key": key, "kept": wrong.kept, "counted": wrong.counted}
