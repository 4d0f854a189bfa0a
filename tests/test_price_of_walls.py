"""What deciding about access costs a page, in a team that requires a second factor."""

import traceback
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.models import Team
from tests.accounts.test_second_factor import give_second_factor
from tests.test_walls import MATRIX, TEAM_PAGES, World
from tests.test_walls import world as world  # a fixture

pytestmark = pytest.mark.django_db
MOST = 2
AGAIN_UNDER_THE_LOCK = 1  # a deed asks once more when nobody can change the answer
ABOUT_THE_PAGES_OBJECT = {
    *("account_for", "key_for", "key_to_change", "key_to_stop"),
    *("invitation_for", "member_to_change", "owners_gone"),
}


class Price:
    """Counts the queries that accounts.access makes to decide, not those that find an object."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
    ) -> Any:
        frames = [f for f in traceback.extract_stack() if f.filename.endswith("accounts/access.py")]
        if frames and not ABOUT_THE_PAGES_OBJECT & {frame.name for frame in frames}:
            self.asked.append(str(sql))
        return execute(sql, params, many, context)


def test_access_rules_cost_no_page_more_than_two_queries(world: World) -> None:
    give_second_factor(world.cast.alice)
    Team.objects.filter(pk=world.cast.team.pk).update(requires_second_factor=True)
    prices = {}
    for name in TEAM_PAGES:
        for person in ("alice", "charlie"):
            price = Price()
            method = MATRIX[name].methods.split()[0]
            with connection.execute_wrapper(price):
                world.clients[person].generic(method, world.address(name))
            prices[method, name, person] = len(price.asked)
    most = {"GET": MOST, "POST": MOST + AGAIN_UNDER_THE_LOCK}
    assert {where: price for where, price in prices.items() if price > most[where[0]]} == {}
    assert max(prices.values()) >= MOST
