"""``manage.py demo``: somebody to sign in as, a team and a key of the sandbox. Made once."""

import http.client
import json
import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import Team, Upstream, User
from accounts.services import create_team
from dashboard.errors import UserError
from dashboard.keyfile import read_or_make
from trades.sandbox.demo import DESK_KEY, MANNCO_KEY, SECOND_KEY, STEAM_KEY
from trades.services.keys import add_key

EMAIL = "demo@sellside.example"
TEAM = "Demo desk"
SANDBOX_HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Fill the demo on its first run; `demo-login` in the data folder holds the password."

    def handle(self, *args: Any, **options: Any) -> None:
        login = read_or_make(settings.DATA_DIR / "demo-login", _made_up_login)
        try:
            team = _team_of(_person(login.splitlines()[1]))
            if _upstream_is_the_sandbox():
                _add_keys(team)
        except UserError as error:
            raise CommandError(error.sentence) from None


def _made_up_login() -> str:
    """Three lines: address, password, a second key to try."""
    return "\n".join([EMAIL, secrets.token_urlsafe(12), SECOND_KEY])


def _person(password: str) -> User:
    """Somebody who changed the password keeps the new one."""
    known = User.objects.filter(email=EMAIL).first()
    return known or User.objects.create_user(EMAIL, password)


@transaction.atomic
def _team_of(user: User) -> Team:
    known = user.teams.order_by("id").first()
    return known or create_team(name=TEAM, owner=user)


def _upstream_is_the_sandbox() -> bool:
    return bool(f"{_sandbox()}/api" == settings.VPSBOT_URL)


def _sandbox() -> str:
    return f"http://{SANDBOX_HOST}:{settings.SANDBOX_PORT}"


def _add_keys(team: Team) -> None:
    """One of each market, unless the team has had one of it."""
    owner, seller = User.objects.get(email=EMAIL), _seller()
    known = set(team.market_accounts.values_list("upstream", flat=True))
    if Upstream.VPSBOT not in known:
        add_key(
            team=team,
            by=owner,
            upstream=Upstream.VPSBOT,
            label="Demo key",
            secret=DESK_KEY,
            trade_link=seller.get("tradelink", ""),
        )
    if Upstream.MANNCO not in known and _sandbox() == settings.MANNCO_URL:
        add_key(team=team, by=owner, upstream=Upstream.MANNCO, label="Mannco", secret=MANNCO_KEY)
    if Upstream.STEAM not in known and _sandbox() == settings.STEAM_URL:
        add_key(
            team=team,
            by=owner,
            upstream=Upstream.STEAM,
            label="Demo Steam key",
            secret=STEAM_KEY,
            steamid64=seller.get("steamid64", ""),
        )


def _seller() -> dict[str, str]:
    """The sandbox's own answer to who holds the key; empty when it does not say."""
    sandbox = http.client.HTTPConnection(SANDBOX_HOST, settings.SANDBOX_PORT, timeout=5)
    try:
        sandbox.request("GET", "/_sandbox/accounts")
        accounts = json.loads(sandbox.getresponse().read())
    finally:
        sandbox.close()
    return next((one for one in accounts if DESK_KEY in one["keys"]), {})
