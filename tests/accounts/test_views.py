import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Role
from tests.factories import TRADE_LINK, make_cast, make_key, make_member, make_team, make_user

pytestmark = pytest.mark.django_db


def test_home_asks_a_visitor_to_sign_in(client: Client) -> None:
    response = client.get(reverse("home"))
    assert response.headers["Location"].startswith(reverse("account_login"))


def test_home_is_the_first_team_at_first(client: Client) -> None:
    user = make_user()
    first = make_team(owner=user, name="Zebra")
    make_team(owner=user, name="Aardvark")
    client.force_login(user)
    assert client.get(reverse("home")).headers["Location"] == reverse(
        "team-home", args=[first.slug]
    )


def test_home_is_the_team_looked_at_last(client: Client) -> None:
    user = make_user()
    make_team(owner=user)
    second = make_team(owner=user)
    client.force_login(user)
    client.get(reverse("keys", args=[second.slug]))
    assert client.get(reverse("home")).headers["Location"] == reverse(
        "team-home", args=[second.slug]
    )


def test_a_fragment_does_not_move_home(client: Client) -> None:
    user = make_user()
    first, second = make_team(owner=user), make_team(owner=user)
    client.force_login(user)
    client.get(reverse("keys", args=[first.slug]))
    client.get(reverse("keys", args=[second.slug]), headers={"HX-Request": "true"})
    assert client.session["last_team"] == first.slug


def test_home_forgets_a_team_that_the_person_left(client: Client) -> None:
    user = make_user()
    own, left = make_team(owner=user), make_team()
    membership = make_member(team=left, user=user, role=Role.VIEWER)
    client.force_login(user)
    client.get(reverse("keys", args=[left.slug]))
    membership.delete()
    assert client.get(reverse("home")).headers["Location"] == reverse("team-home", args=[own.slug])


def test_a_person_whose_every_team_is_gone_gets_their_own_page(client: Client) -> None:
    client.force_login(make_user())
    response = client.get(reverse("home"), follow=True)
    assert response.redirect_chain == [(reverse("me"), 302)]
    assert response.status_code == 200


def test_my_account_shows_address_teams_and_the_way_to_the_password(client: Client) -> None:
    cast = make_cast()
    client.force_login(cast.bob)
    page = client.get(reverse("me")).content.decode()
    assert "bob@example.com" in page
    assert "Harbour" in page
    assert "Elsewhere" not in page
    assert reverse("account_change_password") in page


def test_a_time_zone_is_saved(client: Client) -> None:
    user = make_user()
    client.force_login(user)
    response = client.post(reverse("me"), {"time_zone": "Europe/Warsaw"})
    assert response.headers["Location"] == reverse("me")
    user.refresh_from_db()
    assert user.time_zone == "Europe/Warsaw"
    assert AuditEntry.objects.latest("pk").verb == "person.time-zone-set"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "UTC\x00", "x" * 10_000])
def test_a_zone_that_does_not_exist_is_refused(client: Client, zone: str) -> None:
    user = make_user()
    client.force_login(user)
    assert client.post(reverse("me"), {"time_zone": zone}).status_code == 422
    user.refresh_from_db()
    assert user.time_zone == "UTC"


def test_an_empty_answer_is_an_answer(client: Client) -> None:
    client.force_login(make_user())
    assert client.post(reverse("me")).status_code == 422


def test_no_page_of_the_team_shows_a_stored_secret(client: Client) -> None:
    cast = make_cast()
    secret = "vpsbot-key-0123456789"
    key = make_key(team=cast.team, owner=cast.bob, secret=secret, trade_link=TRADE_LINK)
    client.force_login(cast.bob)
    pages = [reverse("keys", args=[cast.team.slug]), reverse("me")]
    pages += [
        reverse(name, args=[cast.team.slug, key.pk])
        for name in ("key-replace", "key-trade-link", "key-remove")
    ]
    for address in pages:
        page = client.get(address).content.decode()
        assert secret not in page
        assert "aB3_x-9Z" not in page
    assert "6789" in client.get(pages[0]).content.decode()
    assert key.trade_link_partner in client.get(pages[3]).content.decode()
