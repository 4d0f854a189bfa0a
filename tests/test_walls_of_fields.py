"""Fields and parameters that name objects: what is another team's, or nobody's, is not reached."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db.models import F
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve, reverse

from accounts.models import MarketAccount, UpstreamKey
from tests.factories import make_user
from tests.stored import everything_stored
from tests.test_walls import MATRIX, TEAM_PAGES, World
from tests.test_walls import world as world  # a fixture
from trades.models import (
    DefaultView,
    DraftItem,
    SavedView,
    SellDraft,
    SellList,
    SellListLine,
    SellRequest,
    SteamOffer,
    Trade,
    TradeItem,
)

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
MARK = "FOREIGN-MARK"
ANSWERS = {200, 204, 302, 303, 403, 404, 422}
OWNERS_PAGES = ("team-hand-over", "audit", "audit-file")
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
ACTION = re.compile(r"\baction=\"([^\"]*)\"")
TAG = re.compile(r"<(?:input|select|textarea|button)\b[^>]*\bname=\"([^\"]+)\"")


# Fields that name no object: words, amounts, switches, choices out of a list in the code.
PLAIN = {
    *("about", "allowed", "bot", "by_mail", "col", "columns", "csrfmiddlewaretoken", "custom"),
    *("days", "direction", "email", "error", "file", "floor", "format", "free", "game", "item"),
    *("kind", "label", "message", "name", "names", "page", "period", "phase", "preface", "q"),
    *("reason", "requires_second_factor", "role", "secret", "settles_since", "settles_until"),
    *("show", "since", "sort", "status", "steam", "summary", "time_zone", "until", "up"),
    "trade_link",
    *("updated_since", "updated_until", "upstream", "value", "value_from", "value_to"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """One field of one page that names an object of the kind ``about``."""

    page: str
    method: str
    field: str  # {} = the id is part of the name
    about: str
    more: tuple[tuple[str, str], ...] = ()


WAYS = (
    Way("history", "GET", "account", "account"),
    Way("history", "GET", "view", "team view"),
    Way("history-count", "GET", "account", "account"),
    Way("export-new", "GET", "account", "account"),
    Way("export-new", "POST", "account", "account", (("format", "csv"),)),
    Way("views", "POST", "query", "account query", (("name", "Mine"),)),
    Way("offers", "GET", "account", "account"),
    Way("inventory", "GET", "source", "steam account"),
    Way("inventory", "GET", "key", "key"),
    Way("inventory-choose", "POST", "key", "key", (("do", "draft"),)),
    Way("inventory-choose", "POST", "source", "steam account", (("do", "all"),)),
    Way("inventory-refresh", "POST", "source", "steam account"),
    Way("inventory-refresh", "POST", "key", "key"),
    Way("inventory-names", "POST", "key", "key", (("names", "AK-47"),)),
    Way("sell-match", "POST", "take-{}", "draft item", (("rows", "1"),)),
    Way("sell-review", "POST", "floor-{}", "draft item", (("rows", "1"),)),
    Way("sell-review", "POST", "yes_token", "yes token"),
    Way("sell-agree", "POST", "yes_token", "yes token"),
    Way("inventory-pictures", "POST", "source", "steam account"),
    Way("sell-list-save", "POST", "draft", "draft", (("name", "Mine"),)),
    Way("sell-list-save", "POST", "sell", "sell", (("name", "Mine"),)),
    Way("sell-list-match", "POST", "key", "key"),
    Way("sell-list-edit", "POST", "line-{}-amount", "list line", (("name", "Mine"),)),
    Way("sell-list-edit", "POST", "line-{}-floor", "list line", (("name", "Mine"),)),
    Way("inventory-names", "GET", "source", "steam account"),
    Way("inventory-names", "POST", "source", "steam account", (("names", "AK-47"),)),
    Way("trade-resend", "POST", "yes_token", "yes token"),
    Way("team-hand-over", "POST", "heir", "member"),
    Way("audit", "GET", "object", "key", (("about", "upstreamkey"),)),
    Way("audit", "GET", "who", "person"),
    Way("audit-file", "POST", "object", "key", (("about", "upstreamkey"),)),
    Way("audit-file", "POST", "who", "person"),
)


@pytest.fixture
def foreign(world: World) -> dict[str, Any]:
    """What each kind of field would have to hold to reach the other team."""
    theirs = world.foreign
    account = MarketAccount.objects.get(pk=theirs["account"])
    MarketAccount.objects.filter(pk=account.pk).update(label=MARK, identity=f"{MARK}-id")
    UpstreamKey.objects.filter(account=account).update(label=MARK)
    Trade.objects.filter(account=account).update(custom_id=MARK)
    TradeItem.objects.filter(trade__account=account).update(name=MARK)
    DraftItem.objects.filter(draft=theirs["draft"]).update(name=MARK)
    SellList.objects.filter(pk=theirs["sell list"]).update(name=MARK)
    SavedView.objects.filter(pk=theirs["team view"]).update(name=MARK)
    SteamOffer.objects.filter(account=account).update(message=MARK)
    partner = UpstreamKey.objects.get(account=account).trade_link_partner
    return theirs | {
        "trade id": Trade.objects.get(account=account).upstream_id,
        "offer id": SteamOffer.objects.get(account=account).offer_id,
        "account query": f"account={account.pk}",
        "steam account": partner,
        "draft item": DraftItem.objects.filter(draft=theirs["draft"])[0].pk,
        "list line": SellListLine.objects.filter(sell_list=theirs["sell list"]).values_list("pk")[
            0
        ][0],
        "yes token": str(SellDraft.objects.get(pk=theirs["draft"]).yes_token),
        "person": world.cast.charlie.email,
    }


def fields_on_pages(world: World) -> Iterator[tuple[str, str]]:
    """Where each form of the team's pages sends its fields, for an owner and a key's owner."""
    for name in TEAM_PAGES:
        if "GET" in MATRIX[name].methods:
            for person in ("alice", "bob"):
                response = world.clients[person].get(world.address(name))
                body = "" if response.streaming else response.content.decode()
                for attributes, inside in FORM.findall(body):
                    action = ACTION.search(attributes)
                    sent_to = resolve(urlsplit(unescape(action[1])).path) if action else None
                    for field in TAG.findall(inside):
                        target = sent_to.url_name if sent_to else name
                        yield str(target), re.sub(r"\d+", "{}", field)


def ask(world: World, way: Way, value: object, *, person: str, htmx: bool) -> HttpResponse:
    field = way.field.format(value)
    sent = {**dict(way.more), field: "1" if "{}" in way.field else str(value)}
    send = getattr(world.clients[person], way.method.lower())
    response: HttpResponse = send(world.address(way.page), sent, headers=HTMX if htmx else {})
    return response


def shown(response: HttpResponse) -> str:
    parts: Any = response if response.streaming else [response.content]
    return b"".join(parts).decode()


def theirs_of(stored: dict[str, list[tuple[Any, ...]]], pks: dict[str, Any]) -> list[object]:
    """The rows of the other team, which no deed of this one changes."""
    kinds = {
        "trades.SellDraft": "draft", "trades.SellList": "sell list", "trades.SellRequest": "sell",
        "trades.SavedView": "team view", "trades.Trade": "trade", "trades.SteamOffer": "offer",
        "trades.DraftItem": "draft item", "accounts.UpstreamKey": "key",
        "accounts.MarketAccount": "account", "trades.Export": "export",
    }  # fmt: skip
    found: list[object] = [stored["accounts.Membership"]]
    for label, kind in kinds.items():
        found += [row for row in stored[label] if row[0] == pks[kind]]
    return found


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.page} {way.method} {way.field}")
def test_a_foreign_or_guessed_id_reaches_nothing(
    world: World, foreign: dict[str, Any], way: Way
) -> None:
    before = theirs_of(everything_stored(), foreign)
    guesses = {
        "yes token": [uuid.uuid4(), "x"],
        "account query": ["account=0", "account=x"],
    }.get(way.about, [0, -1, 2**63, 10**30, "x", "\0"])
    person = "alice" if way.page in OWNERS_PAGES else "bob"
    for turn, value in enumerate((foreign[way.about], foreign[way.about], *guesses)):
        response = ask(world, way, value, person=person, htmx=turn % 2 == 1)
        assert response.status_code in ANSWERS, (value, response.status_code)
        assert MARK not in shown(response), value
    assert theirs_of(everything_stored(), foreign) == before
    assert points_across() == []


def points_across() -> list[str]:
    """Rows of one team that hang on something of another."""
    crossed = {
        "a draft with a foreign key": SellDraft.objects.exclude(key__account__team=F("team")),
        "a sell with a foreign key": SellRequest.objects.exclude(key__account__team=F("team")),
        "a default that is a foreign view": DefaultView.objects.exclude(view__team=F("team")),
        "a key of who is in no such team": UpstreamKey.objects.exclude(
            owner__memberships__team=F("account__team")
        ),
    }
    return [what for what, rows in crossed.items() if rows.exists()]


def test_every_field_of_every_form_is_listed(world: World) -> None:
    listed = {(way.page, way.field) for way in WAYS}
    missing = {
        (page, field)
        for page, field in fields_on_pages(world)
        if (page, field) not in listed and field not in PLAIN
    }
    assert missing == set()


@pytest.mark.parametrize(
    ("page", "field", "about"),
    [
        ("history", "q", "trade id"),
        ("history", "custom", "mark"),
        ("history", "item", "mark"),
        ("find", "q", "trade id"),
        ("offers", "q", "offer id"),
        ("inventory", "q", "mark"),
    ],
)
def test_a_search_finds_nothing_of_another_team(
    world: World, foreign: dict[str, Any], page: str, field: str, about: str
) -> None:
    value = {"mark": MARK, **foreign}[about]
    response = world.clients["alice"].get(world.address(page), {field: value}, follow=True)
    said = shown(response).replace(f'value="{value}"', "").replace(f"“{value}”", "")
    assert response.status_code in ANSWERS
    for pk, name in ((foreign["trade"], "trade"), (foreign["offer"], "offer")):
        assert reverse(name, args=["harbour", pk]) not in said
        assert reverse(name, args=["elsewhere", pk]) not in said
    assert world.cast.others.slug not in said


def test_no_plain_field_is_an_object_somewhere_else() -> None:
    assert {way.field for way in WAYS} & PLAIN == set()


def test_a_stranger_learns_nothing_by_any_field(world: World, foreign: dict[str, Any]) -> None:
    for way in WAYS:
        for htmx in (False, True):
            response = ask(world, way, foreign[way.about], person="charlie", htmx=htmx)
            assert response.status_code == 404, way
            assert "Harbour" not in shown(response)


def test_the_admin_takes_no_field_from_others(world: World, foreign: dict[str, Any]) -> None:
    before = everything_stored()
    deeds = {"accounts_upstreamkey": "pause", "accounts_marketaccount": "sync"}
    for names, deed in deeds.items():
        order = {"action": deed, "_selected_action": [foreign["key"], foreign["account"]]}
        address = reverse(f"admin:{names}_changelist")
        for person in ("alice", "bob", "charlie"):
            assert world.clients[person].post(address, order).status_code == 403
            found = world.clients[person].get(address, {"q": MARK})
            assert found.status_code == 403
            assert MARK not in found.content.decode()
    operator = Client()
    operator.force_login(make_user(is_staff=True))
    unchanged = everything_stored()["accounts.UpstreamKey"]
    operator.post(reverse("admin:accounts_upstreamkey_changelist"), order)
    assert everything_stored()["accounts.UpstreamKey"] == unchanged
    assert before["accounts.UpstreamKey"] == unchanged
