"""Views under a name: kept as the address has them, one's own or the team's."""

import re
from html import unescape

import pytest
from django.test import Client

from accounts.models import AuditEntry, MarketAccount
from tests.factories import Cast, make_account, make_cast, make_trade
from trades.models import SavedView
from trades.services import saved_views

pytestmark = pytest.mark.django_db
URL, HISTORY = "/t/harbour/history/views/", "/t/harbour/history/"
QUERY = "game=730&game=570&value_from=14.5&sort=value&up=1&col=items&col=value&col=error"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def account(cast: Cast) -> MarketAccount:
    return make_account(team=cast.team)


def save(client: Client, name: str = "Dear ones", query: str = QUERY, **more: str) -> SavedView:
    client.post(URL, {"name": name, "query": query, **more})
    return SavedView.objects.order_by("-pk")[0]


def test_a_view_is_saved_from_the_history_and_opens_as_it_was(
    cast: Cast, client: Client, account: MarketAccount
) -> None:
    client.force_login(cast.victor)
    make_trade(account=account, value_milli=15_000, error="Escrow")
    page = client.get(f"{HISTORY}?{QUERY}&page=x&nonsense=1").content.decode()
    left = unescape(re.findall(r'href="([^"]+save=1)"', page)[0])
    form = client.get(left).content.decode()
    kept = unescape(re.findall(r'name="query" value="([^"]*)"', form)[0])
    answer = client.post(URL, {"name": " Dear  ones ", "query": kept})
    view = SavedView.objects.get()
    assert (view.name, view.query, view.owner) == ("Dear ones", QUERY, cast.victor)
    assert answer["Location"] == f"{HISTORY}?{QUERY}&view={view.pk}"
    page = client.get(answer["Location"]).content.decode()
    assert re.search(r'aria-current="true"><span class="clip">Dear ones', page)
    assert re.findall(r'<th scope="col" class="trades__(\w+)', page) == ["items", "value", "error"]


def test_the_same_name_takes_the_views_place(cast: Cast, client: Client) -> None:
    client.force_login(cast.victor)
    save(client)
    save(client, query="game=440")
    assert SavedView.objects.get().query == "game=440"


def test_ones_own_views_are_nobody_elses(cast: Cast, client: Client) -> None:
    client.force_login(cast.victor)
    view = save(client)
    client.get(URL)  # the message of its saving is read
    client.force_login(cast.alice)
    assert "Dear ones" not in client.get(URL).content.decode()
    for deed in ("rename", "share", "unshare", "default", "delete"):
        assert client.post(f"{URL}{view.pk}/{deed}/").status_code == 404
    assert not AuditEntry.objects.filter(verb__startswith="view.").exists()


def test_only_managers_share_and_it_is_audited(cast: Cast, client: Client) -> None:
    client.force_login(cast.bob)
    assert client.post(URL, {"name": "x", "query": "", "share": "1"}).status_code == 403
    own = save(client)
    assert client.post(f"{URL}{own.pk}/share/").status_code == 403
    client.force_login(cast.maria)
    shared = save(client, share="1")
    client.post(f"{URL}{shared.pk}/rename/", {"name": "Everybody's"})
    client.post(f"{URL}{save(client, name='More').pk}/share/")
    client.force_login(cast.bob)
    page = client.get(URL).content.decode()
    assert "Everybody&#x27;s" in page
    assert "More" in page
    client.force_login(cast.alice)
    client.post(f"{URL}{shared.pk}/delete/")
    verbs = AuditEntry.objects.filter(verb__startswith="view.").order_by("pk")
    told = [(entry.verb, entry.actor) for entry in verbs]
    assert told == [
        ("view.saved", cast.maria), ("view.renamed", cast.maria), ("view.shared", cast.maria),
        ("view.deleted", cast.alice),
    ]  # fmt: skip


