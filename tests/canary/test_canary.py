"""Planted secrets of every kind, echoed by three markets, are nowhere to be found afterwards.

The same life with the cutting of tokens switched off leaves some, so that the search can fail.
"""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from django.conf import LazySettings
from django.core.cache import cache
from django.urls import reverse

from dashboard import settings as product
from dashboard.environment import BASE_DIR
from tests.canary.echo import EchoingSandbox
from tests.canary.life import Life, planted_links
from tests.canary.listening import command_lines, messages_in
from tests.factories import make_cast
from tests.searching import Writing, cells, found_in
from tests.servers.worker import database_url
from trades.sandbox.server import SandboxServer
from trades.upstreams import http, redaction

pytestmark = pytest.mark.django_db(transaction=True)

# Django keeps sessions by their id; the browser's other half is what the id is for.
WHERE_SESSIONS_LIE = {"django_session.session_key", "usersessions_usersession.session_key"}


class Shorthand(logging.Handler):
    """Every record at every level, with its traceback, as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.lines: list[Writing] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((f"log {record.name}", self.format(record).encode()))


@pytest.fixture
def log() -> Iterator[Shorthand]:
    root, handler = logging.getLogger(), Shorthand()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def life(settings: LazySettings, redis_url: str, celery_on_redis: Celery) -> Iterator[Life]:
    settings.CACHES = {"default": {**product.CACHES["default"], "LOCATION": "shared_cache"}}
    settings.REDIS_URL = redis_url
    settings.MFA_RECOVERY_CODES_SHOW_ONCE = False
    settings.ROOT_URLCONF = "tests.canary.crashing_urls"
    celery_on_redis.control.purge()
    cache.clear()
    with EchoingSandbox(*planted_links()) as sandbox, SandboxServer(sandbox) as server:
        settings.VPSBOT_URL = server.api_url
        settings.MANNCO_URL = settings.STEAM_URL = settings.STEAM_COMMUNITY_URL = server.url
        yield Life(server, sandbox, make_cast())
    celery_on_redis.control.purge()


def live(life: Life) -> list[Writing]:
    """The whole life; returns what stood in the process list meanwhile."""
    life.sign_in()
    life.add_keys()
    life.mirror()
    life.sell()
    life.send_again()
    life.take_out()
    life.look_at_everything()
    life.look_as_operator()
    crash = life.browser.get(f"/crash/{life.key.pk}/")
    assert crash.status_code == 500
    return key_added_by_command(life)


def key_added_by_command(life: Life) -> list[Writing]:
    """The one way in besides the pages; its secret comes by standard input."""
    arguments = ("key", "add", "--team", life.cast.team.slug, "--owner", life.cast.bob.email)
    changes = {
        "DATABASE_URL": database_url(),
        "VPSBOT_URL": life.server.api_url,
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
    }
    command = subprocess.Popen(
        [sys.executable, "manage.py", *arguments, "--upstream", "vpsbot", "--label", "By hand"],
        cwd=BASE_DIR, env=os.environ | changes, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert command.stdin
    command.stdin.write(life.secrets["replaced VPSBot key"] + "\n")
    command.stdin.flush()
    environment = Path(f"/proc/{command.pid}/environ").read_bytes()
    seen = [*command_lines(), ("environment", environment)]
    said, _ = command.communicate()
    assert command.returncode == 0, said
    return [*seen, ("command", said.encode())]


def needles(life: Life) -> list[str]:
    heard = {word for word in life.sandbox.heard if len(word) >= 8}
    return sorted({*life.secrets.values(), *heard, product.SECRET_KEY, *product.ENCRYPTION_KEYS})


def everything_written(life: Life, log: Shorthand, redis_url: str) -> Iterator[Writing]:
    messages = list(messages_in(redis_url))
    assert any(b"sync_account" in message for _, message in messages)
    assert any(b"step_sell" in message for _, message in messages)
    yield from messages
    yield from ((place, cell) for place, cell in cells() if place not in WHERE_SESSIONS_LIE)
    yield from log.lines
    yield from life.pages


def test_no_planted_secret_is_left_anywhere(life: Life, log: Shorthand, redis_url: str) -> None:
    processes = live(life)
    sought = needles(life)
    assert len(life.secrets) >= 16
    assert len(sought) >= 20
    assert len(log.lines) > 50
    assert any(b"Traceback" in line for _, line in log.lines)
    assert found_in([*everything_written(life, log, redis_url), *processes], sought) == {}


def test_without_cutting_the_search_finds_them(
    life: Life, log: Shorthand, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redaction, "PATTERNS", ())
    monkeypatch.setattr(http, "SHORTEST_KEY_TO_CUT", 10**9)
    life.sign_in()
    life.add_keys()
    life.mirror()
    life.browser.get(reverse("history", args=[life.cast.team.slug]))
    found = found_in(everything_written_before_selling(life, log), needles(life))
    kinds = {kind for kind, secret in life.secrets.items() if secret in found}
    assert kinds >= {
        "replaced VPSBot key",
        "Steam web API key",
        "token of a partner",
        "token in an offer's message",
    }, kinds
    assert {place for places in found.values() for place in places} >= {"trades_traderaw.packed"}


def everything_written_before_selling(life: Life, log: Shorthand) -> Iterator[Writing]:
    yield from cells()
    yield from log.lines
    yield from life.pages
