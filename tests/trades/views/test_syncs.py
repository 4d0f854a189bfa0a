"""The live card: how it stands, when it asks again, and when it stops asking."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, KeyState, MarketAccount, Upstream, UpstreamKey, User
from dashboard import clock
from tests.factories import Cast, make_account, make_cast, make_key, make_sync_state
from trades import budget
from trades.budget import Share
from trades.connect import scopes_of
from trades.models import BadRecord, Stream, SyncState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def account(cast: Cast) -> MarketAccount:
    account = make_account(team=cast.team, label="North desk")
    make_key(account=account, owner=cast.bob)
    return account


def card(client: Client, cast: Cast, account: MarketAccount, user: User | None = None) -> str:
    client.force_login(user or cast.victor)
    response = client.get(reverse("sync-card", args=[cast.team.slug, account.pk]), headers=HTMX)
    assert response.status_code == 200
    return response.content.decode()


def arriving(account: MarketAccount, **columns: Any) -> SyncState:
    now = clock.now()
    columns = {"started_at": now, "due_at": now, "progress_done": 3_000, **columns}
    return make_sync_state(account=account, stream=Stream.BACKFILL, **columns)


def complete(account: MarketAccount) -> SyncState:
    now = clock.now()
    return arriving(account, due_at=None, finished_at=now, progress_total=3_000, last_good_at=now)


def test_an_arriving_history_shows_its_bar_and_asks_every_two_seconds(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    arriving(account, progress_total=12_000)
    html = card(client, cast, account)
    assert '<progress max="12000" value="3000"' in html
    assert "3,000 of 12,000 trades (25%)" in html
    assert 'hx-trigger="every 2s"' in html
    assert "History arriving" in html


def test_a_history_of_unknown_length_still_moves(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    arriving(account)
    html = card(client, cast, account)
    assert "3,000 trades so far" in html
    assert "max=" not in html


@pytest.mark.parametrize(
    ("seconds", "columns", "said"),
    [
        (30, {}, "About 2 min left"),
        (30, {"progress_total": 3_600}, "About 10 s left"),
        (30, {"progress_total": 3_000_000}, "About 14 h left"),
        (3, {}, ""),
        (30, {"progress_total": None}, ""),
        (30, {"failures": 1}, ""),
        (30, {"held_in": 40.5}, "saved for open trades and for people: it goes on in 40 s."),
    ],
)
def test_an_arriving_history_says_how_long_it_takes_where_that_is_known(
    client: Client,
    cast: Cast,
    account: MarketAccount,
    seconds: int,
    columns: dict[str, Any],
    said: str,
) -> None:
    now = clock.now()
    marks = [[now.timestamp() - seconds, 500], [now.timestamp(), 500 + 60 * seconds]]
    held_in = columns.pop("held_in", None)
    held = {"held_until": now + timedelta(seconds=held_in)} if held_in else {}
    arriving(account, **{"progress_total": 12_000, **columns}, **held, cursor={"arrived": marks})
    html = card(client, cast, account)
    assert said in html
    assert bool(said) == (" left, judged by" in html or "calls are saved" in html)


def test_a_history_that_stands_still_is_given_no_time(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    old = clock.now().timestamp() - 60
    arriving(account, progress_total=12_000, cursor={"arrived": [[old - 30, 0], [old, 2_000]]})
    assert " left, judged by" not in card(client, cast, account)


def test_a_complete_history_has_no_bar_and_asks_seldom(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    complete(account)
    html = card(client, cast, account)
    assert "complete, 3,000 trades" in html
    assert "<progress" not in html
    assert 'hx-trigger="every 30s"' in html
    assert "Up to date" in html


def test_a_history_is_complete_only_with_its_undated_trades(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    complete(account)
    undated = make_sync_state(account=account, stream=Stream.UNDATED, due_at=clock.now())
    html = card(client, cast, account)
    assert "3,000 trades, those without a date follow" in html
    assert 'hx-trigger="every 2s"' in html
    SyncState.objects.filter(pk=undated.pk).update(finished_at=clock.now())
    assert "complete, 3,000 trades" in card(client, cast, account)


def test_work_in_hand_is_followed_closely(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    complete(account)
    MarketAccount.objects.update(lease_until=clock.now() + timedelta(seconds=10))
    assert 'hx-trigger="every 2s"' in card(client, cast, account)


@pytest.mark.parametrize(("failures", "due_in"), [(0, -1), (1, 300)], ids=["due", "failing"])
def test_what_changes_soon_is_shown_soon(
    client: Client, cast: Cast, account: MarketAccount, failures: int, due_in: int
) -> None:
    complete(account)
    due_at = clock.now() + timedelta(seconds=due_in)
    make_sync_state(account=account, stream=Stream.OPEN, due_at=due_at, failures=failures)
    assert 'hx-trigger="every 5s"' in card(client, cast, account)


@pytest.mark.parametrize("state", [KeyState.PAUSED, KeyState.REMOVED])
def test_a_card_that_nothing_will_change_stops_asking(
    client: Client, cast: Cast, account: MarketAccount, state: KeyState
) -> None:
    UpstreamKey.objects.update(state=state)
    arriving(account)
    html = card(client, cast, account)
    assert "hx-trigger" not in html
    assert "hx-get" not in html


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (KeyState.REJECTED, "The market refuses the key."),
        (KeyState.UNVERIFIED, "Nothing is read before the market has accepted the key."),
        (KeyState.PAUSED, "Resume a key to go on."),
        (KeyState.REMOVED, "No key is left to ask with."),
    ],
)
def test_without_a_working_key_it_says_why(
    client: Client, cast: Cast, account: MarketAccount, state: KeyState, word: str
) -> None:
    UpstreamKey.objects.update(state=state)
    assert word in card(client, cast, account)


def test_the_fragment_brings_the_state_of_its_keys(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    html = card(client, cast, account)
    key = account.keys.get()
    assert "<html" not in html
    assert f'id="sync-card-{account.pk}"' in html
    assert f'id="key-state-{key.pk}" hx-swap-oob="true"' in html


def test_a_trouble_is_a_sentence_with_the_last_good_age_and_the_next_try(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    complete(account)
    now = clock.now()
    columns = {
        "failures": 2,
        "last_error": "VPSBot asks us to slow down (HTTP 429).",
        "last_error_at": now - timedelta(seconds=70),
        "last_good_at": now - timedelta(minutes=8, seconds=5),
        "due_at": now + timedelta(seconds=200),
    }
    for stream in (Stream.OPEN, Stream.RECENT):
        make_sync_state(account=account, stream=stream, **columns)
    html = card(client, cast, account)
    assert "Having trouble" in html
    assert html.count("slow down (HTTP 429).") == 1
    assert "New trades, Open trades:" in html
    assert "8 min ago" in html
    assert "It is tried again by itself in 3 min." in html


def test_unreadable_rows_are_counted(client: Client, cast: Cast, account: MarketAccount) -> None:
    now = clock.now()
    for number in range(2):
        BadRecord.objects.create(
            account=account, reason="no id", packed=b"", content_hash=bytes([number] * 16),
            first_seen_at=now, last_seen_at=now,
        )  # fmt: skip
    assert "2 rows of the market could not be read." in card(client, cast, account)


def test_without_script_the_address_leads_to_the_page(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    client.force_login(cast.victor)
    response = client.get(reverse("sync-card", args=[cast.team.slug, account.pk]))
    assert response.headers["Location"] == reverse("keys", args=[cast.team.slug])


def test_an_account_found_to_be_another_one_reloads_the_page(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    MarketAccount.objects.update(is_active=False)
    client.force_login(cast.victor)
    address = reverse("sync-card", args=[cast.team.slug, account.pk])
    assert client.get(address, headers=HTMX).headers["HX-Refresh"] == "true"


def test_another_teams_account_is_not_there(client: Client, cast: Cast) -> None:
    foreign = make_account(team=cast.others)
    client.force_login(cast.alice)
    for name, ask in (("sync-card", client.get), ("sync-now", client.post)):
        address = reverse(name, args=[cast.team.slug, foreign.pk])
        assert ask(address, headers=HTMX).status_code == 404


def sync_now(
    client: Client, cast: Cast, account: MarketAccount, user: User, **headers: str
) -> HttpResponse:
    client.force_login(user)
    address = reverse("sync-now", args=[cast.team.slug, account.pk])
    response: HttpResponse = client.post(address, headers=headers)
    return response


def test_sync_now_makes_everything_due(client: Client, cast: Cast, account: MarketAccount) -> None:
    complete(account)
    later = clock.now() + timedelta(hours=1)
    state = make_sync_state(account=account, stream=Stream.RECENT, due_at=later)
    response = sync_now(client, cast, account, cast.bob, **HTMX)
    assert response.headers["HX-Retarget"] == f"#account-{account.pk}"
    assert "is synced now." in response.content.decode()
    state.refresh_from_db()
    assert state.due_at is not None
    assert state.due_at <= clock.now()
    assert AuditEntry.objects.filter(verb="account.sync-now", actor=cast.bob).exists()


def test_sync_now_leads_back_to_the_page_without_script(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    response = sync_now(client, cast, account, cast.bob)
    assert response.headers["Location"] == reverse("keys", args=[cast.team.slug])


def test_viewers_do_not_sync(client: Client, cast: Cast, account: MarketAccount) -> None:
    assert sync_now(client, cast, account, cast.victor).status_code == 403
    assert "Sync now" not in card(client, cast, account)


def test_an_ended_session_redirects_instead_of_swapping_a_form_in(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    address = reverse("sync-card", args=[cast.team.slug, account.pk])
    response = client.get(address, headers=HTMX)
    assert response.status_code == 204
    assert response.headers["HX-Redirect"].startswith(reverse("account_login"))


def test_it_says_how_many_calls_are_left_and_who_asked_for_a_pause(
    client: Client, cast: Cast, account: MarketAccount, settings: LazySettings
) -> None:
    settings.VPSBOT_CALLS_A_MINUTE = 120
    complete(account)
    scopes = scopes_of(Upstream.VPSBOT, account.pk)
    assert 'class="strong">120 of 120<' in card(client, cast, account)
    budget.reserve(scopes, 33, Share.PERSON)
    html = card(client, cast, account)
    assert 'Calls left this minute: <span class="strong">87 of 120</span>' in html
    assert "last asked" in html
    budget.pause(scopes[0], clock.now() + timedelta(seconds=90.5))
    html = card(client, cast, account)
    assert f"Pause at {scopes[0].host}, all accounts" in html
    assert "It asked us to wait: the next call is in 1 min." in html


def test_what_is_held_for_its_calls_says_when_it_goes_on(
    client: Client, cast: Cast, account: MarketAccount
) -> None:
    arriving(account, held_until=clock.now() + timedelta(minutes=3, seconds=30))
    assert "in 3 min" in card(client, cast, account)