def test_a_manager_takes_a_shared_view_back(cast: Cast, client: Client) -> None:
    client.force_login(cast.maria)
    view = save(client, share="1")
    client.force_login(cast.bob)
    client.post(f"{URL}{view.pk}/default/")
    assert "Take it back" not in client.get(URL).content.decode()
    assert client.post(f"{URL}{view.pk}/unshare/").status_code == 403
    client.force_login(cast.maria)
    assert "Take it back" in client.get(URL).content.decode()
    save(client)  # one of her own has that name
    answer = client.post(f"{URL}{view.pk}/unshare/", follow=True)
    assert "There is a view of that name already" in answer.content.decode()
    client.post(f"{URL}{view.pk}/rename/", {"name": "Taken back"})
    client.post(f"{URL}{view.pk}/default/")
    assert "yours alone" in client.post(f"{URL}{view.pk}/unshare/", follow=True).content.decode()
    view.refresh_from_db()
    assert view.owner == cast.maria
    assert saved_views.default_of(cast.team, cast.maria.pk) == view
    assert saved_views.default_of(cast.team, cast.bob.pk) is None
    assert AuditEntry.objects.get(verb="view.unshared").detail == {"name": "Taken back"}
    client.force_login(cast.bob)
    assert client.get(f"{HISTORY}?view=mine")["Location"] == HISTORY
    assert "Taken back" not in client.get(URL).content.decode()


def test_the_open_view_is_made_the_first_from_the_history(cast: Cast, client: Client) -> None:
    client.force_login(cast.victor)
    view = save(client, query="game=730")
    address = f"{HISTORY}?game=730&view={view.pk}"
    assert "Open History with this view" in client.get(address).content.decode()
    answer = client.post(f"{URL}{view.pk}/default/", {"from": "history"})
    assert answer["Location"] == address
    page = client.get(address).content.decode()
    assert "opens first" in page
    assert "Open with every trade again" in page
    assert "Open History with this view" not in client.get(HISTORY).content.decode()


def test_the_way_to_the_history_leads_to_the_default(cast: Cast, client: Client) -> None:
    client.force_login(cast.victor)
    view = save(client, query="game=730")
    mine = f"{HISTORY}?view=mine"
    assert mine in client.get(URL).content.decode()
    assert client.get(mine)["Location"] == HISTORY
    client.post(f"{URL}{view.pk}/default/")
    assert client.get(mine)["Location"] == f"{HISTORY}?game=730&view={view.pk}"
    assert client.get(HISTORY).status_code == 200, "the bare address stays every trade"
    client.post(f"{URL}{view.pk}/default/")
    assert client.get(mine)["Location"] == HISTORY
    client.post(f"{URL}{view.pk}/default/")
    client.post(f"{URL}{view.pk}/delete/")
    assert client.get(mine)["Location"] == HISTORY


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "\x00"])
def test_an_unfit_name_is_a_sentence(cast: Cast, client: Client, name: str) -> None:
    client.force_login(cast.victor)
    answer = client.post(URL, {"name": name, "query": QUERY}, follow=True)
    assert "A view needs a name of at most 60 characters" in answer.content.decode()
    assert not SavedView.objects.exists()


def test_two_views_never_share_a_name(cast: Cast, client: Client) -> None:
    client.force_login(cast.victor)
    save(client, name="One")
    two = save(client, name="Two")
    answer = client.post(f"{URL}{two.pk}/rename/", {"name": "One"}, follow=True)
    assert "There is a view of that name already" in answer.content.decode()


def test_there_is_an_end_to_them(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(cast.victor)
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 1)
    save(client, name="One")
    answer = client.post(URL, {"name": "Two", "query": ""}, follow=True)
    assert "delete one first" in answer.content.decode()
    assert save(client, name="One", query="game=440").query == "game=440"


def test_what_is_no_filter_is_not_kept(cast: Cast, client: Client) -> None:
    client.force_login(cast.victor)
    view = save(client, query="game=<script>&page=abc&next=//elsewhere&col=%00&status=done")
    assert view.query == "status=done"
