"""The keys page: who sees and may do what, and that no secret ever comes back."""

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import AuditEntry, KeyState, MarketAccount, UpstreamKey, User
from tests.factories import (
    TRADE_LINK,
    TRADE_TOKEN,
    Cast,
    make_account,
    make_cast,
    make_key,
    make_sync_state,
)
from trades.models import Stream
from trades.sandbox.faults import Fault
from trades.sandbox.seeding import seed_account
from trades.sandbox.server import SandboxServer

pytestmark = pytest.mark.django_db
SECRET = "a-key-that-the-market-knows-0042"
WRONG = "a-key-that-nobody-knows-0099"
HTMX = {"HX-Request": "true"}
MOST_QUERIES = 12


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def key(cast: Cast) -> UpstreamKey:
    """Bob's, so that its owner is neither manager nor owner of the team."""
    account = make_account(team=cast.team, label="North desk")
    return make_key(account=account, owner=cast.bob, label="Bob's key", secret=SECRET)


@pytest.fixture
def known(market: SandboxServer) -> SandboxServer:
    seed_account(market.sandbox.world, SECRET, trades=3)
    return market


def page(client: Client, cast: Cast, user: User) -> str:
    client.force_login(user)
    response = client.get(reverse("keys", args=[cast.team.slug]))
    assert response.status_code == 200
    return response.content.decode()


def link(name: str, cast: Cast, key: UpstreamKey | None = None) -> str:
    return reverse(name, args=[cast.team.slug, key.pk] if key else [cast.team.slug])


def send(
    client: Client, user: User, address: str, *, htmx: bool = False, **fields: str
) -> HttpResponse:
    client.force_login(user)
    response: HttpResponse = client.post(address, fields, headers=HTMX if htmx else {})
    return response


def add(
    client: Client, cast: Cast, *, htmx: bool = False, secret: str = SECRET, trade_link: str = ""
) -> HttpResponse:
    fields = {"upstream": "vpsbot", "label": "Main", "secret": secret, "trade_link": trade_link}
    return send(client, cast.bob, link("key-add", cast), htmx=htmx, **fields)


# -- Who sees and may do what --


def test_an_empty_page_says_what_to_do_next(client: Client, cast: Cast) -> None:
    assert link("key-add", cast) in page(client, cast, cast.bob)
    for_viewers = page(client, cast, cast.victor)
    assert "No key yet" in for_viewers
    assert link("key-add", cast) not in for_viewers


@pytest.mark.parametrize(
    ("person", "offered"),
    [
        ("bob", {"key-replace", "key-trade-link", "key-sharing", "key-pause", "key-remove"}),
        ("alice", {"key-pause", "key-remove"}),
        ("maria", {"key-pause", "key-remove"}),
        ("victor", set()),
    ],
)
def test_actions_follow_the_role(
    client: Client, cast: Cast, key: UpstreamKey, person: str, offered: set[str]
) -> None:
    html = page(client, cast, getattr(cast, person))
    deeds = ("replace", "trade-link", "sharing", "pause", "remove", "resume", "try-again")
    assert {f"key-{deed}" for deed in deeds if link(f"key-{deed}", cast, key) in html} == offered


@pytest.mark.parametrize(
    ("name", "person", "status"),
    [
        *((name, "charlie", 404) for name in ("key-pause", "key-sharing", "key-try-again")),
        *((name, "victor", 403) for name in ("key-pause", "key-sharing", "key-try-again")),
        ("key-sharing", "alice", 403),
        ("key-resume", "maria", 403),
        ("key-replace", "alice", 403),
        ("key-trade-link", "maria", 403),
        ("key-pause", "maria", 302),
        ("key-pause", "bob", 302),
        ("key-remove", "alice", 302),
    ],
)
def test_deeds_are_refused_below_the_role(
    client: Client, cast: Cast, key: UpstreamKey, name: str, person: str, status: int
) -> None:
    response = send(client, getattr(cast, person), link(name, cast, key), allowed="yes")
    assert response.status_code == status


@pytest.mark.parametrize("name", ["key-pause", "key-resume", "key-sharing", "key-try-again"])
def test_deeds_are_never_done_by_a_link(
    client: Client, cast: Cast, key: UpstreamKey, name: str
) -> None:
    client.force_login(cast.bob)
    assert client.get(link(name, cast, key)).status_code == 405


def test_a_removed_key_cannot_be_touched(client: Client, cast: Cast) -> None:
    key = make_key(team=cast.team, owner=cast.bob, state=KeyState.REMOVED)
    assert send(client, cast.bob, link("key-pause", cast, key)).status_code == 404
    assert "1 removed key" in page(client, cast, cast.bob)


# -- Adding --


