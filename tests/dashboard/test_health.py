"""What an operator reads about the installation and may do to accounts and keys."""

from datetime import timedelta

import pytest
from celery import Celery
from django.contrib import admin
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import AuditEntry, KeyState, MarketAccount, UpstreamKey
from dashboard import clock
from tests.accounts.test_second_factor import give_second_factor
from tests.factories import (
    Cast,
    make_account,
    make_cast,
    make_key,
    make_sell_request,
    make_sync_state,
    make_user,
)
from tests.test_content_policy import found_in
from trades import budget
from trades.budget import Scope
from trades.models import SellState, SyncState

pytestmark = pytest.mark.django_db
MOST_QUERIES = 25


@pytest.fixture
def cast() -> Cast:
    cache.clear()
    return make_cast()


@pytest.fixture
def key(cast: Cast) -> UpstreamKey:
    return make_key(account=make_account(team=cast.team, label="North desk"), owner=cast.bob)


def operator(*, is_superuser: bool = True) -> Client:
    client = Client()
    email = f"operator{is_superuser:d}@example.com"
    client.force_login(make_user(email=email, is_staff=True, is_superuser=is_superuser))
    return client


def health() -> dict[str, tuple[str, bool]]:
    figures = operator().get(reverse("admin:health")).context["figures"]
    return {figure.title: (figure.text, figure.is_bad) for figure in figures}


def test_an_installation_at_rest_needs_nothing(key: UpstreamKey) -> None:
    assert {title for title, (_, is_bad) in health().items() if is_bad} == set()
    html = operator(is_superuser=False).get(reverse("admin:health")).content.decode()
    assert "Nothing needs attention." in html
    assert found_in(html) == []


def test_what_needs_a_look_is_said(key: UpstreamKey, settings: Settings) -> None:
    now = clock.now()
    make_sync_state(account=key.account, due_at=now - timedelta(minutes=10))
    SyncState.objects.update(last_error="no", last_error_at=now, failures=3)
    make_key(account=key.account, state=KeyState.REJECTED)
    broken = make_key(account=key.account, state=KeyState.PAUSED)
    UpstreamKey.objects.filter(pk=broken.pk).update(secret_sealed=b"not sealed by us")
    make_sell_request(key=key, state=SellState.UNKNOWN)
    budget.pause(Scope(30, host="market.example"), now + timedelta(minutes=5))
    settings.STEAM_HOST_CALLS_A_MINUTE = 30
    found = health()
    bad = {title: text for title, (text, is_bad) in found.items() if is_bad}
    assert bad.pop("market.example").startswith("asked us to wait until")
    assert bad == {
        "Oldest work that is due": "nothing is due",
        "Accounts due for two minutes and not served": "1",
        "Sells whose fate is unknown": "1",
        "Keys that a market rejects": "1",
        "Stored secrets that no encryption key opens": "1",
        "VPSBot Market: kinds of questions failing": "1 of 1 of the last hour",
    }
    assert found["Migrations that are not applied"] == ("0", False)
    assert "trades 0" in found["Release, by its newest migrations"][0]
    assert found["Database"][0].endswith("MiB")


def test_no_worker_behind_a_broker_is_bad(
    key: UpstreamKey, celery_on_redis: Celery, redis_url: str, settings: Settings
) -> None:
    settings.REDIS_URL = redis_url
    celery_on_redis.control.purge()
    celery_on_redis.send_task("trades.tasks.sync_due")
    found = health()
    celery_on_redis.control.purge()
    assert found["Workers that answer"] == ("0", True)
    assert found["Messages in the broker"] == ("1", False)


def test_health_costs_the_same_whatever_is_stored(
    key: UpstreamKey, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = operator()
    for _ in range(5):
        make_sync_state(account=make_key().account)
    with django_assert_max_num_queries(MOST_QUERIES):
        client.get(reverse("admin:health"))


@pytest.mark.parametrize(("model", "deed"), [(UpstreamKey, "pause"), (MarketAccount, "sync")])
def test_superusers_act_and_it_is_audited(key: UpstreamKey, model: type, deed: str) -> None:
    thing = key if model is UpstreamKey else key.account
    address = reverse(f"admin:{thing._meta.app_label}_{thing._meta.model_name}_changelist")
    order = {"action": deed, "_selected_action": [thing.pk]}
    mere = operator(is_superuser=False)
    assert f'value="{deed}"' not in mere.get(address).content.decode()
    mere.post(address, order)
    assert not AuditEntry.objects.filter(verb__in=("key.paused", "account.sync-now")).exists()
    superuser = operator()
    assert f'value="{deed}"' in superuser.get(address).content.decode()
    assert superuser.post(address, order).status_code == 302
    entry = AuditEntry.objects.get(verb__in=("key.paused", "account.sync-now"))
    assert (entry.actor_email, entry.object_id) == ("operator1@example.com", str(thing.pk))
    key.refresh_from_db()
    assert (key.state == KeyState.PAUSED) is (deed == "pause")
    assert SyncState.objects.filter(account=key.account).exists() is (deed == "sync")


def test_a_removed_key_stays_removed(key: UpstreamKey) -> None:
    UpstreamKey.objects.update(state=KeyState.REMOVED)
    address = reverse("admin:accounts_upstreamkey_changelist")
    said = operator().post(address, {"action": "pause", "_selected_action": [key.pk]}, follow=True)
    assert "0 keys are paused." in said.content.decode()
    assert UpstreamKey.objects.get().state == KeyState.REMOVED


def test_keys_tell_when_their_account_was_read_and_is_due(key: UpstreamKey) -> None:
    now = clock.now()
    make_sync_state(account=key.account, last_good_at=now, due_at=now + timedelta(minutes=5))
    for model in (UpstreamKey, MarketAccount):
        site = admin.site._registry[model]
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        (row,) = operator_rows(address)
        assert site.last_good_sync(row) == now  # type: ignore[attr-defined]
        assert site.next_due(row) == now + timedelta(minutes=5)  # type: ignore[attr-defined]


def operator_rows(address: str) -> list[object]:
    client = Client()
    client.force_login(make_user(is_staff=True))
    return list(client.get(address).context["cl"].result_list)


def test_people_show_whether_they_have_a_second_factor(cast: Cast) -> None:
    give_second_factor(cast.alice)
    rows = operator_rows(reverse("admin:accounts_user_changelist"))
    assert {row.email for row in rows if row.has_factor} == {"alice@example.com"}  # type: ignore[attr-defined]
