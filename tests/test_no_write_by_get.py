"""Looking changes nothing: a link in a mail or a prefetching browser does no deed."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from tests.test_walls import MATRIX, PAGES, World
from tests.test_walls import world as world  # a fixture

pytestmark = pytest.mark.django_db
WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|REPLACE|COPY|TRUNCATE)\b", re.IGNORECASE)
# where somebody is, not what they have: the session, and which pages are open just now; and the
# person's own address, which the sign-in library copies into its table for who has no row there
ABOUT_LOOKING = (
    *("django_session", "usersessions_usersession", "trades_watch"),
    "account_emailaddress",
)


class Watcher:
    def __init__(self) -> None:
        self.written: list[str] = []

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        text = str(sql)
        if WRITES.match(text) and not any(table in text for table in ABOUT_LOOKING):
            self.written.append(text)
        return execute(sql, params, many, context)


def test_looking_writes_nothing(world: World) -> None:
    found = {}
    for name in PAGES:
        watcher = Watcher()
        for person in MATRIX[name].who:
            with connection.execute_wrapper(watcher):
                world.clients[person].get(world.address(name))
        found[name] = watcher.written
    assert {name: written for name, written in found.items() if written} == {}


def test_a_write_is_noticed(world: World) -> None:
    watcher = Watcher()
    with connection.execute_wrapper(watcher):
        world.clients["bob"].post(world.address("key-pause"))
    assert watcher.written
