from typing import Any

import pytest
from django.db import transaction

from accounts import audit
from accounts.crypto import Secret
from accounts.models import AuditEntry
from tests.factories import TRADE_LINK, make_cast, make_key, make_team, make_user


@pytest.mark.django_db
def test_an_entry_says_who_did_what_to_what() -> None:
    cast = make_cast()
    key = make_key(team=cast.team)
    entry = audit.record(
        "key.paused", team=cast.team, actor=cast.maria, obj=key, detail={"label": "Main"}
    )
    entry.refresh_from_db()
    assert (entry.team, entry.actor, entry.actor_email) == (
        cast.team,
        cast.maria,
        "maria@example.com",
    )
    assert (entry.object_type, entry.object_id) == ("upstreamkey", str(key.pk))
    assert entry.detail == {"label": "Main"}


@pytest.mark.django_db
def test_the_system_is_an_actor_without_a_name() -> None:
    entry = audit.record("team.created", team=None, actor=None)
    assert (entry.actor, entry.actor_email, entry.object_id) == (None, "", "")
    assert " system team.created" in str(entry)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_refuses() -> None:
    team = make_team()
    with pytest.raises(audit.NoTransaction):
        audit.record("key.paused", team=team, actor=None)
    assert not AuditEntry.objects.filter(verb="key.paused").exists()


@pytest.mark.django_db(transaction=True)
def test_it_falls_with_its_deed() -> None:
    team = make_team()

    def fail_after_recording() -> None:
        with transaction.atomic():
            audit.record("key.paused", team=team, actor=None)
            raise RuntimeError("the deed failed")

    with pytest.raises(RuntimeError):
        fail_after_recording()
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "detail",
    [
        {"secret": "x"},
        {"api_key": "x"},
        {"apiKey": "x"},
        {"key": "x"},
        {"token": "x"},
        {"access_token": "x"},
        {"trade_link": "x"},
        {"password": "x"},
        {"secret_sealed": "x"},
        {"before": {"token": "x"}},
        {"rows": [{"secret": "x"}]},
        {"note": Secret("x")},
    ],
)
def test_it_refuses_a_field_for_a_secret(detail: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="an audit entry"):
        audit.record("key.added", team=make_team(), actor=None, detail=detail)
    assert not AuditEntry.objects.filter(verb="key.added").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        TRADE_LINK,
        "0123456789ABCDEF0123456789ABCDEF",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    ],
)
def test_what_a_person_typed_is_cut_and_the_deed_goes_on(text: str) -> None:
    entry = audit.record("team.renamed", team=None, actor=None, detail={"before": [text, "x"]})
    entry.refresh_from_db()
    assert entry.detail == {"before": ["[cut]", "x"]}


@pytest.mark.django_db
def test_an_address_may_look_like_anything() -> None:
    odd = "0123456789abcdef0123456789abcdef+token=1@example.com"
    assert audit.record("member.added", team=None, actor=None, detail={"email": odd}).pk


@pytest.mark.django_db
def test_an_entry_is_never_changed_or_deleted() -> None:
    entry = audit.record("team.created", team=make_team(), actor=None)
    entry.verb = "nothing happened"
    with pytest.raises(PermissionError):
        entry.save()
    with pytest.raises(PermissionError):
        entry.delete()
    with pytest.raises(PermissionError):
        AuditEntry.objects.filter(pk=entry.pk).update(verb="nothing happened")
    with pytest.raises(PermissionError):
        AuditEntry.objects.all().delete()
    entry.refresh_from_db()
    assert entry.verb == "team.created"


@pytest.mark.django_db
def test_entries_outlive_the_person_and_the_team() -> None:
    person, team = make_user(email="gone@example.com"), make_team()
    entry = audit.record("team.created", team=team, actor=person)
    person.delete()
    team.delete()
    entry.refresh_from_db()
    assert (entry.actor, entry.team, entry.actor_email) == (None, None, "gone@example.com")
