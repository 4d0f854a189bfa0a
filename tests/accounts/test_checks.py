from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.checks import Tags, run_checks
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from accounts.services import remove_key
from tests.factories import TRADE_LINK, make_key

pytestmark = pytest.mark.django_db


def sentences() -> list[str]:
    found = run_checks(tags=[Tags.database], databases=["default"])
    return [str(message.msg) for message in found if message.id == "accounts.E001"]


def lose_the_keys(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]


def test_keys_that_open_are_fine() -> None:
    make_key(trade_link=TRADE_LINK)
    assert sentences() == []


def test_a_lost_encryption_key_stops_the_start_with_one_sentence(settings: Settings) -> None:
    make_key(trade_link=TRADE_LINK)
    make_key()
    lose_the_keys(settings)
    [sentence] = sentences()
    assert sentence.startswith("2 stored API key(s) cannot be opened: put the encryption key")


def test_migrate_runs_it(settings: Settings) -> None:
    make_key()
    lose_the_keys(settings)
    with pytest.raises(CommandError, match="cannot be opened"):
        call_command("migrate", stdout=StringIO(), stderr=StringIO(), skip_checks=False)


def test_without_stored_secrets_any_key_will_do(settings: Settings) -> None:
    key = make_key(trade_link=TRADE_LINK)
    remove_key(key=key, by=key.owner)
    lose_the_keys(settings)
    assert sentences() == []


def test_an_older_key_further_down_the_list_still_opens(settings: Settings) -> None:
    make_key()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    assert sentences() == []


def test_before_the_first_migration_there_is_nothing_to_say() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_upstreamkey RENAME TO not_there_yet")
    try:
        assert sentences() == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE not_there_yet RENAME TO accounts_upstreamkey")
