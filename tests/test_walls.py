"""Every address x every role x a stranger x a visitor x every method, against one matrix.

A new page adds one row to ``MATRIX``; an address without a row fails.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import MarketAccount, Role, User
from tests.factories import (
    TRADE_LINK,
    Cast,
    make_account,
    make_cast,
    make_draft,
    make_export,
    make_invitation,
    make_key,
    make_offer,
    make_sell_list,
    make_sell_request,
    make_sync_state,
    make_trade,
)
from tests.stored import everything_stored
from trades.models import SavedView, SellState

pytestmark = pytest.mark.django_db

Outcome = Literal["yes", "403", "404", "sign in"]
Whom = Literal[
    "member",
    "invitation",
    "key",
    "account",
    "trade",
    "sell",
    "sell list",
    "draft",
    "export",
    "offer",
    "team view",
]

EVERYONE = ("visitor", "charlie", "victor", "bob", "maria", "alice")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OPEN_DOOR = "the-token-of-an-open-invitation"
YES = {200, 204, 302, 303, 422}


def may(*outcomes: Outcome) -> dict[str, Outcome]:
    return dict(zip(EVERYONE, outcomes, strict=True))


# Who gets what: visitor, stranger, viewer, seller, manager, owner. Keys in the rows are bob's.
PUBLIC = may("yes", "yes", "yes", "yes", "yes", "yes")
PERSON = may("sign in", "yes", "yes", "yes", "yes", "yes")
MEMBERS = may("sign in", "404", "yes", "yes", "yes", "yes")
SELLERS = may("sign in", "404", "403", "yes", "yes", "yes")
MANAGERS = may("sign in", "404", "403", "403", "yes", "yes")
OWNERS = may("sign in", "404", "403", "403", "403", "yes")
NONE_OF_MINE = may("sign in", "404", "404", "404", "404", "404")
KEY_OWNER = may("sign in", "404", "403", "yes", "403", "403")
KEY_OWNER_AND_MANAGERS = SELLERS
ASKER = may("sign in", "404", "404", "yes", "404", "404")  # bob's file is nobody else's


IN_A_TEAM = (MEMBERS, SELLERS, MANAGERS, OWNERS, KEY_OWNER, ASKER)


@dataclass(frozen=True, slots=True)
class Row:
    who: dict[str, Outcome]
    methods: str  # those that the page answers; "" = a third party's page, left to it
    about: Whom | None = None  # what the pk in the address is
    kwargs: tuple[tuple[str, str], ...] = ()


MATRIX: dict[str, Row] = {
    # the shell
    "healthz": Row(PUBLIC, "GET"),
    # the person
    "home": Row(PERSON, "GET"),
    "me": Row(PERSON, "GET POST"),
    "team-new": Row(PERSON, "GET POST"),
    "invitation": Row(PUBLIC, "GET POST", kwargs=(("token", OPEN_DOOR),)),
    # the team's people and settings
    "team": Row(MEMBERS, "GET"),
    "audit": Row(MANAGERS, "GET"),
    "audit-file": Row(MANAGERS, "POST"),
    "team-roles": Row(MEMBERS, "GET"),
    "team-settings": Row(OWNERS, "GET POST"),
    "team-leave": Row(MEMBERS, "GET POST"),
    "team-hand-over": Row(OWNERS, "GET POST"),
    "team-delete": Row(OWNERS, "GET POST"),
    "member-role": Row(MANAGERS, "GET POST", about="member"),
    "member-remove": Row(MANAGERS, "GET POST", about="member"),
    "invitation-add": Row(MANAGERS, "GET POST"),
    "invitation-revoke": Row(MANAGERS, "POST", about="invitation"),
    # signing in, allauth's
    "account_login": Row(PUBLIC, ""),
    "account_logout": Row(PUBLIC, ""),
    "account_signup": Row(PUBLIC, ""),
    "account_inactive": Row(PUBLIC, ""),
    "account_reset_password": Row(PUBLIC, ""),
    "account_reset_password_done": Row(PUBLIC, ""),
    "account_reset_password_from_key": Row(
        PUBLIC, "", kwargs=(("uidb36", "1"), ("key", "no-such-key"))
    ),
    "account_reset_password_from_key_done": Row(PUBLIC, ""),
    "account_email_verification_sent": Row(PUBLIC, ""),
    "account_confirm_email": Row(PUBLIC, "", kwargs=(("key", "no-such-key"),)),
    "account_confirm_login_code": Row(PUBLIC, ""),
    "account_email": Row(PERSON, ""),
    "account_change_password": Row(PERSON, ""),
    "account_set_password": Row(PERSON, ""),
    "account_reauthenticate": Row(PERSON, ""),
    "usersessions_list": Row(PERSON, ""),
    "mfa_index": Row(PERSON, ""),
    "mfa_authenticate": Row(PUBLIC, ""),
    "mfa_reauthenticate": Row(PERSON, ""),
    "mfa_activate_totp": Row(PERSON, ""),
    "mfa_deactivate_totp": Row(NONE_OF_MINE, ""),
    "mfa_view_recovery_codes": Row(NONE_OF_MINE, ""),
    "mfa_generate_recovery_codes": Row(PERSON, ""),
    "mfa_download_recovery_codes": Row(NONE_OF_MINE, ""),
    "mfa_list_webauthn": Row(PERSON, ""),
    "mfa_add_webauthn": Row(PERSON, ""),
    "mfa_reauthenticate_webauthn": Row(PERSON, ""),
    "mfa_login_webauthn": Row(PUBLIC, ""),
    "mfa_remove_webauthn": Row(PERSON, "", kwargs=(("pk", "1"),)),
    "mfa_edit_webauthn": Row(PERSON, "", kwargs=(("pk", "1"),)),
    # the team
    "team-home": Row(MEMBERS, "GET"),
    "home-panel": Row(MEMBERS, "GET", kwargs=(("name", "bots"),)),
    "history": Row(MEMBERS, "GET"),
    "find": Row(MEMBERS, "GET POST"),
    "history-count": Row(MEMBERS, "GET"),
    "views": Row(MEMBERS, "GET POST"),
    "view-rename": Row(MANAGERS, "POST", about="team view"),
    "view-share": Row(MANAGERS, "POST", about="team view"),
    "view-unshare": Row(MANAGERS, "POST", about="team view"),
    "view-delete": Row(MANAGERS, "POST", about="team view"),
    "view-default": Row(MEMBERS, "POST", about="team view"),
    "trade": Row(MEMBERS, "GET", about="trade"),
    "trade-refresh": Row(SELLERS, "POST", about="trade"),
    "exports": Row(MEMBERS, "GET"),
    "export-new": Row(MEMBERS, "GET POST"),
    "export-file": Row(ASKER, "GET", about="export"),
    "export-withdraw": Row(ASKER, "POST", about="export"),
    # Steam's offers
    "offers": Row(MEMBERS, "GET"),
    "offer": Row(MEMBERS, "GET", about="offer"),
    "offer-acknowledge": Row(SELLERS, "POST", about="offer"),
    "trade-resend": Row(SELLERS, "GET POST", about="trade"),
    # the inventory
    "inventory": Row(MEMBERS, "GET"),
    "inventory-choose": Row(SELLERS, "POST"),
    "inventory-refresh": Row(SELLERS, "POST"),
    "inventory-pictures": Row(MEMBERS, "POST"),
    "inventory-names": Row(SELLERS, "GET POST"),
    # keys and syncs
    "keys": Row(MEMBERS, "GET"),
    "key-add": Row(SELLERS, "GET POST"),
    "key-replace": Row(KEY_OWNER, "GET POST", about="key"),
    "key-trade-link": Row(KEY_OWNER, "GET POST", about="key"),
    "key-sharing": Row(KEY_OWNER, "POST", about="key"),
    "key-resume": Row(KEY_OWNER, "POST", about="key"),
    "key-pause": Row(KEY_OWNER_AND_MANAGERS, "POST", about="key"),
    "key-remove": Row(KEY_OWNER_AND_MANAGERS, "GET POST", about="key"),
    "key-try-again": Row(SELLERS, "POST", about="key"),
    "sync-card": Row(MEMBERS, "GET", about="account"),
    "sync-now": Row(SELLERS, "POST", about="account"),
    "gap-acknowledge": Row(SELLERS, "POST", about="account"),
    "bad-rows": Row(MEMBERS, "GET", about="account"),
    "bad-rows-again": Row(SELLERS, "POST", about="account"),
    "differences": Row(MEMBERS, "GET", about="account"),
    # from a selection to a yes
    "sell-draft": Row(SELLERS, "GET", about="draft"),
    "sell-match": Row(SELLERS, "POST", about="draft"),
    "sell-review": Row(SELLERS, "POST", about="draft"),
    "sell-agree": Row(SELLERS, "POST", about="draft"),
    "sell-defaults": Row(MANAGERS, "GET POST"),
    # sells and sell lists
    "sells": Row(MEMBERS, "GET"),
    "sell": Row(MEMBERS, "GET", about="sell"),
    "sell-card": Row(MEMBERS, "GET", about="sell"),
    "sell-free": Row(MANAGERS, "GET POST", about="sell"),
    "sell-again": Row(SELLERS, "POST", about="sell"),
    "sell-lists": Row(MEMBERS, "GET"),
    "sell-list-save": Row(SELLERS, "POST"),
    "sell-list": Row(MEMBERS, "GET", about="sell list"),
    "sell-list-edit": Row(SELLERS, "POST", about="sell list"),
    "sell-list-match": Row(SELLERS, "POST", about="sell list"),
    "sell-list-delete": Row(SELLERS, "POST", about="sell list"),
}

# The admin's addresses are one group: for operators alone, whatever the team.
OPERATORS = "admin:"

PAGES = sorted(MATRIX)
TEAM_PAGES = [name for name in PAGES if MATRIX[name].who in IN_A_TEAM]
OWN_PAGES = [name for name in PAGES if MATRIX[name].methods]
OWN_PAGES_BEHIND_SIGN_IN = [name for name in OWN_PAGES if MATRIX[name].who["visitor"] == "sign in"]
PAGES_BEHIND_SIGN_IN = [name for name in PAGES if MATRIX[name].who["visitor"] == "sign in"]
PAGES_ABOUT_AN_OBJECT = [name for name in PAGES if MATRIX[name].about]


@dataclass(frozen=True, slots=True)
class World:
    cast: Cast
    own: dict[str, int]
    foreign: dict[str, int]
    clients: dict[str, Client]

    def address(self, name: str, *, slug: str = "", pk: int | None = None) -> str:
        row = MATRIX[name]
        kwargs: dict[str, Any] = dict(row.kwargs)
        if name in TEAM_PAGES:
            kwargs["team"] = slug or self.cast.team.slug
        if row.about:
            kwargs["pk"] = self.own[row.about] if pk is None else pk
        return reverse(name, kwargs=kwargs)


def signed_in(cast: Cast, person: str) -> Client:
    client = Client(raise_request_exception=False)
    if person != "visitor":
        client.force_login(getattr(cast, person))
    return client


def things_of(account: MarketAccount, owner: User) -> dict[str, int]:
    key = make_key(account=account, owner=owner, trade_link=TRADE_LINK)
    return {
        "member": account.team.memberships.exclude(role=Role.OWNER)
        .values_list("pk", flat=True)
        .first()
        or account.team.memberships.get().pk,
        "invitation": make_invitation(team=account.team).pk,
        "account": account.pk,
        "key": key.pk,
        "trade": make_trade(account=account).pk,
        "offer": make_offer(account=account).pk,
        "sell": make_sell_request(key=key, state=SellState.UNKNOWN).pk,
        "sell list": make_sell_list(team=account.team).pk,
        "team view": SavedView.objects.create(team=account.team, name="Ours").pk,
        "draft": make_draft(key=key, by=owner).pk,
        "export": make_export(team=account.team, by=owner).pk,
    }


@pytest.fixture
def world() -> World:
    cache.clear()
    cast = make_cast()
    account, elsewhere = make_account(team=cast.team), make_account(team=cast.others)
    make_sync_state(account=account)
    make_invitation(team=cast.team, token=OPEN_DOOR)
    own, foreign = things_of(account, cast.bob), things_of(elsewhere, cast.charlie)
    clients = {person: signed_in(cast, person) for person in EVERYONE}
    return World(cast, own, foreign, clients)


def addresses(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(
                pattern, namespace + f"{pattern.namespace}:" * bool(pattern.namespace)
            )
        elif isinstance(pattern, URLPattern):
            yield namespace + (pattern.name or str(pattern.pattern))


@contextmanager
def undone() -> Iterator[None]:
    """What a request did is rolled back, so that each one meets the same world."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def outcome(response: HttpResponse) -> str:
    """What the answer amounts to, in the words of the matrix."""
    location = response.headers.get("Location", "")
    if response.status_code == 302 and location.startswith(reverse("account_login") + "?"):
        return "sign in"
    return "yes" if response.status_code in YES else str(response.status_code)


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    found = [name for name in addresses(get_resolver()) if not name.startswith(OPERATORS)]
    assert sorted(found) == PAGES


