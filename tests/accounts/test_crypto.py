import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.serializers.json import DjangoJSONEncoder
from django.template import Context, Template
from pytest_django import Settings

from accounts.crypto import DOTS, SealBroken, Secret, open_sealed, seal
from tests.factories import TRADE_LINK, make_key

CLEAR = "vpsbot-key-0123456789"


def test_a_sealed_text_opens_where_it_was_sealed() -> None:
    assert open_sealed(seal(CLEAR, "row:secret"), "row:secret").reveal() == CLEAR


def test_line_breaks_and_foreign_letters_survive() -> None:
    text = "one\ntwo\n★ ключ"
    assert open_sealed(seal(text, "row:secret"), "row:secret").reveal() == text


def test_the_sealed_text_shows_nothing_and_differs_each_time() -> None:
    first, second = seal(CLEAR, "row:secret"), seal(CLEAR, "row:secret")
    assert CLEAR.encode() not in first
    assert first != second


def test_a_postgres_memoryview_opens_too() -> None:
    assert open_sealed(memoryview(seal(CLEAR, "row:secret")), "row:secret").reveal() == CLEAR


@pytest.mark.parametrize("bind", ["other:secret", "row:trade_link", "", "row:secret "])
def test_it_does_not_open_in_another_place(bind: str) -> None:
    sealed = seal(CLEAR, "row:secret")
    with pytest.raises(SealBroken) as broken:
        open_sealed(sealed, bind)
    assert CLEAR not in str(broken.value)


def test_a_bind_cannot_smuggle_a_line() -> None:
    with pytest.raises(ValueError, match="one line"):
        seal(CLEAR, "row\n:secret")


@pytest.mark.parametrize("spoil", [lambda s: s[:-4] + b"AAAA", lambda s: s[:20], lambda s: s[1:]])
def test_a_damaged_seal_fails_closed(spoil: Callable[[bytes], bytes]) -> None:
    sealed = seal(CLEAR, "row:secret")
    with pytest.raises(SealBroken) as broken:
        open_sealed(spoil(sealed), "row:secret")
    assert CLEAR not in str(broken.value)
    assert broken.value.__suppress_context__


def test_a_clear_text_in_the_column_is_not_taken_for_a_secret() -> None:
    with pytest.raises(SealBroken):
        open_sealed(CLEAR.encode(), "row:secret")


def test_a_foreign_key_does_not_open(settings: Settings) -> None:
    sealed = seal(CLEAR, "row:secret")
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(SealBroken):
        open_sealed(sealed, "row:secret")


def test_the_first_key_seals_and_every_key_opens(settings: Settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [old]
    before = seal(CLEAR, "row:secret")
    settings.ENCRYPTION_KEYS = [new, old]
    after = seal(CLEAR, "row:secret")
    assert open_sealed(before, "row:secret").reveal() == CLEAR
    settings.ENCRYPTION_KEYS = [new]
    assert open_sealed(after, "row:secret").reveal() == CLEAR
    with pytest.raises(SealBroken):
        open_sealed(before, "row:secret")


def test_without_a_key_nothing_is_sealed_or_opened(settings: Settings) -> None:
    sealed = seal(CLEAR, "row:secret")
    settings.ENCRYPTION_KEYS = []
    with pytest.raises(SealBroken):
        seal(CLEAR, "row:secret")
    with pytest.raises(SealBroken):
        open_sealed(sealed, "row:secret")


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{:>30}".format, lambda s: f"{s!r} {s}"])
def test_a_secret_shows_dots(show: Callable[[Secret], str]) -> None:
    shown = show(Secret(CLEAR))
    assert DOTS in shown
    assert CLEAR not in shown


def test_a_template_cannot_reveal_a_secret() -> None:
    page = Template("{{ secret }} {{ secret.reveal }} {{ secret|pprint }}")
    assert CLEAR not in page.render(Context({"secret": Secret(CLEAR)}))


@pytest.mark.parametrize(
    "leak",
    [
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        json.dumps,
        lambda secret: json.dumps(secret, cls=DjangoJSONEncoder),
        vars,
        hash,
    ],
)
def test_a_secret_cannot_be_carried_off(leak: Callable[[Secret], Any]) -> None:
    with pytest.raises(TypeError):
        leak(Secret(CLEAR))


def test_secrets_compare_by_their_text_and_only_with_secrets() -> None:
    assert Secret(CLEAR) == Secret(CLEAR)
    assert Secret(CLEAR) != Secret(CLEAR + "x")
    assert Secret("ключ") == Secret("ключ")
    assert Secret(CLEAR) != CLEAR
    assert not Secret("")


@pytest.mark.django_db
def test_a_seal_moved_to_another_key_does_not_open() -> None:
    mine, theirs = make_key(secret=CLEAR, trade_link=TRADE_LINK), make_key(trade_link=TRADE_LINK)
    theirs.secret_sealed = mine.secret_sealed
    theirs.trade_link_sealed = mine.trade_link_sealed
    theirs.save()
    theirs.refresh_from_db()
    for opener in (theirs.open_secret, theirs.open_trade_link):
        with pytest.raises(SealBroken):
            opener()


@pytest.mark.django_db
def test_secret_and_trade_link_of_one_key_cannot_be_swapped() -> None:
    key = make_key(secret=CLEAR, trade_link=TRADE_LINK)
    key.secret_sealed, key.trade_link_sealed = key.trade_link_sealed, key.secret_sealed
    for opener in (key.open_secret, key.open_trade_link):
        with pytest.raises(SealBroken):
            opener()


@pytest.mark.django_db
def test_a_key_opens_again_from_the_database() -> None:
    key = make_key(secret=CLEAR, trade_link=TRADE_LINK)
    key.refresh_from_db()
    assert key.open_secret().reveal() == CLEAR
    link = key.open_trade_link()
    assert link is not None
    assert link.reveal() == TRADE_LINK
    assert make_key().open_trade_link() is None


@pytest.mark.django_db
def test_a_key_names_itself_by_its_last_four_and_a_short_one_not_at_all() -> None:
    assert str(make_key(secret=CLEAR, label="Mine")) == "Mine (…6789)"
    assert make_key(secret="12345678").last_four == ""
