"""What could not be read is shown with its reason, and never as markup."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, MarketAccount
from dashboard import clock
from tests.factories import Cast, make_account, make_cast, make_sync_state, make_trade
from trades.models import BadRecord, Stream, SyncState
from trades.raw_answers import pack

pytestmark = pytest.mark.django_db
MARKUP = "<script>alert('x')</script>"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def account(cast: Cast) -> MarketAccount:
    return make_account(team=cast.team, label="North desk")


def bad(account: MarketAccount, upstream_id: str, number: int = 0) -> BadRecord:
    now = clock.now()
    raw = json.dumps({"trade_id": upstream_id, "custom_id": MARKUP}).encode()
    return BadRecord.objects.create(
        account=account, upstream_id=upstream_id, reason=f"custom_id is odd {MARKUP}",
        packed=pack(raw), content_hash=f"{upstream_id}{number}".encode()[:16],
        first_seen_at=now - timedelta(hours=2), last_seen_at=now,
    )  # fmt: skip


def page(client: Client, cast: Cast, account: MarketAccount, **query: str) -> str:
    client.force_login(cast.victor)
    response = client.get(reverse("bad-rows", args=[cast.team.slug, account.pk]), query)
    assert response.status_code == 200
    return response.content.decode()


def test_a_row_is_shown_with_its_reason_and_its_answer_escaped(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    bad(account, "t-1")
    html = page(client, cast, account)
    assert MARKUP not in html
    assert "custom_id is odd &lt;script&gt;" in html
    assert "&quot;trade_id&quot;: &quot;t-1&quot;" in html
    assert "does not hold this trade" in html
    assert "Read again" not in html  # victor only views


def test_a_trade_that_is_held_in_an_older_state_is_linked(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    trade = make_trade(account=account, upstream_id="t-1", status="processing")
    bad(account, "t-1")
    html = page(client, cast, account)
    assert reverse("trade", args=[cast.team.slug, trade.pk]) in html
    assert ">processing</a>" in html


def test_many_rows_come_in_pages(client: Client, cast: Cast, account: MarketAccount) -> None:
    rows = [bad(account, f"t-{number}", number) for number in range(60)]
    first = page(client, cast, account)
    assert first.count('<article class="card" id="bad-') == 50
    assert f'href="?before={rows[10].pk}"' in first
    second = page(client, cast, account, before=str(rows[10].pk))
    assert second.count('<article class="card" id="bad-') == 10
    assert page(client, cast, account, before="odd").count("<article") == 50


def test_statuses_that_no_document_names_are_counted_as_they_came(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    make_trade(account=account, status=MARKUP, phase="unknown")
    make_trade(account=account, status="completed")
    html = page(client, cast, account)
    assert '<td class="mono">&lt;script&gt;' in html
    assert ">completed<" not in html
    assert f"account={account.pk}" in html


def test_a_seller_has_them_asked_for_again(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    later = clock.now() + timedelta(hours=1)
    make_sync_state(account=account, stream=Stream.RECONCILE, due_at=later)
    bad(account, "t-1")
    bad(account, "")
    client.force_login(cast.bob)
    url = reverse("bad-rows-again", args=[cast.team.slug, account.pk])
    html = client.post(url, follow=True).content.decode()
    assert "1 trade is asked for again in a moment." in html
    assert "It is asked for again in a moment." in html
    waiting = BadRecord.objects.filter(ask_again=True)
    assert [row.upstream_id for row in waiting] == ["t-1"]
    due_at = SyncState.objects.get(stream=Stream.RECONCILE).due_at
    assert due_at is not None
    assert due_at <= clock.now()
    assert AuditEntry.objects.filter(verb="account.bad-rows-again").exists()
