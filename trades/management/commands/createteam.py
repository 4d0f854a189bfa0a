"""``manage.py createteam --name TEXT --slug SLUG --owner EMAIL``"""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import User
from accounts.services import create_team
from dashboard.errors import UserError


class Command(BaseCommand):
    help = (
        "Make a team. An owner who is new is made without a password: they sign in after a reset."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True)
        parser.add_argument("--slug", required=True)
        parser.add_argument("--owner", required=True, metavar="EMAIL")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            owner = _person(options["owner"])
            team = create_team(name=options["name"], slug=options["slug"], owner=owner)
        except UserError as error:
            raise CommandError(error.sentence) from None
        self.stdout.write(f"Team {team.slug} made; {owner.email} owns it.")


def _person(email: str) -> User:
    try:
        validate_email(email)
    except ValidationError:
        raise CommandError(f"{email!r} is not an e-mail address.") from None
    known = User.objects.filter(email__iexact=email).first()
    return known or User.objects.create_user(email)
