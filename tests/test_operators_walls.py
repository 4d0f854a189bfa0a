"""The admin's addresses x everybody: for operators alone, whatever the team."""

import itertools
from contextlib import suppress
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from tests.factories import make_user
from tests.stored import everything_stored
from tests.test_walls import OPERATORS, World, addresses
from tests.test_walls import world as world  # a fixture

pytestmark = pytest.mark.django_db


def operators_addresses() -> list[str]:
    names = [name for name in addresses(get_resolver()) if name.startswith(OPERATORS)]
    return sorted({address_of_operators(name) for name in names})


def address_of_operators(name: str) -> str:
    """The address of a name, about object 1 where there is one; a pattern without a name as is."""
    for words in ([], ["1"], ["1", "1"], ["accounts"]):
        with suppress(NoReverseMatch):
            return reverse(name, args=words)
    return reverse("admin:index") + "no-such-page/"


def test_the_group_of_the_operators_is_found() -> None:
    found = operators_addresses()
    for name in ("index", "accounts_upstreamkey_changelist", "trades_sellrequest_changelist"):
        assert reverse(f"admin:{name}") in found
    assert len(found) > 5 * len(admin.site._registry)


def test_only_operators_meet_the_admin(world: World) -> None:
    """Every address refuses the visitor and two people; who they are goes round."""
    sign_in = reverse("admin:login")
    people = itertools.cycle(("charlie", "victor", "bob", "maria", "alice"))
    before = everything_stored()
    for address in operators_addresses():
        for method in ("GET", "POST"):
            visitor = world.clients["visitor"].generic(method, address)
            assert visitor.status_code == 302, (method, address)
            assert visitor.headers["Location"].startswith((sign_in, reverse("account_login")))
            person = next(people)
            response = world.clients[person].generic(method, address)
            assert response.status_code == 403, (person, method, address)
    assert everything_stored() == before


def test_a_visitor_signs_in_to_the_admin_like_anywhere(world: World) -> None:
    response = world.clients["visitor"].get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login") + "?next=")
    assert response.redirect_chain[-1][0].endswith(quote(reverse("admin:index"), safe=""))


def test_an_operator_reads_every_list_and_adds_or_deletes_nothing(world: World) -> None:
    operator = Client()
    operator.force_login(make_user(is_staff=True))
    before = everything_stored()
    assert operator.get(reverse("admin:index")).status_code == 200
    for model in admin.site._registry:
        names = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert operator.get(reverse(f"{names}_changelist")).status_code == 200, names
        assert operator.post(reverse(f"{names}_add")).status_code == 403
        thing = model._base_manager.values_list("pk", flat=True).first()
        if thing is not None:
            assert operator.get(reverse(f"{names}_change", args=[thing])).status_code == 200
            for deed in ("change", "delete"):
                address = reverse(f"{names}_{deed}", args=[thing])
                assert operator.post(address, {"post": "yes"}).status_code == 403, address
    assert everything_stored() == before
