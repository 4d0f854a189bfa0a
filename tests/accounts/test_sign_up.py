import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Membership, Role, Team, User
from accounts.services import create_team
from tests.factories import PASSWORD, make_cast, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_attempts_remembered() -> None:
    cache.clear()


def sign_up(client: Client, email: str, password: str = PASSWORD, again: str = PASSWORD) -> int:
    answers = {"email": email, "password1": password, "password2": again}
    return client.post(reverse("account_signup"), answers).status_code


def test_sign_up_makes_a_person_their_desk_and_an_entry(client: Client) -> None:
    assert sign_up(client, "Alice@Example.com") == 302
    user = User.objects.get()
    assert user.email == "alice@example.com"
    membership = Membership.objects.select_related("team").get(user=user)
    assert (membership.role, membership.team.name) == (Role.OWNER, "alice's desk")
    entry = AuditEntry.objects.get(verb="team.created")
    assert (entry.actor, entry.team) == (user, membership.team)
    assert PASSWORD not in str(entry.detail)


def test_after_sign_up_the_person_is_signed_in_and_sent_home(client: Client) -> None:
    sign_up(client, "alice@example.com")
    response = client.get(reverse("home"))
    assert response.headers["Location"] == reverse("team-home", args=["alices-desk"])


@pytest.mark.parametrize(
    ("email", "password", "again"),
    [
        ("no address", PASSWORD, PASSWORD),
        ("alice@example.com", "12345678", "12345678"),
        ("alice@example.com", PASSWORD, PASSWORD + "x"),
        ("alice@example.com", "", ""),
    ],
)
def test_a_bad_form_makes_nobody(client: Client, email: str, password: str, again: str) -> None:
    assert sign_up(client, email, password, again) in {200, 400, 422}
    assert not User.objects.exists()
    assert not Team.objects.exists()


def test_a_taken_address_makes_no_second_person_or_team(client: Client) -> None:
    make_user(email="alice@example.com")
    sign_up(client, "ALICE@example.com")
    assert User.objects.count() == 1
    assert not Team.objects.exists()


def test_sign_in_and_out(client: Client) -> None:
    make_user(email="alice@example.com")
    answers = {"login": "Alice@example.com", "password": PASSWORD}
    assert client.post(reverse("account_login"), answers).headers["Location"] == reverse("home")
    assert client.get(reverse("me")).status_code == 200
    client.post(reverse("account_logout"))
    assert client.get(reverse("me")).status_code == 302


def test_a_wrong_password_and_an_inactive_person_stay_out(client: Client) -> None:
    make_user(email="alice@example.com")
    make_user(email="gone@example.com", is_active=False)
    for email, password in [("alice@example.com", "wrong"), ("gone@example.com", PASSWORD)]:
        client.post(reverse("account_login"), {"login": email, "password": password})
        assert client.get(reverse("me")).status_code == 302


def test_a_person_switched_off_is_out_at_once(client: Client) -> None:
    cast = make_cast()
    client.force_login(cast.alice)
    User.objects.filter(pk=cast.alice.pk).update(is_active=False)
    page = client.get(reverse("keys", args=[cast.team.slug]))
    assert page.headers["Location"].startswith(reverse("account_login"))


def reset_link(email: str) -> str:
    Client().post(reverse("account_reset_password"), {"email": email})
    [message] = [message for message in mail.outbox if email in message.to]
    found = re.search(r"https?://[^/]+(/\S+)", str(message.body))
    assert found
    return found.group(1)


@pytest.mark.parametrize("password", [PASSWORD, None], ids=["forgotten", "never had one"])
def test_a_reset_mail_leads_to_a_new_password(client: Client, password: str | None) -> None:
    owner = User.objects.create_user("alice@example.com", password)
    create_team(name="Harbour", owner=owner)
    form = client.get(reset_link("alice@example.com"), follow=True)
    address = form.redirect_chain[-1][0]
    client.post(address, {"password1": "a brand new phrase", "password2": "a brand new phrase"})
    owner.refresh_from_db()
    assert owner.check_password("a brand new phrase")


def test_a_reset_for_an_unknown_address_looks_the_same(client: Client) -> None:
    make_user(email="alice@example.com")
    known = client.post(reverse("account_reset_password"), {"email": "alice@example.com"})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.com"})
    assert known.headers["Location"] == unknown.headers["Location"]
    assert known.status_code == unknown.status_code
