"""Doors into a team: once, for a while, for the right person, and never stored in clear."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import AuditEntry, Invitation, Membership, Role, User
from accounts.services import accept_invitation, change_role, invite, revoke_invitation
from dashboard import clock
from dashboard.errors import UserError
from tests.factories import PASSWORD, Cast, make_cast, make_invitation, make_user

pytestmark = pytest.mark.django_db
TOKEN = "the-token-of-a-door"


@pytest.fixture
def cast() -> Cast:
    cache.clear()
    return make_cast()


def page_of(token: str = TOKEN) -> str:
    return reverse("invitation", args=[token])


def sign_up(email: str) -> Client:
    client = Client()
    fields = {"email": email, "password1": PASSWORD, "password2": PASSWORD, "next": page_of()}
    client.post(reverse("account_signup"), fields)
    return client


def test_the_link_is_shown_once_and_kept_as_a_hash(cast: Cast, client: Client) -> None:
    client.force_login(cast.maria)
    answer = client.post(
        reverse("invitation-add", args=[cast.team.slug]), {"role": "seller", "days": "7"}
    )
    found = re.search(r"http://testserver(/invitations/[\w-]+/)", answer.content.decode())
    assert found
    token = found[1].split("/")[2]
    row = Invitation.objects.values().get()
    assert token not in str(row)
    assert token not in str(list(AuditEntry.objects.values_list("detail", flat=True)))
    assert token not in client.get(reverse("team", args=[cast.team.slug])).content.decode()
    newcomer = Client()
    newcomer.force_login(make_user())
    assert newcomer.post(found[1]).headers["Location"] == reverse("team-home", args=["harbour"])
    assert Client().get(found[1]).status_code == 404


def test_a_mailed_link_is_shown_to_nobody_else(cast: Cast, client: Client) -> None:
    client.force_login(cast.maria)
    fields = {"role": "viewer", "days": "7", "email": "New@Example.com", "by_mail": "on"}
    said = client.post(reverse("invitation-add", args=[cast.team.slug]), fields, follow=True)
    [message] = mail.outbox
    assert message.to == ["new@example.com"]
    link = re.search(r"http://testserver(/invitations/\S+)", str(message.body))
    assert link
    assert link[1] not in said.content.decode()
    assert Client().get(link[1]).status_code == 200


def test_an_invitation_opens_once(cast: Cast) -> None:
    make_invitation(team=cast.team, token=TOKEN, role=Role.SELLER)
    membership = accept_invitation(token=TOKEN, user=make_user())
    assert membership.role == Role.SELLER
    assert AuditEntry.objects.get(verb="invitation.accepted").actor == membership.user
    with pytest.raises(UserError, match="does not open"):
        accept_invitation(token=TOKEN, user=make_user())


@pytest.mark.parametrize("shut", ["expired", "revoked", "closed"])
def test_a_shut_door_says_so(cast: Cast, client: Client, shut: str) -> None:
    invitation = make_invitation(team=cast.team, token=TOKEN)
    if shut == "expired":
        Invitation.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    elif shut == "revoked":
        revoke_invitation(invitation=invitation, by=cast.maria)
    else:
        cast.team.closed_at = clock.now()
        cast.team.save(update_fields=["closed_at"])
    client.force_login(cast.charlie)
    for method in ("GET", "POST"):
        answer = client.generic(method, page_of())
        assert answer.status_code == 404
        assert "no longer works" in answer.content.decode()
    assert not Membership.objects.filter(user=cast.charlie, team=cast.team).exists()


@pytest.mark.parametrize(
    ("address", "is_verified", "mailed", "opens"),
    [
        ("new@example.com", True, False, True),
        ("new@example.com", False, False, False),
        ("new@example.com", False, True, True),
        ("other@example.com", True, True, False),
    ],
)
def test_a_bound_invitation_opens_for_its_address(
    cast: Cast, address: str, is_verified: bool, mailed: bool, opens: bool
) -> None:
    mailed_at = clock.now() if mailed else None
    make_invitation(team=cast.team, token=TOKEN, email="new@example.com", mailed_at=mailed_at)
    user = make_user(email=address)
    EmailAddress.objects.create(user=user, email=address, verified=is_verified, primary=True)
    if opens:
        assert accept_invitation(token=TOKEN, user=user).team == cast.team
    else:
        with pytest.raises(UserError, match=r"new@example\.com"):
            accept_invitation(token=TOKEN, user=user)


def test_a_member_does_not_use_it_up(cast: Cast) -> None:
    make_invitation(team=cast.team, token=TOKEN)
    with pytest.raises(UserError, match="already"):
        accept_invitation(token=TOKEN, user=cast.bob)
    assert accept_invitation(token=TOKEN, user=make_user())


def test_closed_sign_up_opens_for_the_invited(cast: Cast, settings: Settings) -> None:
    settings.SIGN_UP_IS_OPEN = False
    make_invitation(team=cast.team, token=TOKEN, email="new@example.com", mailed_at=clock.now())
    closed = Client().get(reverse("account_signup")).content.decode()
    assert "Sign up is closed" in closed
    client = sign_up("new@example.com")
    user = User.objects.get(email="new@example.com")
    assert not user.memberships.exists()
    assert EmailAddress.objects.get(user=user).verified
    client.post(page_of())
    assert user.memberships.get().team == cast.team
    sign_up("late@example.com")
    assert not User.objects.filter(email="late@example.com").exists()


def test_closed_sign_up_is_not_opened_by_a_made_up_link(cast: Cast, settings: Settings) -> None:
    settings.SIGN_UP_IS_OPEN = False
    sign_up("new@example.com")
    assert not User.objects.filter(email="new@example.com").exists()


def test_nobody_is_invited_as_owner_nor_by_a_seller(cast: Cast) -> None:
    with pytest.raises(UserError, match="owners are made of members"):
        invite(team=cast.team, role="owner", by=cast.alice)
    with pytest.raises(PermissionDenied):
        invite(team=cast.team, role="viewer", by=cast.bob)


def test_the_doors_of_a_manager_shut_with_the_role(cast: Cast) -> None:
    invite(team=cast.team, role="viewer", by=cast.maria)
    maria = cast.team.memberships.get(user=cast.maria)
    change_role(membership=maria, role="seller", by=cast.alice)
    assert not Invitation.objects.still_open().exists()
