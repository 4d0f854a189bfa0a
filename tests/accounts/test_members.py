"""Roles, removal, leaving, handing over: who may, what follows, and the owner who always stays."""

from collections.abc import Callable
from threading import Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.access import MEANINGS, ROLES, Can
from accounts.models import AuditEntry, KeyState, Membership, Role, Team, User
from accounts.services import (
    change_role,
    close_team,
    hand_over,
    leave_team,
    remove_member,
    rename_team,
    resume_key,
    set_accounting_zone,
)
from dashboard.errors import UserError
from tests.factories import (
    TRADE_LINK,
    Cast,
    make_cast,
    make_invitation,
    make_key,
    make_member,
    make_sell_request,
    make_trade,
    make_user,
)
from trades.models import ItemName, SellState, Trade, TradeItem, TradeRaw
from trades.services.team_deletion import delete_team
from trades.sync.housekeeping import purge_closed_teams

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def of(cast: Cast, person: str) -> Membership:
    return Membership.objects.get(team=cast.team, user=getattr(cast, person))


@pytest.mark.parametrize(
    ("by", "whom", "role", "allowed"),
    [
        ("alice", "victor", "owner", True),
        ("alice", "maria", "viewer", True),
        ("maria", "victor", "manager", True),
        ("maria", "bob", "viewer", True),
        ("maria", "victor", "owner", False),
        ("maria", "alice", "viewer", False),
        ("bob", "victor", "seller", False),
        ("victor", "victor", "owner", False),
        ("charlie", "victor", "owner", False),
    ],
)
def test_who_may_give_which_role(cast: Cast, by: str, whom: str, role: str, allowed: bool) -> None:
    member = of(cast, whom)
    before = member.role
    if allowed:
        change_role(membership=member, role=role, by=getattr(cast, by))
        entry = AuditEntry.objects.get(verb="member.role-changed")
        assert (entry.detail["before"], entry.detail["after"]) == (before, role)
    else:
        with pytest.raises(PermissionDenied):
            change_role(membership=member, role=role, by=getattr(cast, by))
    member.refresh_from_db()
    assert member.role == (role if allowed else before)


def demote(cast: Cast) -> None:
    change_role(membership=of(cast, "alice"), role="manager", by=cast.alice)


def remove(cast: Cast) -> None:
    remove_member(membership=of(cast, "alice"), by=cast.alice)


def leave(cast: Cast) -> None:
    leave_team(membership=of(cast, "alice"))


@pytest.mark.parametrize("deed", [demote, remove, leave])
def test_the_last_owner_stays(cast: Cast, deed: Callable[[Cast], None]) -> None:
    switched_off = make_user(is_active=False)
    make_member(team=cast.team, user=switched_off, role=Role.OWNER)
    with pytest.raises(UserError, match="at least one owner"):
        deed(cast)
    assert of(cast, "alice").role == Role.OWNER


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_once_leave_one(cast: Cast) -> None:
    change_role(membership=of(cast, "maria"), role="owner", by=cast.alice)
    members = [of(cast, "alice"), of(cast, "maria")]

    def go(member: Membership) -> None:
        try:
            leave_team(membership=member)
        except UserError:
            pass
        finally:
            connection.close()

    threads = [Thread(target=go, args=(member,)) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Membership.objects.filter(team=cast.team, role=Role.OWNER).count() == 1


def test_ownership_is_handed_over_in_one_deed(cast: Cast) -> None:
    hand_over(membership=of(cast, "maria"), by=cast.alice)
    assert (of(cast, "maria").role, of(cast, "alice").role) == (Role.OWNER, Role.MANAGER)
    with pytest.raises(PermissionDenied):
        hand_over(membership=of(cast, "bob"), by=cast.alice)


def test_a_removed_members_keys_stop_and_stay_theirs(cast: Cast, client: Client) -> None:
    key = make_key(team=cast.team, owner=cast.bob, trade_link=TRADE_LINK, label="Bob's key")
    make_invitation(team=cast.team, invited_by=cast.bob)
    assert remove_member(membership=of(cast, "bob"), by=cast.maria) == 1
    key.refresh_from_db()
    assert key.state == KeyState.PAUSED
    assert key.secret_sealed
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"member.removed", "key.owner-left", "invitation.revoked"} <= verbs
    client.force_login(cast.victor)
    page = client.get(reverse("keys", args=[cast.team.slug])).content.decode()
    assert "bob@example.com is not in this team any more" in page