def test_a_key_that_works_is_stored_and_its_mirror_starts(
    client: Client, cast: Cast, known: SandboxServer
) -> None:
    response = add(client, cast, trade_link=TRADE_LINK)
    assert response.status_code == 302
    key = UpstreamKey.objects.get()
    assert (key.state, key.last_four) == (KeyState.ACTIVE, SECRET[-4:])
    html = page(client, cast, cast.bob)
    assert "The key works" in html
    assert "Starting" in html
    assert "0042" in html
    assert SECRET not in html
    assert TRADE_TOKEN not in html


def test_htmx_is_sent_to_the_page_after_adding(
    client: Client, cast: Cast, known: SandboxServer
) -> None:
    assert add(client, cast, htmx=True).headers["HX-Redirect"] == link("keys", cast)


def test_a_key_that_the_market_refuses_is_not_stored_nor_shown(
    client: Client, cast: Cast, known: SandboxServer
) -> None:
    response = add(client, cast, secret=WRONG, trade_link=TRADE_LINK)
    html = response.content.decode()
    assert response.status_code == 422
    assert "does not accept this key" in html
    assert 'value="Main"' in html
    assert WRONG not in html
    assert TRADE_TOKEN not in html
    assert not MarketAccount.objects.exists()


def test_html_instead_of_json_stores_the_key_as_not_verified(
    client: Client, cast: Cast, known: SandboxServer
) -> None:
    known.sandbox.faults.add(Fault("html", times=None))
    assert add(client, cast).status_code == 302
    html = page(client, cast, cast.bob)
    assert UpstreamKey.objects.get().state == KeyState.UNVERIFIED
    assert "Stored, not verified yet." in html
    assert "tried again by itself" in html


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"label": "Main"}, "This field is required."),
        ({"secret": SECRET}, "This field is required."),
        ({"secret": SECRET, "label": "x" * 81}, "at most 80 characters"),
        ({"secret": SECRET, "label": "Main", "upstream": "nobody"}, "Select a valid choice"),
        ({"secret": SECRET, "label": "Main", "trade_link": "hello"}, "A trade link starts with"),
        ({"secret": SECRET, "label": f"it is {SECRET}"}, "must not hold the key itself"),
    ],
)
def test_a_bad_form_comes_back_with_its_fault_and_without_secrets(
    client: Client, cast: Cast, known: SandboxServer, fields: dict[str, str], complaint: str
) -> None:
    fields = {"upstream": "vpsbot", **fields}
    response = send(client, cast.bob, link("key-add", cast), htmx=True, **fields)
    html = response.content.decode()
    assert response.status_code == 422
    assert complaint in html
    assert "<html" not in html
    assert SECRET not in html
    assert not UpstreamKey.objects.exists()


def test_errors_are_tied_to_their_fields(client: Client, cast: Cast) -> None:
    html = send(client, cast.bob, link("key-add", cast)).content.decode()
    assert 'aria-describedby="id_secret_helptext id_secret_error"' in html
    assert 'id="id_secret_error"' in html
    assert 'aria-invalid="true"' in html


@pytest.mark.parametrize("name", ["key-add", "key-replace", "key-trade-link", "key-remove"])
def test_forms_are_pages_and_fragments(
    client: Client, cast: Cast, key: UpstreamKey, name: str
) -> None:
    client.force_login(cast.bob)
    address = link(name, cast, None if name == "key-add" else key)
    assert "<html" in client.get(address).content.decode()
    fragment = client.get(address, headers=HTMX).content.decode()
    assert 'id="key-form"' in fragment
    assert "<html" not in fragment


# -- Changing --


def test_pause_and_resume(client: Client, cast: Cast, key: UpstreamKey) -> None:
    send(client, cast.maria, link("key-pause", cast, key))
    assert "Nothing is asked with it until it is resumed." in page(client, cast, cast.bob)
    send(client, cast.bob, link("key-resume", cast, key))
    key.refresh_from_db()
    assert key.state == KeyState.ACTIVE


