"""One person may ask only so often, and reads when again; nobody else is held up by it."""

import re

import pytest
from django.core.cache import cache, caches
from django.db import connection
from django.http import HttpResponse
from django.urls import reverse
from pytest_django import Settings

from dashboard import environment
from dashboard import settings as product
from tests.stored import everything_stored
from tests.test_walls import World
from tests.test_walls import world as world  # a fixture

pytestmark = pytest.mark.django_db

LIMITED = {
    "sell-match": "match",
    "sell-review": "match",
    "sell-list-match": "match",
    "sell-agree": "sell",
    "trade-resend": "resend",
    "sync-now": "sync",
    "key-try-again": "sync",
    "inventory-refresh": "sync",
    "bad-rows-again": "sync",
    "export-new": "export",
    "audit-file": "export",
}
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def once_a_while(settings: Settings) -> None:
    settings.LIMITS_OF_A_PERSON = dict.fromkeys(set(LIMITED.values()), "1/30s/user")


def post(world: World, name: str, *, person: str = "alice", htmx: bool = False) -> HttpResponse:
    return world.clients[person].post(world.address(name), headers=HTMX if htmx else {})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", LIMITED)
def test_who_asks_too_often_is_told_when_again(world: World, name: str) -> None:
    first = post(world, name)
    before = everything_stored()
    page, fragment = post(world, name), post(world, name, htmx=True)
    assert first.status_code != 429
    assert (page.status_code, fragment.status_code) == (429, 429)
    assert everything_stored() == before
    for response in (page, fragment):
        sentence = re.search(
            r"You [a-z ]+ too often for now: try again in (\d+) seconds?\. Nothing was done\.",
            response.content.decode(),
        )
        assert sentence
        assert 1 <= int(sentence[1]) <= 30
        assert abs(int(response.headers["Retry-After"]) - int(sentence[1])) <= 1
    assert fragment.headers["Content-Type"].startswith("text/plain")


def test_one_persons_haste_holds_up_neither_others_nor_other_deeds(world: World) -> None:
    post(world, "sync-now")
    assert post(world, "sync-now").status_code == 429
    assert post(world, "sync-now", person="bob").status_code != 429
    assert post(world, "sell-match").status_code != 429
    assert world.clients["alice"].get(reverse("keys", args=["harbour"])).status_code == 200


def test_looking_at_a_form_counts_for_nothing(world: World) -> None:
    for _ in range(3):
        response = world.clients["alice"].get(world.address("export-new"))
        assert response.status_code == 200
    assert post(world, "export-new").status_code != 429


def test_a_stranger_learns_nothing_from_the_limits(world: World) -> None:
    codes = {post(world, "sync-now", person="charlie").status_code for _ in range(3)}
    assert codes == {404}


def test_without_a_limit_nobody_is_stopped(world: World, settings: Settings) -> None:
    settings.LIMITS_OF_A_PERSON = {"sync": ""}
    assert {post(world, "sync-now").status_code for _ in range(3)} == {302}


def test_the_count_lies_where_every_process_reads_it(world: World, settings: Settings) -> None:
    settings.CACHES = {
        "default": product.CACHES["default"] | {"LOCATION": "shared_cache"},
    }
    assert settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache")
    cache.clear()
    post(world, "sync-now")
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM shared_cache")
        assert any(":sellside:sync:" in row[0] for row in cursor.fetchall())
    caches.close_all()
    del caches._connections.default  # type: ignore[attr-defined]  # a process that has none yet
    assert post(world, "sync-now").status_code == 429


def test_the_limits_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERSON_SELLS_A_MINUTE", "7")
    monkeypatch.setenv("PERSON_EXPORTS_AN_HOUR", "0")
    limits = environment.read().limits_of_a_person
    assert limits == {
        "match": "60/m/user",
        "sell": "7/m/user",
        "resend": "20/m/user",
        "sync": "30/m/user",
        "export": "",
    }