def test_who_comes_back_resumes_their_own_key(cast: Cast, client: Client) -> None:
    key = make_key(team=cast.team, owner=cast.bob)
    leave_team(membership=of(cast, "bob"))
    client.force_login(cast.bob)
    address = reverse("key-resume", args=[cast.team.slug, key.pk])
    assert client.post(address).status_code == 404
    make_member(team=cast.team, user=cast.bob, role=Role.SELLER)
    resume_key(key=key, by=cast.bob)
    key.refresh_from_db()
    assert key.state == KeyState.ACTIVE


def test_renaming_keeps_the_address(cast: Cast) -> None:
    rename_team(team=cast.team, name="Quay", by=cast.alice)
    team = Team.objects.get(pk=cast.team.pk)
    assert (team.name, team.slug) == ("Quay", "harbour")
    with pytest.raises(PermissionDenied):
        rename_team(team=team, name="Pier", by=cast.maria)


@pytest.mark.parametrize(
    ("zone", "kept"), [("Asia/Tokyo", "Asia/Tokyo"), ("Nowhere/City", "UTC"), ("\x00", "UTC")]
)
def test_an_owner_sets_the_zone_of_the_days(
    cast: Cast, client: Client, zone: str, kept: str
) -> None:
    client.force_login(cast.alice)
    address = reverse("team-settings", args=[cast.team.slug])
    response = client.post(address, {"name": "Harbour", "time_zone": zone})
    assert response.status_code == (302 if kept == zone else 422)
    assert Team.objects.get(pk=cast.team.pk).time_zone == kept
    with pytest.raises(PermissionDenied):
        set_accounting_zone(team=cast.team, name="UTC", by=cast.maria)


def test_the_page_of_roles_is_the_table_that_decides(cast: Cast, client: Client) -> None:
    assert set(MEANINGS) == set(Can)
    client.force_login(cast.victor)
    page = client.get(reverse("team-roles", args=[cast.team.slug])).content.decode()
    assert page.count("badge is-good") == sum(len(roles) for roles in ROLES.values())


@pytest.mark.parametrize("typed", ["", "harbour", "Elsewhere"])
def test_a_team_is_not_deleted_by_a_wrong_name(cast: Cast, client: Client, typed: str) -> None:
    client.force_login(cast.alice)
    address = reverse("team-delete", args=[cast.team.slug])
    assert client.post(address, {"name": typed}).status_code == 422
    assert Team.objects.get(pk=cast.team.pk).closed_at is None


def test_a_deleted_team_is_gone_at_once_and_its_rows_soon(cast: Cast, client: Client) -> None:
    key = make_key(team=cast.team, owner=cast.bob, trade_link=TRADE_LINK)
    sell = make_sell_request(key=key, state=SellState.QUEUED)
    with pytest.raises(UserError, match="under way"):
        delete_team(team=cast.team, by=cast.alice)
    sell.state = SellState.REFUSED
    sell.save(update_fields=["state"])
    make_trade(team=cast.team)
    theirs = make_trade(team=cast.others)
    client.force_login(cast.alice)
    client.post(reverse("team-delete", args=["harbour"]), {"name": "Harbour"})
    assert client.get(reverse("team-home", args=["harbour"])).status_code == 404
    key.refresh_from_db()
    assert (key.state, bytes(key.secret_sealed)) == (KeyState.REMOVED, b"")
    while purge_closed_teams():
        pass
    assert not Team.objects.filter(pk=cast.team.pk).exists()
    assert Trade.objects.get() == theirs
    for kept in (TradeItem, TradeRaw):
        assert kept.objects.get().trade_id == theirs.pk
    assert ItemName.objects.get().team_id == theirs.team_id
    assert AuditEntry.objects.get(verb="team.deleted").detail["name"] == "Harbour"


def test_only_owners_delete(cast: Cast) -> None:
    with pytest.raises(PermissionDenied):
        close_team(team=cast.team, by=cast.maria)


@pytest.mark.parametrize("person", ["maria", "alice"])
def test_pages_of_people_say_what_they_did(cast: Cast, client: Client, person: str) -> None:
    by: User = getattr(cast, person)
    client.force_login(by)
    slug, bob = cast.team.slug, of(cast, "bob")
    client.post(reverse("member-role", args=[slug, bob.pk]), {"role": "manager"})
    assert of(cast, "bob").role == Role.MANAGER
    said = client.post(reverse("member-remove", args=[slug, bob.pk]), follow=True)
    assert "bob@example.com is out of the team" in said.content.decode()
    assert not Membership.objects.filter(pk=bob.pk).exists()
