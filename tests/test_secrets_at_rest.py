"""Every table is read out and searched: neither keys nor trade tokens lie in it in clear.

The same search with sealing or cutting switched off finds them, so it can fail.
"""

import json
from urllib.parse import quote

import pytest
from cryptography.fernet import MultiFernet
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import KeyState, MarketAccount, UpstreamKey
from accounts.services import replace_secret, set_trade_link, store_key
from dashboard import clock
from tests.factories import TRADE_LINK, TRADE_TOKEN, Cast, make_cast, make_trade
from tests.searching import cells, found_in
from trades.models import BadRecord, TradeRaw
from trades.raw_answers import unpack
from trades.sync import lease
from trades.sync.store import store_page
from trades.upstreams.vpsbot import parse

pytestmark = pytest.mark.django_db

FIRST_SECRET = "vpsbot_Q7rT2mXw9LkZ4b"
SECOND_SECRET = "vpsbot_P1oI8uYt5ReW3q"
NEEDLES = [FIRST_SECRET, SECOND_SECRET, TRADE_TOKEN]


def found_at_rest() -> dict[str, set[str]]:
    """Each needle that lies somewhere in clear, with the columns that hold it."""
    return found_in(cells(), NEEDLES)


# -- What is stored ---


def store_and_change_keys(cast: Cast) -> UpstreamKey:
    key = store_key(
        team=cast.team,
        owner=cast.bob,
        upstream="vpsbot",
        label="Main",
        secret=FIRST_SECRET,
        trade_link=TRADE_LINK,
        state=KeyState.ACTIVE,
    )
    replace_secret(key=key, secret=SECOND_SECRET, by=cast.bob)
    return set_trade_link(key=key, link=TRADE_LINK, by=cast.bob)


def mirror(account: MarketAccount, answer: bytes) -> None:
    """An answer of the market, through the parser and the engine's own store."""
    held = lease.take(account.pk)
    assert held
    page = parse.page(b'{"trades":[%s]}' % answer, clock.now())
    store_page(held, account, page)
    lease.release(held)


def answer_with(link: str, *, trade_id: object = "a1") -> bytes:
    """A TradeData row whose partner is ``link``, spelt as given."""
    row = {
        "trade_id": trade_id,
        "status": "completed",
        "created_at": "2026-10-01T12:00:00.000Z",
        "processed_trade": {"status": "completed", "partner_id": "LINK", "items_to_receive": []},
    }
    return json.dumps(row).replace("LINK", link).encode()


SPELLINGS = {
    "plain": TRADE_LINK,
    "escaped slashes": TRADE_LINK.replace("/", r"\/"),
    "escaped ampersand": TRADE_LINK.replace("&", r"\u0026").replace("=", r"\u003d"),
    "percent": quote(TRADE_LINK, safe=""),
}


# -- What the search says ---


def test_stored_keys_and_trade_links_lie_sealed() -> None:
    store_and_change_keys(make_cast())
    assert found_at_rest() == {}


def test_without_sealing_the_search_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MultiFernet, "encrypt", lambda _, text: text)
    store_and_change_keys(make_cast())
    assert found_at_rest() == {
        SECOND_SECRET: {"accounts_upstreamkey.secret_sealed"},
        TRADE_TOKEN: {"accounts_upstreamkey.trade_link_sealed"},
    }


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_mirrored_answer_lies_without_its_token(spelling: str) -> None:
    account = store_and_change_keys(make_cast()).account
    mirror(account, answer_with(spelling))
    assert b"partner" in unpack(bytes(TradeRaw.objects.get().packed))
    assert found_at_rest() == {}


def test_a_row_that_cannot_be_read_lies_without_its_token() -> None:
    account = store_and_change_keys(make_cast()).account
    mirror(account, answer_with(TRADE_LINK, trade_id=None))
    assert b"partner" in unpack(bytes(BadRecord.objects.get().packed))
    assert found_at_rest() == {}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_an_answer_kept_as_it_came_is_found(spelling: str) -> None:
    make_trade(raw=answer_with(spelling))
    assert found_at_rest() == {TRADE_TOKEN: {"trades_traderaw.packed"}}


def test_what_a_person_types_into_the_pages_stays_in_no_table(client: Client) -> None:
    """Sessions and messages are tables too; a refused form must not keep what was pasted."""
    cache.clear()
    cast = make_cast()
    key = store_and_change_keys(cast)
    client.force_login(cast.bob)
    foreign = TRADE_LINK.replace("steamcommunity.com", "example.com")
    typed = [
        ("key-trade-link", {"trade_link": TRADE_LINK}),
        ("key-trade-link", {"trade_link": foreign}),
    ]
    for name, answers in typed:
        client.post(reverse(name, args=[cast.team.slug, key.pk]), answers)
    long_label = {"upstream": "vpsbot", "label": "x" * 200, "secret": FIRST_SECRET}
    page = client.post(reverse("key-add", args=[cast.team.slug]), long_label)
    assert page.status_code == 422
    assert FIRST_SECRET not in page.content.decode()
    assert found_at_rest() == {}


def test_the_search_reads_sessions(client: Client) -> None:
    client.force_login(make_cast().bob)
    session = client.session
    session["typed"] = f"{FIRST_SECRET} " * 20
    session.save()
    assert found_at_rest() == {FIRST_SECRET: {"django_session.session_data"}}
