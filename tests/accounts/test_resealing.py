"""A new encryption key: everything moves to it, nothing is lost, and the old one can go."""

from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.adapter import SecondFactorAdapter
from accounts.services import resealing
from tests.factories import TRADE_LINK, make_cast, make_key

pytestmark = pytest.mark.django_db
OLD, NEW = Fernet.generate_key(), Fernet.generate_key()


def test_everything_moves_to_the_first_key(settings: LazySettings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    cast, factors = make_cast(), SecondFactorAdapter()
    key = make_key(team=cast.team, owner=cast.bob, secret="the-key-of-bob", trade_link=TRADE_LINK)
    totp = Authenticator.objects.create(
        user=cast.bob, type="totp", data={"secret": factors.encrypt("TOTPSECRET")}
    )
    codes = {"seed": factors.encrypt("SEED"), "used_mask": 3,
             "migrated_codes": [factors.encrypt("12345678")]}  # fmt: skip
    recovery = Authenticator.objects.create(user=cast.bob, type="recovery_codes", data=codes)

    settings.ENCRYPTION_KEYS = [NEW, OLD]
    ends = resealing.reseal_everything()
    assert (ends[resealing.DONE], ends[resealing.CLOSED]) == (4, 0)

    settings.ENCRYPTION_KEYS = [NEW]
    key.refresh_from_db()
    totp.refresh_from_db()
    recovery.refresh_from_db()
    assert key.open_secret().reveal() == "the-key-of-bob"
    link = key.open_trade_link()
    assert link
    assert link.reveal() == TRADE_LINK
    assert factors.decrypt(totp.data["secret"]) == "TOTPSECRET"
    assert factors.decrypt(recovery.data["migrated_codes"][0]) == "12345678"
    assert recovery.data["used_mask"] == 3
    assert resealing.reseal_everything()[resealing.DONE] == 0


def test_a_value_replaced_meanwhile_is_left_as_it_is(settings: LazySettings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    key = make_key(secret="before-the-change")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    replaced: list[str] = []

    def replace_first(execute: Any, sql: str, *rest: Any) -> Any:
        if "UPDATE" in sql and "secret_sealed" in sql and not replaced:
            replaced.append(sql)
            key.put_secret("after-the-change")
            key.save()
        return execute(sql, *rest)

    with connection.execute_wrapper(replace_first):
        resealing.reseal_everything()
    assert replaced
    key.refresh_from_db()
    assert key.open_secret().reveal() == "after-the-change"


def test_a_key_that_is_missing_is_said_and_nothing_is_touched(settings: LazySettings) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    key = make_key(secret="sealed-with-another")
    sealed = bytes(key.secret_sealed)
    settings.ENCRYPTION_KEYS = [NEW]
    out = StringIO()
    with pytest.raises(CommandError, match="take no key out"):
        call_command("reseal", stdout=out)
    key.refresh_from_db()
    assert bytes(key.secret_sealed) == sealed
    assert "1 not to be opened" in out.getvalue()


def test_every_sealed_field_is_known() -> None:
    found = {(model.__name__, field) for model, field in resealing.sealed_fields()}
    assert {
        ("UpstreamKey", "secret_sealed"),
        ("UpstreamKey", "session_sealed"),
        ("UpstreamKey", "trade_link_sealed"),
        ("SellRequest", "trade_link_sealed"),
    } <= found