def test_htmx_gets_the_changed_account_and_the_sentence(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    response = send(client, cast.bob, link("key-pause", cast, key), htmx=True)
    html = response.content.decode()
    assert response.headers["HX-Retarget"] == f"#account-{key.account_id}"
    assert "close-dialog" in response.headers["HX-Trigger"]
    assert f'id="account-{key.account_id}"' in html
    assert "<html" not in html
    assert "is paused." in html[html.index("hx-swap-oob") :]


def test_removing_asks_first_and_then_erases(client: Client, cast: Cast, key: UpstreamKey) -> None:
    client.force_login(cast.bob)
    asked = client.get(link("key-remove", cast, key)).content.decode()
    assert "erased for good" in asked
    key.refresh_from_db()
    assert key.state == KeyState.ACTIVE
    send(client, cast.bob, link("key-remove", cast, key))
    key.refresh_from_db()
    assert (key.state, bytes(key.secret_sealed)) == (KeyState.REMOVED, b"")
    assert AuditEntry.objects.filter(verb="key.removed").exists()
    assert "No key is left to ask with." in page(client, cast, cast.bob)


def test_a_trade_link_is_stored_shown_by_its_partner_and_erased(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    address = link("key-trade-link", cast, key)
    assert send(client, cast.bob, address, trade_link="nonsense").status_code == 422
    assert send(client, cast.bob, address, trade_link=TRADE_LINK).status_code == 302
    key.refresh_from_db()
    html = page(client, cast, cast.bob)
    assert key.trade_link_partner in html
    assert TRADE_TOKEN not in html + client.get(address).content.decode()
    send(client, cast.bob, address, trade_link="")
    key.refresh_from_db()
    assert key.trade_link_partner == ""


@pytest.mark.parametrize(("answer", "allowed"), [("yes", True), ("no", False)])
def test_sharing_is_switched(
    client: Client, cast: Cast, key: UpstreamKey, answer: str, allowed: bool
) -> None:
    UpstreamKey.objects.update(team_may_sell=not allowed)
    send(client, cast.bob, link("key-sharing", cast, key), allowed=answer)
    key.refresh_from_db()
    assert key.team_may_sell is allowed


def test_sharing_without_an_answer_changes_nothing(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    send(client, cast.bob, link("key-sharing", cast, key))
    key.refresh_from_db()
    assert key.team_may_sell is True
    assert "Choose whether teammates" in page(client, cast, cast.bob)


def test_replacing_by_a_refused_secret_keeps_the_old_one(
    client: Client, cast: Cast, key: UpstreamKey, known: SandboxServer
) -> None:
    before = bytes(key.secret_sealed)
    response = send(client, cast.bob, link("key-replace", cast, key), secret=WRONG)
    assert response.status_code == 422
    assert WRONG not in response.content.decode()
    key.refresh_from_db()
    assert bytes(key.secret_sealed) == before


def test_replacing_by_a_secret_of_the_same_account(
    client: Client, cast: Cast, key: UpstreamKey, known: SandboxServer
) -> None:
    MarketAccount.objects.update(identity="")
    key.put_secret("an-older-key-of-this-account")
    key.save()
    response = send(client, cast.bob, link("key-replace", cast, key), secret=SECRET)
    assert response.status_code == 302
    key.refresh_from_db()
    assert key.open_secret().reveal() == SECRET
    assert "The key was replaced and works." in page(client, cast, cast.bob)


def test_trying_again_finds_the_market_back(
    client: Client, cast: Cast, key: UpstreamKey, known: SandboxServer
) -> None:
    UpstreamKey.objects.update(state=KeyState.UNVERIFIED)
    known.sandbox.faults.add(Fault("html", times=None))
    html = send(client, cast.bob, link("key-try-again", cast, key), htmx=True).content.decode()
    assert "Not verified yet" in html
    assert 'class="notice is-bad"' in html
    known.sandbox.faults.clear()
    html = send(client, cast.bob, link("key-try-again", cast, key), htmx=True).content.decode()
    assert "The key works." in html
    assert "The market accepts it" in html


def test_a_paused_key_is_not_tried(client: Client, cast: Cast, key: UpstreamKey) -> None:
    UpstreamKey.objects.update(state=KeyState.PAUSED)
    send(client, cast.bob, link("key-try-again", cast, key))
    assert "There is nothing to try" in page(client, cast, cast.bob)


# -- What the page never shows, and what it costs --


def test_foreign_text_is_escaped(client: Client, cast: Cast) -> None:
    name = "<script>alert(1)</script>"
    account = make_account(team=cast.team, label=name, identity_name=name)
    make_key(account=account, label=name, state=KeyState.REJECTED, last_error=name)
    make_sync_state(account=account, stream=Stream.OPEN, failures=1, last_error=name)
    html = page(client, cast, cast.alice)
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert") >= 5


def test_another_teams_accounts_stay_unseen(client: Client, cast: Cast) -> None:
    make_key(account=make_account(team=cast.others, label="Hidden desk"))
    assert "Hidden desk" not in page(client, cast, cast.alice)


def test_queries_do_not_grow_with_accounts(
    client: Client, cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(2):
        fill(cast)
    page(client, cast, cast.alice)
    with django_assert_max_num_queries(MOST_QUERIES) as few:
        client.get(link("keys", cast))
    for _ in range(8):
        fill(cast)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(link("keys", cast))


def fill(cast: Cast) -> None:
    account = make_account(team=cast.team)
    for owner in (cast.alice, cast.bob):
        make_key(account=account, owner=owner)
    for stream in Stream:
        make_sync_state(account=account, stream=stream)
