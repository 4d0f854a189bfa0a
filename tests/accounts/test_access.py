from collections.abc import Callable

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries

from accounts.access import (
    ROLES,
    Can,
    account_for,
    holds,
    key_for,
    key_to_change,
    key_to_stop,
    may,
    team_for,
)
from accounts.models import KeyState, Membership, Role, UpstreamKey, User
from tests.factories import Cast, make_account, make_cast, make_key, make_member

pytestmark = pytest.mark.django_db

Rule = Callable[[Membership, int], UpstreamKey]
OWNER, MANAGER, SELLER, VIEWER = Role.OWNER, Role.MANAGER, Role.SELLER, Role.VIEWER
PEOPLE = {OWNER: "alice", MANAGER: "maria", SELLER: "bob", VIEWER: "victor"}


def asked_by(user: User | AnonymousUser) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user
    return request


def member(cast: Cast, role: Role) -> Membership:
    return team_for(asked_by(getattr(cast, PEOPLE[role])), cast.team.slug)


@pytest.mark.parametrize(
    ("need", "roles"),
    [
        (Can.READ, {OWNER, MANAGER, SELLER, VIEWER}),
        (Can.EXPORT, {OWNER, MANAGER, SELLER, VIEWER}),
        (Can.KEYS_OWN, {OWNER, MANAGER, SELLER}),
        (Can.SELL, {OWNER, MANAGER, SELLER}),
        (Can.SYNC, {OWNER, MANAGER, SELLER}),
        (Can.KEYS_ANY, {OWNER, MANAGER}),
        (Can.PEOPLE, {OWNER, MANAGER}),
        (Can.TEAM, {OWNER}),
    ],
)
def test_each_role_may_what_the_table_says(need: Can, roles: set[Role]) -> None:
    cast = make_cast()
    for role in Role:
        membership = member(cast, role)
        user = getattr(cast, PEOPLE[role])
        assert may(membership, need) == (role in roles)
        assert holds(user, cast.team, need) == (role in roles)
        if role in roles:
            assert team_for(asked_by(user), cast.team.slug, need).role == role
        else:
            with pytest.raises(PermissionDenied):
                team_for(asked_by(user), cast.team.slug, need)


def test_the_table_names_every_need() -> None:
    assert set(ROLES) == set(Can)


@pytest.mark.parametrize("need", list(Can))
def test_a_stranger_finds_nothing_whatever_the_need(need: Can) -> None:
    cast = make_cast()
    for slug in (cast.team.slug, "no-such-team"):
        with pytest.raises(Http404):
            team_for(asked_by(cast.charlie), slug, need)
    assert not holds(cast.charlie, cast.team, need)


def test_an_anonymous_person_finds_nothing() -> None:
    with pytest.raises(Http404):
        team_for(asked_by(AnonymousUser()), make_cast().team.slug)


def test_an_operator_is_a_stranger_too() -> None:
    cast = make_cast()
    User.objects.filter(pk=cast.charlie.pk).update(is_staff=True, is_superuser=True)
    cast.charlie.refresh_from_db()
    with pytest.raises(Http404):
        team_for(asked_by(cast.charlie), cast.team.slug)


def test_an_inactive_person_is_a_stranger() -> None:
    cast = make_cast()
    User.objects.filter(pk=cast.alice.pk).update(is_active=False)
    with pytest.raises(Http404):
        team_for(asked_by(cast.alice), cast.team.slug)
    assert not holds(cast.alice, cast.team, Can.READ)


def test_team_and_role_cost_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    cast = make_cast()
    with django_assert_num_queries(1):
        membership = team_for(asked_by(cast.bob), cast.team.slug)
        assert (membership.team.name, membership.role) == ("Harbour", SELLER)


def test_accounts_and_keys_of_another_team_are_not_found() -> None:
    cast = make_cast()
    theirs = make_key(team=cast.others)
    owner = member(cast, OWNER)
    for finder in (key_for, key_to_change, key_to_stop):
        with pytest.raises(Http404):
            finder(owner, theirs.pk)
    with pytest.raises(Http404):
        account_for(owner, theirs.account_id)


def test_own_accounts_and_keys_are_found() -> None:
    cast = make_cast()
    key = make_key(team=cast.team)
    owner = member(cast, OWNER)
    assert key_for(owner, key.pk) == key
    assert account_for(owner, key.account_id) == key.account


@pytest.mark.parametrize("key_id", [0, 2**63, 10**30])
def test_an_id_that_no_column_holds_is_not_found(key_id: int) -> None:
    owner = member(make_cast(), OWNER)
    with pytest.raises(Http404):
        key_for(owner, key_id)
    with pytest.raises(Http404):
        account_for(owner, key_id)


def test_a_removed_key_is_not_found() -> None:
    cast = make_cast()
    key = make_key(team=cast.team, state=KeyState.REMOVED)
    with pytest.raises(Http404):
        key_for(member(cast, OWNER), key.pk)


@pytest.mark.parametrize(
    ("role", "changes_own", "stops_own", "changes_bobs", "stops_bobs"),
    [
        (OWNER, True, True, False, True),
        (MANAGER, True, True, False, True),
        (SELLER, True, True, False, False),
        (VIEWER, False, False, False, False),
    ],
)
def test_own_and_other_peoples_keys(
    role: Role, changes_own: bool, stops_own: bool, changes_bobs: bool, stops_bobs: bool
) -> None:
    cast = make_cast()
    account = make_account(team=cast.team)
    another_seller = make_member(team=cast.team, role=SELLER)
    membership = another_seller if role == SELLER else member(cast, role)
    own = make_key(account=account, owner=membership.user)
    bobs = make_key(account=account, owner=cast.bob)
    assert passes(key_to_change, membership, own) == changes_own
    assert passes(key_to_stop, membership, own) == stops_own
    assert passes(key_to_change, membership, bobs) == changes_bobs
    assert passes(key_to_stop, membership, bobs) == stops_bobs


def passes(
    rule: Callable[[Membership, int], UpstreamKey], membership: Membership, key: UpstreamKey
) -> bool:
    try:
        return rule(membership, key.pk) == key
    except PermissionDenied:
        return False
