"""Second factors, coming back to a page left open, and what a strict team shows without one."""

import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value
from django.core.cache import cache, caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, get_resolver, reverse
from pytest_django import Settings

from accounts import reauthentication
from accounts.models import AuditEntry, User
from accounts.services import set_second_factor_required
from dashboard.errors import UserError
from tests.factories import PASSWORD, Cast, make_cast, make_key, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cache.clear()
    return make_cast()


def give_second_factor(user: User) -> str:
    """Returns the secret that an app would hold."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def make_strict(cast: Cast) -> None:
    give_second_factor(cast.alice)
    set_second_factor_required(team=cast.team, required=True, by=cast.alice)


def test_the_secret_is_sealed(cast: Cast) -> None:
    secret = give_second_factor(cast.bob)
    authenticator = Authenticator.objects.get()
    assert secret not in str(authenticator.data)
    assert authenticator.wrap().instance.data["secret"]


def test_signing_in_takes_the_digits(cast: Cast) -> None:
    secret = give_second_factor(cast.bob)
    client = Client()
    password = {"login": cast.bob.email, "password": PASSWORD}
    asked = client.post(reverse("account_login"), password)
    assert asked.headers["Location"] == reverse("mfa_authenticate")
    assert client.get(reverse("me")).status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert client.get(reverse("me")).status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": digits(secret)})
    assert client.get(reverse("me")).status_code == 200


def digits(secret: str) -> str:
    """What the app shows now."""
    return f"{hotp_value(secret, int(time.time()) // 30):06}"


def test_who_requires_it_has_one(cast: Cast) -> None:
    with pytest.raises(UserError, match="own second factor first"):
        set_second_factor_required(team=cast.team, required=True, by=cast.alice)
    make_strict(cast)
    assert AuditEntry.objects.get(verb="team.second-factor-set").detail["after"] is True


@pytest.mark.parametrize("name", ["team-home", "keys", "history", "team", "team-leave"])
def test_without_one_a_strict_team_shows_nothing(cast: Cast, client: Client, name: str) -> None:
    make_key(team=cast.team, owner=cast.bob, label="Bob's key")
    make_strict(cast)
    client.force_login(cast.bob)
    answer = client.get(reverse(name, args=["harbour"]))
    assert answer.status_code == 403
    assert "A second factor is needed" in answer.content.decode()
    assert "Bob's key" not in answer.content.decode()
    fragment = client.get(reverse(name, args=["harbour"]), headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment.content) == (204, b"")
    give_second_factor(cast.bob)
    assert client.get(reverse(name, args=["harbour"])).status_code == 200


def test_an_operator_without_one_is_kept_from_the_admin(cast: Cast, client: Client) -> None:
    operator = make_user(is_staff=True)
    client.force_login(operator)
    address = reverse("admin:accounts_team_changelist")
    assert client.get(address).status_code == 200
    make_strict(cast)
    assert client.get(address).status_code == 403
    give_second_factor(operator)
    assert client.get(address).status_code == 200


def test_the_rules_cost_two_queries(cast: Cast) -> None:
    make_strict(cast)
    client = Client()
    client.force_login(cast.alice)
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("team-settings", args=["harbour"]))
    about = ('"accounts_team"."slug" =', "mfa_authenticator")
    rules = [one["sql"] for one in asked if any(words in one["sql"] for words in about)]
    assert len(rules) == 2


GRAVE = ("key-add", "invitation-add", "team-settings", "team-hand-over", "team-delete")


@pytest.mark.parametrize("name", GRAVE)
def test_a_grave_page_asks_who_comes_back_late(cast: Cast, client: Client, name: str) -> None:
    client.force_login(cast.alice)
    address = reverse(name, args=["harbour"])
    assert client.get(address).status_code == 200
    age(client, timedelta(minutes=16))
    ask = client.get(address)
    assert ask.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert client.post(address).status_code in {200, 422}  # was opened in time
    age(client, timedelta(minutes=31))
    late = client.post(address, {"secret": "a-secret-typed-too-late"})
    assert late.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert "a-secret-typed-too-late" not in str(dict(client.session))
    fragment = client.get(address, headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"].startswith(reverse("account_reauthenticate"))
    client.post(ask.headers["Location"], {"password": PASSWORD})
    assert client.get(address).status_code == 200


def age(client: Client, by: timedelta) -> None:
    session = client.session
    session[reauthentication.SIGNED_IN_AT] -= by.total_seconds()
    session.save()


def test_sessions_elsewhere_are_signed_out(cast: Cast) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        client.post(reverse("account_login"), {"login": cast.bob.email, "password": PASSWORD})
    here.post(reverse("usersessions_list"))
    assert here.get(reverse("me")).status_code == 200
    assert there.get(reverse("me")).status_code == 302


def test_the_limits_are_shared_by_all_processes(cast: Cast, settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "shared_cache",
        }
    }
    fields = {"login": cast.bob.email, "password": "wrong"}
    for _ in range(6):
        Client().post(reverse("account_login"), fields)
    caches.close_all()
    fields["password"] = PASSWORD
    client = Client()
    assert "Too many" in client.post(reverse("account_login"), fields).content.decode()
    assert client.get(reverse("me")).status_code == 302


def test_no_openid_provider_is_mounted() -> None:
    for name in ("openid_login", "openid_callback", "socialaccount_login"):
        with pytest.raises(NoReverseMatch):
            reverse(name)
    assert not any("openid" in str(key) for key in get_resolver().reverse_dict)