def each_person_gets_what_the_matrix_says(world: World, name: str) -> None:
    before = everything_stored()
    for person, expected in MATRIX[name].who.items():
        if expected != "yes":
            meets(world, name, person)
    assert everything_stored() == before, f"a refusal of {name} changed something"
    for person, expected in MATRIX[name].who.items():
        if expected == "yes":
            meets(world, name, person)


def meets(world: World, name: str, person: str) -> None:
    """What is allowed is undone; what a refusal would do stays to be seen."""
    row, client = MATRIX[name], world.clients[person]
    for method in row.methods.split() or ["GET"]:
        with undone() if row.who[person] == "yes" else nullcontext():
            response = client.generic(method, world.address(name))
        found = (name, person, method, outcome(response))
        assert found == (name, person, method, row.who[person])


def a_wrong_method_is_refused_and_changes_nothing(world: World, name: str) -> None:
    row = MATRIX[name]
    address = world.address(name)
    before = everything_stored()
    for person, expected in row.who.items():
        client = world.clients[person]
        for method in set(METHODS) - set(row.methods.split()):
            # who would be refused anyway may learn of either refusal, a stranger of none
            either = expected in {"403", "404"} and person != "charlie"
            refusals = {"yes": {"405"}}.get(expected, {expected, "405"} if either else {expected})
            found = outcome(client.generic(method, address))
            assert found in refusals, (name, person, method, found)
    assert everything_stored() == before


