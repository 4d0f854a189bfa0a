"""``manage.py sync [--key ID] [--wait] [--json]``"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from accounts.models import KeyState, MarketAccount, UpstreamKey
from trades.models import SyncState
from trades.services.rounds import AccountReport, serve_until_idle, verify_waiting
from trades.sync import cursors
from trades.tasks import sync_account, wake


class Command(BaseCommand):
    help = "Make every stream due; with --wait, serve them in this process until nothing is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--key", type=int, metavar="ID", help="only this key's account")
        parser.add_argument("--wait", action="store_true", help="work here, return when idle")
        parser.add_argument("--json", action="store_true", help="print what was done as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = _keys(options["key"])
        if options["wait"]:
            verify_waiting(keys)
        accounts = list(
            MarketAccount.objects.filter(keys__in=_keys(options["key"]), is_active=True).distinct()
        )
        for account in accounts:
            cursors.ensure(account)
            cursors.hasten(account, thorough=True)
        done: dict[int, AccountReport] = {}
        if options["wait"]:
            done = serve_until_idle(account.pk for account in accounts)
        else:
            for account in accounts:
                wake(sync_account, account.pk)
        failures = _failures(keys) if options["wait"] else []
        self._report(accounts, done, failures, as_json=options["json"])
        if failures:
            raise CommandError(" ".join(failures))

    def _report(
        self,
        accounts: list[MarketAccount],
        done: dict[int, AccountReport],
        failures: list[str],
        *,
        as_json: bool,
    ) -> None:
        if as_json:
            rows = [{"account": pk, **asdict(report)} for pk, report in done.items()]
            self.stdout.write(
                json.dumps({"ok": not failures, "accounts": rows, "failures": failures})
            )
            return
        for account in accounts:
            report = done.get(account.pk)
            counted = "due now" if report is None else _in_words(report)
            self.stdout.write(f"{account.label}: {counted}")


def _keys(key_id: int | None) -> QuerySet[UpstreamKey]:
    keys = UpstreamKey.objects.exclude(state__in=[KeyState.REMOVED, KeyState.PAUSED])
    keys = keys.select_related("account__team")
    if key_id is None:
        return keys
    keys = keys.filter(pk=key_id)
    if not keys.exists():
        raise CommandError(f"There is no key {key_id} that may be used.")
    return keys


def _failures(keys: QuerySet[UpstreamKey]) -> list[str]:
    """A sentence for each key that does not work and each stream that failed."""
    refused = [
        f"{key}: {key.last_error or key.get_state_display()}"
        for key in keys.all()
        if key.state != KeyState.ACTIVE
    ]
    failed = SyncState.objects.filter(account__keys__in=keys.all(), failures__gt=0).distinct()
    return refused + [
        f"{state.account.label}, {state.get_stream_display().lower()}: {state.last_error}"
        for state in failed.select_related("account")
    ]


def _in_words(report: AccountReport) -> str:
    return (
        f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged, "
        f"{report.bad} unreadable, {report.calls} calls"
    )
