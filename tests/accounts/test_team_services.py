import pytest

from accounts.models import AuditEntry, Role, Team
from accounts.services import add_member, create_personal_team, create_team, set_time_zone
from dashboard.errors import UserError
from tests.factories import make_team, make_user

pytestmark = pytest.mark.django_db


def test_a_team_has_its_owner_and_an_entry() -> None:
    alice, operator = make_user(email="alice@example.com"), make_user()
    team = create_team(name=" Harbour ", slug="harbour-1", owner=alice, by=operator)
    assert (team.name, team.slug) == ("Harbour", "harbour-1")
    assert team.memberships.get().role == Role.OWNER
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.team, entry.actor) == ("team.created", team, operator)
    assert entry.detail == {"name": "Harbour", "slug": "harbour-1", "email": "alice@example.com"}


def test_a_made_slug_is_unique() -> None:
    owner = make_user()
    slugs = [create_team(name="Harbour & Co", owner=owner).slug for _ in range(3)]
    assert slugs == ["harbour-co", "harbour-co-2", "harbour-co-3"]


@pytest.mark.parametrize(
    ("name", "slug"), [("★★★", "team"), ("東京", "team"), ("x" * 80, "x" * 50), ("A_b", "a_b")]
)
def test_a_slug_is_made_of_any_name(name: str, slug: str) -> None:
    assert create_team(name=name, owner=make_user()).slug == slug


def test_a_taken_slug_is_refused_not_changed() -> None:
    make_team(slug="harbour")
    with pytest.raises(UserError, match="taken"):
        create_team(name="Harbour", slug="harbour", owner=make_user())
    assert Team.objects.count() == 1


@pytest.mark.parametrize("slug", ["Harbour", "two words", "a/b", "ä", "x" * 61, "-a"])
def test_an_unusable_slug_is_refused(slug: str) -> None:
    with pytest.raises(UserError, match="not usable"):
        create_team(name="Harbour", slug=slug, owner=make_user())
    assert not Team.objects.exists()


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 81, "two\nlines", "nul\x00", "0123456789abcdef0123456789abcdef"]
)
def test_an_unusable_name_is_refused(name: str) -> None:
    with pytest.raises(UserError):
        create_team(name=name, owner=make_user())
    assert not Team.objects.exists()


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("alice@example.com", "alice's desk"),
        (f"{'n' * 64}@example.com", f"{'n' * 64}'s desk"),
        ("0123456789abcdef0123456789abcdef@example.com", "My desk"),
        ("token=abc@example.com", "My desk"),
    ],
)
def test_every_address_gets_a_desk(email: str, name: str) -> None:
    user = make_user(email=email)
    team = create_personal_team(user=user)
    assert team.name == name
    assert team.memberships.get(user=user).role == Role.OWNER


def test_two_people_of_the_same_name_get_two_desks() -> None:
    first = create_personal_team(user=make_user(email="alice@example.com"))
    second = create_personal_team(user=make_user(email="alice@example.org"))
    assert (first.slug, second.slug) == ("alices-desk", "alices-desk-2")


def test_a_member_is_added_once() -> None:
    team, bob = make_team(), make_user(email="bob@example.com")
    membership = add_member(team=team, user=bob, role=Role.SELLER, by=None)
    assert membership.role == Role.SELLER
    assert AuditEntry.objects.get().detail == {"email": "bob@example.com", "role": "seller"}
    with pytest.raises(UserError, match="already"):
        add_member(team=team, user=bob, role=Role.OWNER, by=None)
    membership.refresh_from_db()
    assert membership.role == Role.SELLER
    assert AuditEntry.objects.count() == 1


def test_a_time_zone_is_kept_noted_and_checked() -> None:
    alice = make_user()
    set_time_zone(user=alice, name="Europe/Warsaw")
    set_time_zone(user=alice, name="Europe/Warsaw")
    alice.refresh_from_db()
    assert alice.time_zone == "Europe/Warsaw"
    assert AuditEntry.objects.get().detail == {"zone": "Europe/Warsaw"}
    with pytest.raises(UserError):
        set_time_zone(user=alice, name="../etc/passwd")