def a_team_that_does_not_exist_looks_like_a_strangers(world: World, name: str) -> None:
    alice = world.clients["alice"]
    for slug in ("no-such-team", world.cast.others.slug):
        for method in METHODS:
            response = alice.generic(method, world.address(name, slug=slug))
            assert response.status_code == 404, (name, slug, method)
    assert "last_team" not in alice.session


def what_is_another_teams_is_not_found(world: World, name: str) -> None:
    row = MATRIX[name]
    before = everything_stored()
    for person in [person for person, expected in row.who.items() if expected == "yes"]:
        client = world.clients[person]
        for pk in (world.foreign[str(row.about)], 0, 2**63, 10**30):
            for method in row.methods.split():
                response = client.generic(method, world.address(name, pk=pk))
                assert response.status_code == 404, (name, person, method, pk)
    assert everything_stored() == before


def an_ended_session_redirects_htmx_as_a_whole_page(world: World, name: str) -> None:
    response = world.clients["visitor"].get(world.address(name), headers={"HX-Request": "true"})
    assert response.status_code == 204, name
    assert response.headers["HX-Redirect"].startswith(reverse("account_login"))


def a_post_without_its_csrf_token_changes_nothing(world: World, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.cast.bob)
    before = everything_stored()
    assert client.post(world.address(name)).status_code in {403, 405}, name
    assert everything_stored() == before


QUESTIONS = {
    each_person_gets_what_the_matrix_says: PAGES,
    a_wrong_method_is_refused_and_changes_nothing: OWN_PAGES,
    a_team_that_does_not_exist_looks_like_a_strangers: TEAM_PAGES,
    what_is_another_teams_is_not_found: PAGES_ABOUT_AN_OBJECT,
    an_ended_session_redirects_htmx_as_a_whole_page: PAGES_BEHIND_SIGN_IN,
    a_post_without_its_csrf_token_changes_nothing: TEAM_PAGES,
}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.__name__)
def test_at_every_wall(world: World, question: Callable[[World, str], None]) -> None:
    for name in QUESTIONS[question]:
        question(world, name)
