"""``manage.py key add --team SLUG --owner EMAIL --upstream SLUG --label TEXT``

The secret comes on the first line of standard input, so that no process list and no shell history
holds it; with ``--trade-link-stdin`` the trade link comes on the second.
"""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import KeyState, Team, Upstream, User
from dashboard.errors import UserError
from trades.services.keys import add_key


class Command(BaseCommand):
    help = "Store a market key; prints its id alone on the last line."

    def add_arguments(self, parser: ArgumentParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True, metavar="add")
        add = deeds.add_parser("add", help="read a secret from standard input and store it")
        add.add_argument("--team", required=True, metavar="SLUG")
        add.add_argument("--owner", required=True, metavar="EMAIL")
        add.add_argument("--upstream", required=True, choices=Upstream.values)
        add.add_argument("--label", required=True)
        add.add_argument(
            "--trade-link-stdin", action="store_true", help="the second line is the trade link"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        team, owner = _team(options["team"]), _owner(options["owner"])
        if not team.memberships.filter(user=owner).exists():
            raise CommandError(f"{owner.email} is not in team {team.slug}.")
        secret = sys.stdin.readline().strip()
        trade_link = sys.stdin.readline().strip() if options["trade_link_stdin"] else ""
        try:
            added = add_key(
                team=team,
                by=owner,
                upstream=options["upstream"],
                label=options["label"],
                secret=secret,
                trade_link=trade_link,
            )
        except UserError as error:
            raise CommandError(error.sentence) from None
        says = self.stderr if added.key.state == KeyState.UNVERIFIED else self.stdout
        says.write(added.sentence)
        self.stdout.write(str(added.key.pk))


def _team(slug: str) -> Team:
    try:
        return Team.objects.get(slug=slug)
    except Team.DoesNotExist:
        raise CommandError(f"There is no team {slug!r}; make it with createteam.") from None


def _owner(email: str) -> User:
    try:
        return User.objects.get(email__iexact=email)
    except User.DoesNotExist:
        raise CommandError(f"Nobody signs in as {email!r}.") from None
