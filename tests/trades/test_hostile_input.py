"""Every page, its address and its forms spoilt in every way: no 500, no markup, no half deed."""

import itertools
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests import hostile, seeds
from tests.factories import make_account, make_cast
from tests.stored import everything_stored
from tests.test_walls import MATRIX, World, things_of
from trades.sandbox.server import SandboxServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("market")]
SHORT, LONG = 60, int(os.environ.get("SOAK_INPUTS", "10000"))
# What a page takes beyond the forms on it.
PARAMETERS = ["page", "seen", "q", "next", "preset", "period", "sort", "free", "game", "since"]
LEFT_OUT = {"account_logout"}  # would only sign the crawler out
REFUSED = {400, 403, 404, 405, 409, 413, 422, 429}


@pytest.fixture
def world(market: SandboxServer) -> World:
    cache.clear()
    cast = make_cast()
    own = things_of(make_account(team=cast.team), cast.bob)
    foreign = things_of(make_account(team=cast.others), cast.charlie)
    client = Client(raise_request_exception=False)
    client.force_login(cast.bob)
    return World(cast, own, foreign, {"bob": client})


def pages(world: World) -> list[str]:
    return [world.address(name) for name in sorted(MATRIX) if name not in LEFT_OUT]


@pytest.mark.parametrize("way", ["address", "form"])
def test_hostile_input_does_no_harm(world: World, way: str) -> None:
    assail(world, way, SHORT)


@pytest.mark.soak
@pytest.mark.parametrize("way", ["address", "form"])
def test_ten_thousand_hostile_inputs_do_no_harm(world: World, way: str) -> None:
    print(f"{assail(world, way, LONG // 2)} inputs by {way}")


def assail(world: World, way: str, count: int) -> int:
    dice, client = random.Random(seeds.drawn()), world.clients["bob"]
    shots = by_address(world, dice) if way == "address" else by_form(world, dice)
    for shot in itertools.islice(shots, count):
        fire(client, *shot)
    return count


def by_address(world: World, dice: random.Random) -> Iterator[tuple[str, str, Any]]:
    spoilt = []
    for page in pages(world):
        names = {name for (_, _), fields in forms_on(world, page) for name in fields}
        spoilt.append(hostile.addresses(dice, page, [*PARAMETERS, *sorted(names)]))
    dice.shuffle(spoilt)
    for addresses in itertools.cycle(spoilt):
        yield "get", next(addresses), None


def by_form(world: World, dice: random.Random) -> Iterator[tuple[str, str, Any]]:
    spoilt = [
        (address or page, hostile.forms(dice, fields))
        for page in pages(world)
        for (method, address), fields in forms_on(world, page)
        if method == "post" and not address.startswith(reverse("account_logout"))
    ]
    assert len(spoilt) > 20
    dice.shuffle(spoilt)
    for address, bodies in itertools.cycle(spoilt):
        yield "post", address, next(bodies)


def forms_on(world: World, page: str) -> list[tuple[tuple[str, str], dict[str, list[str]]]]:
    response = world.clients["bob"].get(page, follow=True)
    return list(hostile.Page(body_of(response)).forms.items())


def deeds() -> dict[str, Any]:
    """All that is stored but the calls that were counted: asking a market is no deed."""
    stored: dict[str, Any] = everything_stored()
    return {name: rows for name, rows in stored.items() if name != "trades.CallBudget"}


def fire(client: Client, method: str, address: str, pairs: Any) -> None:
    before = deeds() if method == "post" else None
    if method == "get":
        response = client.get(address)
    else:
        body = hostile.urlencode(pairs)
        response = client.post(address, body, content_type="application/x-www-form-urlencoded")
    shot = f"{method} {address[:300]} {str(pairs)[:600]}"
    assert response.status_code < 500, shot
    assert "hostile" not in {name.lower() for name in response.cookies}, shot
    assert not hostile.Page(body_of(response)).hostile, shot
    if response.status_code in REFUSED and before is not None:
        assert deeds() == before, shot
    if response.status_code in {302, 303}:
        see_where_it_leads(client, response["Location"], shot)


def see_where_it_leads(client: Client, address: str, shot: str) -> None:
    assert "hostile.example" not in address.split("?")[0], shot
    landed = client.get(address)
    assert landed.status_code < 500, shot
    assert not hostile.Page(body_of(landed)).hostile, shot


def body_of(response: Any) -> str:
    body = b"".join(response) if response.streaming else response.content
    return bytes(body).decode("utf-8", "replace")
