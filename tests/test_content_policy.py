"""What a browser may run: nothing inline, anywhere, and every page says so."""

import gzip
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from dashboard.environment import BASE_DIR
from tests.factories import Cast, make_account, make_cast, make_key, make_sync_state
from trades.models import Stream

TEMPLATES = sorted((BASE_DIR / "templates").rglob("*.html"))
STYLESHEETS = ("tokens", "base", "components", "pages", "selling")
FORBIDDEN = {
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style", re.IGNORECASE),
    "a script without a source": re.compile(
        r"<script(?![^>]*\s(src=|type=\"application/json\"))", re.IGNORECASE
    ),
    "a handler attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "htmx code": re.compile(r"hx-on|hx-vars|[\"']js:|hx-trigger=\"[^\"]*\["),
    "a javascript address": re.compile(r"javascript:", re.IGNORECASE),
}
OPEN_PAGES = (
    *("account_login", "account_signup", "account_reset_password", "account_inactive"),
    *("account_reset_password_done", "account_reset_password_from_key_done"),
    "account_email_verification_sent",
)
LINKS_THAT_FAIL = (
    ("account_reset_password_from_key", ["1", "no-such-key"]),
    ("account_confirm_email", ["no-such-key"]),
)
OWN_PAGES = (
    *("me", "account_email", "account_change_password", "account_logout"),
    "account_reauthenticate",
)
TEAM_PAGES = (
    "team-home",
    "history",
    "views",
    "find",
    "inventory",
    "keys",
    "key-add",
    "sells",
    "sell-lists",
)
KEY_PAGES = ("key-replace", "key-trade-link", "key-remove")


def found_in(html: str) -> list[str]:
    return [what for what, pattern in FORBIDDEN.items() if pattern.search(html)]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def assert_strict(client: Client, address: str, status: int = 200) -> None:
    response = client.get(address)
    assert response.status_code == status
    html = response.content.decode()
    assert found_in(html) == []
    assert "css/tokens.css" in html
    assert "Skip to the content" in html
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "HX-Request" in response.headers["Vary"]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_template_has_anything_inline(path: Path) -> None:
    text = path.read_text()
    assert found_in(text) == []
    assert "|safe" not in text
    assert "autoescape off" not in text


@pytest.mark.parametrize(
    "html",
    [
        '<p style="color:red">',
        "<style>p{}</style>",
        "<script>go()</script>",
        '<a href="#" onclick="go()">',
        '<p hx-on:click="go()">',
        "<p hx-vals='js:{a: 1}'>",
        '<p hx-trigger="click[ctrlKey]">',
        '<a href="javascript:go()">',
    ],
)
def test_anything_inline_is_found(html: str) -> None:
    assert found_in(html)


@pytest.mark.django_db
@pytest.mark.parametrize("name", OPEN_PAGES)
def test_the_entrance_is_strict(client: Client, name: str) -> None:
    assert_strict(client, reverse(name))


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "words"), LINKS_THAT_FAIL)
def test_a_dead_link_from_a_mail_is_explained(client: Client, name: str, words: list[str]) -> None:
    assert_strict(client, reverse(name, args=words))
    assert "This link no longer works" in client.get(reverse(name, args=words)).content.decode()


@pytest.mark.django_db
def test_a_person_without_a_password_can_set_one(client: Client, cast: Cast) -> None:
    cast.bob.set_unusable_password()
    cast.bob.save()
    client.force_login(cast.bob)
    assert_strict(client, reverse("account_set_password"))


@pytest.mark.django_db
def test_too_many_tries_are_explained(client: Client) -> None:
    address, fields = reverse("account_login"), {"login": "a@example.com", "password": "wrong"}
    answers = [client.post(address, fields).content.decode() for _ in range(40)]
    assert "too many" in answers[-1].lower()
    assert "css/tokens.css" in answers[-1]


@pytest.mark.django_db
@pytest.mark.parametrize("name", OWN_PAGES)
def test_a_persons_pages_are_strict(client: Client, cast: Cast, name: str) -> None:
    client.force_login(cast.alice)
    assert_strict(client, reverse(name))


@pytest.mark.django_db
@pytest.mark.parametrize("name", TEAM_PAGES)
def test_a_teams_pages_are_strict(client: Client, cast: Cast, name: str) -> None:
    key = make_key(account=make_account(team=cast.team, label="<script>go()</script>"))
    make_sync_state(account=key.account, stream=Stream.BACKFILL, progress_total=10)
    client.force_login(cast.alice)
    assert_strict(client, reverse(name, args=[cast.team.slug]))


@pytest.mark.django_db
@pytest.mark.parametrize("name", KEY_PAGES)
def test_a_keys_pages_are_strict(client: Client, cast: Cast, name: str) -> None:
    key = make_key(account=make_account(team=cast.team), label="<script>go()</script>")
    client.force_login(cast.alice)
    assert_strict(client, reverse(name, args=[cast.team.slug, key.pk]))


@pytest.mark.django_db
def test_error_pages_are_strict(client: Client, cast: Cast) -> None:
    client.force_login(cast.victor)
    assert_strict(client, reverse("team-home", args=["nowhere"]), status=404)
    assert_strict(client, reverse("key-add", args=[cast.team.slug]), status=403)


@pytest.mark.django_db
def test_a_form_without_its_token_is_explained(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice)
    response = client.post(reverse("key-add", args=[cast.team.slug]))
    assert response.status_code == 403
    assert "This form was too old" in response.content.decode()


def test_the_look_fits_into_twelve_kilobytes() -> None:
    sheets = [BASE_DIR / "static" / "css" / f"{name}.css" for name in STYLESHEETS]
    assert sum(len(gzip.compress(sheet.read_bytes())) for sheet in sheets) < 12_000
    assert {sheet.name for sheet in sheets} == {
        sheet.name for sheet in (BASE_DIR / "static" / "css").glob("*.css")
    }


def test_the_scripts_stay_short() -> None:
    for script in (BASE_DIR / "static" / "js").glob("*.js"):
        assert len(script.read_text().splitlines()) <= 150
