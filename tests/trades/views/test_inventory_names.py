"""A list of names: matched line by line, whatever is in it."""

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import UpstreamKey
from tests.factories import TRADE_LINK, Cast, make_account, make_cast, make_key
from tests.trades.views.stocked import (
    MARKUP,
    NAMES,
    REDLINE,
    SLATE,
    choose,
    drafted,
    put,
    stocked,
    text_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def key(cast: Cast) -> UpstreamKey:
    return make_key(account=make_account(team=cast.team), owner=cast.bob, trade_link=TRADE_LINK)


@pytest.fixture
def bob(cast: Cast, client: Client) -> Client:
    client.force_login(cast.bob)
    return client


def test_names_are_matched_line_by_line(bob: Client, key: UpstreamKey) -> None:
    row = stocked(key)
    put(row, REDLINE, 3)
    put(row, "Taunt: Rock, Paper, Scissors")
    put(row, SLATE, is_tradable=False)
    lines = [
        *(
            "Name,Amount,Floor",
            f"{REDLINE},2,$1.25",
            f'"{REDLINE}",5',
            "Taunt: Rock, Paper, Scissors",
        ),
        *(SLATE, "Nothing like it", f"{REDLINE},x", f"{REDLINE},1,cheap", "=1+1,2", f"@{MARKUP}"),
    ]
    html = unescape(bob.post(NAMES, {"names": "\r\n".join(lines)}).content.decode())
    assert "4 items of 2 names chosen" in html
    told = re.findall(r'data-label="Line">(\d+)</td><td>.*?</td><td>(.*?)</td>', html)
    assert [(int(number), words[:14]) for number, words in told] == [
        (3, "5 asked for, 1"),
        (5, "In the invento"),
        (6, "Not in this in"),
        (7, "The amount is "),
        (8, "The floor is n"),
        (9, "Not in this in"),
        (10, "Not in this in"),
    ]
    draft = drafted(choose(bob, {}, "draft"))
    assert {(item.name, item.floor_milli) for item in draft.items.all()} == {
        (REDLINE, 1250),
        ("Taunt: Rock, Paper, Scissors", None),
    }


def test_markup_in_a_list_stays_text(bob: Client, key: UpstreamKey) -> None:
    stocked(key)
    assert MARKUP not in bob.post(NAMES, {"names": MARKUP}).content.decode()


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeff{REDLINE};2;1,25".encode(),
        f"market_hash_name\tqty\r\n{REDLINE}\t2".encode("utf-16"),
        f"amount,name\n2,{REDLINE}\n\n".encode(),
    ],
)
def test_a_file_is_read_as_spreadsheets_write_it(
    bob: Client, key: UpstreamKey, content: bytes
) -> None:
    put(stocked(key), REDLINE, 3)
    html = bob.post(NAMES, {"file": SimpleUploadedFile("list.csv", content)}).content.decode()
    assert "2 items of 1 name chosen" in html


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x" * (256 * 1024 + 1), "larger than 256 KB"),
        (b"\xff\x00\x81", "not a text in UTF-8"),
        (b"a\n" * 2_001, "at most 2,000 lines"),
        (b"", "at least one name"),
        (b"\n \n", "at least one name"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused_whole(
    bob: Client, key: UpstreamKey, content: bytes, words: str
) -> None:
    put(stocked(key), REDLINE)
    choose(bob, {REDLINE: 1})
    response = bob.post(NAMES, {"file": SimpleUploadedFile("list.csv", content)})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert "checked" in text_of(bob)
