"""The audit page and its file: what stands in them, for whom, and where the entries come from."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts import audit
from accounts.models import AuditEntry, User
from accounts.trail import PAGE_SIZE, TrailFilter, entries, page_after, told
from tests.factories import PASSWORD, Cast, make_cast, make_key, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def maria(cast: Cast, client: Client) -> Client:
    client.force_login(cast.maria)
    return client


def note(verb: str, cast: Cast, actor: User | None = None, **detail: object) -> AuditEntry:
    with transaction.atomic():
        return audit.record(verb, team=cast.team, actor=actor, detail=detail)


def page(client: Client, cast: Cast, query: str = "") -> str:
    return client.get(f"{reverse('audit', args=[cast.team.slug])}?{query}").content.decode()


def test_an_entry_of_a_request_bears_its_id_and_address(cast: Cast, maria: Client) -> None:
    key = make_key(account=None, team=cast.team, owner=cast.bob)
    address = reverse("key-pause", args=[cast.team.slug, key.pk])
    response = maria.post(address, REMOTE_ADDR="192.0.2.7")
    entry = AuditEntry.objects.get(verb="key.paused")
    assert entry.address == "192.0.2.7"
    assert entry.request_id == response.headers["X-Request-ID"]
    html = page(maria, cast)
    assert "192.0.2.7" in html
    assert "key paused" in html


def test_an_entry_of_a_worker_has_no_request(cast: Cast) -> None:
    entry = note("key.rejected", cast)
    assert (entry.request_id, entry.address) == ("", None)


@pytest.mark.parametrize(
    ("wanted", "verbs"),
    [
        (TrailFilter(), {"key.paused", "member.added", "team.renamed"}),
        (TrailFilter(about="key"), {"key.paused"}),
        (TrailFilter(who="bob@example.com"), {"key.paused"}),
        (TrailFilter(who="system"), {"team.renamed"}),
        (TrailFilter(object_id="7"), set()),
    ],
)
def test_a_filter_shows_what_it_names(cast: Cast, wanted: TrailFilter, verbs: set[str]) -> None:
    note("key.paused", cast, cast.bob)
    note("member.added", cast, cast.maria)
    note("team.renamed", cast)
    with transaction.atomic():
        audit.record("key.paused", team=cast.others, actor=cast.charlie)
    assert {entry.verb for entry in entries(cast.team, wanted)} - {"team.created"} == verbs


def test_days_are_the_teams(cast: Cast) -> None:
    entry = note("key.paused", cast)
    cast.team.time_zone = "Pacific/Kiritimati"  # 14 hours ahead
    local = (entry.at + timedelta(hours=14)).date()
    found = entries(cast.team, TrailFilter(about="key", since=local, until=local))
    assert list(found) == [entry]
    late = TrailFilter(about="key", since=local + timedelta(days=1))
    assert not entries(cast.team, late)


def test_pages_follow_one_another_while_entries_arrive(cast: Cast) -> None:
    before = [note("key.paused", cast).pk for _ in range(PAGE_SIZE + 5)]
    found = entries(cast.team, TrailFilter(about="key"))
    first = page_after(found, None)
    note("key.paused", cast)
    rest = page_after(found, first.older)
    assert [entry.pk for entry in [*first.entries, *rest.entries]] == before[::-1]
    assert rest.older is None


def test_sign_ins_are_those_of_members_since_they_joined(cast: Cast, client: Client) -> None:
    stranger = make_user(email="stranger@example.com")
    for person in (cast.bob, stranger):
        client.post(
            reverse("account_login"), {"login": person.email, "password": PASSWORD}, follow=True
        )
        client.logout()
    client.post(reverse("account_login"), {"login": cast.bob.email, "password": "wrong"})
    shown = [entry.verb for entry in entries(cast.team, TrailFilter(shows_sign_ins=True))]
    assert shown == ["person.sign-in-failed", "person.signed-out", "person.signed-in"]
    assert AuditEntry.objects.filter(actor=stranger, verb="person.signed-in").exists()


def test_the_file_holds_what_the_page_shows_and_is_noted(cast: Cast, maria: Client) -> None:
    note("key.paused", cast, cast.bob, label="=1+1", before="active", after="paused")
    note("team.renamed", cast, cast.alice)
    address = f"{reverse('audit-file', args=[cast.team.slug])}?about=key"
    response = maria.post(address)
    body = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(body, newline="")))
    assert [(row["Deed"], row["Who"]) for row in rows] == [("key.paused", "bob@example.com")]
    assert rows[0]["Details"] == "label: =1+1; changed: active → paused"
    entry = AuditEntry.objects.get(verb="audit.exported")
    assert (entry.actor, entry.detail) == (cast.maria, {"filter": {"about": "key"}})


def test_what_cannot_be_asked_is_said(cast: Cast, maria: Client) -> None:
    html = page(maria, cast, "since=2026-02-30&about=<b>&after=9999999999999999999999&who=%00")
    assert "That is not a day" in html
    assert "&lt;b&gt;" in html
    assert "What cannot be used was left out." in html


def test_details_are_told_in_words() -> None:
    detail = {"team_may_sell": True, "before": "", "after": "x", "list": [1, None], "m": {"a": 2}}
    assert told(detail) == [
        ("team may sell", "yes"), ("list", "1, none"), ("m", "a 2"), ("changed", "nothing → x"),
    ]  # fmt: skip


def test_another_teams_record_is_not_shown(cast: Cast, client: Client) -> None:
    with transaction.atomic():
        audit.record("team.renamed", team=make_team(), actor=cast.maria, detail={"x": "elsewhere"})
    client.force_login(cast.maria)
    assert "elsewhere" not in page(client, cast)
