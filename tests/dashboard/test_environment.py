"""Every mistake in the environment is named at once, in a sentence, whatever is started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from dashboard import environment
from dashboard.environment import BASE_DIR, NAMES, BadEnvironmentError, Environment
from tests.servers import product

MISTAKES = [
    ("PORT", "eighty", "integer"),
    ("PORT", "70000", "1 to 65535"),
    ("PORT", "8001", "port of its own"),  # beside SANDBOX_PORT below
    ("SANDBOX_PORT", "0", "1 to 65535"),
    ("DEMO", "perhaps", "boolean"),
    ("STEAM_CHECK_ROLLBACKS", "perhaps", "boolean"),
    ("DATABASE_URL", "mysql://host/name", "postgres:// or sqlite:///"),
    ("DATABASE_URL", "postgres://host:port/name", "host and its port"),
    ("DATABASE_URL", "postgres://host", "name of a database"),
    ("DATABASE_URL", "sqlite://:memory:", "host and its port"),
    ("REDIS_URL", "http://host", "redis://"),
    ("SECRET_KEY", "short", "50 characters"),
    ("ENCRYPTION_KEYS", "tooshort", "32 random bytes"),
    ("PUBLIC_URL", "sellside.example", "http:// or https://"),
    ("PUBLIC_URL", "https://sellside.example/desk", "ends after its host"),
    ("ALLOWED_HOSTS", "https://sellside.example", "bare name"),
    ("TRUSTED_PROXIES", "front", "IP address or a network"),
    ("SIGN_UP", "sometimes", "open or closed"),
    ("EMAIL_URL", "somewhere", "submission://"),
    ("VPSBOT_URL", "market.example/api", "http:// or https://"),
    ("VPSBOT_URL", "https://me:mine@market.example/api", "no sign-in"),
    ("MANNCO_URL", "https://[::1", "host and its port"),
    ("STEAM_URL", "https://steam.example/?key=1", "no ?"),
    ("STEAM_COMMUNITY_URL", "ftp://steam.example", "http:// or https://"),
    ("STEAM_IMAGE_URL", "images", "http:// or https://"),
    ("SELL_QUOTE_SECONDS", "-1", "seconds above 0"),
    ("SELL_SEND_SECONDS", "soon", "number"),
    ("SELL_RESEND_SECONDS", "-60", "seconds above 0"),
    ("SELL_SETTLE_SECONDS", "86401", "at most a day"),
    ("SELL_EXPIRE_SECONDS", "-0.5", "seconds above 0"),
    ("VPSBOT_CALLS_A_MINUTE", "-1", "whole number up to"),
    ("MANNCO_CALLS_A_MINUTE", "many", "integer"),
    ("STEAM_CALLS_A_MINUTE", "1000001", "whole number up to"),
    ("STEAM_HOST_CALLS_A_MINUTE", "1.5", "integer"),
    ("PERSON_MATCHES_A_MINUTE", "-1", "whole number up to"),
    ("PERSON_SELLS_A_MINUTE", "many", "integer"),
    ("PERSON_RESENDS_A_MINUTE", "1000001", "whole number up to"),
    ("PERSON_SYNCS_A_MINUTE", "1.5", "integer"),
    ("PERSON_EXPORTS_AN_HOUR", "-5", "whole number up to"),
]


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **given: str) -> Environment:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return environment.read()


@pytest.mark.parametrize(("name", "value", "reason"), MISTAKES)
def test_a_mistake_is_one_sentence_without_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv("SANDBOX_PORT", "8001")
    with pytest.raises(BadEnvironmentError) as caught:
        read(monkeypatch, **{name: value})
    sentences = caught.value.sentences
    assert len(sentences) == 1
    assert reason in sentences[0]
    assert value == "0" or value not in sentences[0]


def test_every_variable_but_the_folder_can_be_mistaken() -> None:
    assert {name for name, _, _ in MISTAKES} == set(NAMES) - {"DATA_DIR"}


def test_all_mistakes_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadEnvironmentError) as caught:
        read(monkeypatch, PORT="x", DEMO="x", EMAIL_URL="x")
    named = [sentence.split(":")[0] for sentence in caught.value.sentences]
    assert named == ["DEMO", "EMAIL_URL", "PORT"]


def test_a_variable_set_to_nothing_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, **dict.fromkeys(NAMES, "")) == environment.read()
    assert environment.read().port == 8000


def test_the_demo_points_unset_upstreams_to_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, PORT="9000", STEAM_URL="https://steam.example/prefix/")
    assert found.vpsbot_url == "http://127.0.0.1:9001/api"
    assert found.steam_community_url == "http://127.0.0.1:9001"
    assert found.steam_url == "https://steam.example/prefix"


def test_without_the_demo_they_point_to_the_markets(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, DEMO="0")
    assert found.vpsbot_url == "https://market.vpsbot.io/api"
    assert found.mannco_url == "https://mannco.store"
    assert found.steam_url == "https://api.steampowered.com"
    assert found.steam_community_url == "https://steamcommunity.com"


def test_a_proxy_may_be_an_address_or_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, TRUSTED_PROXIES="10.0.0.1/8, 192.0.2.7")
    assert found.trusted_proxies == ["10.0.0.0/8", "192.0.2.7/32"]


@pytest.mark.parametrize(
    ("public_url", "host"),
    [("", "127.0.0.1"), ("http://127.0.0.1:9", "127.0.0.1"), ("https://a.example", "0.0.0.0")],  # noqa: S104
)
def test_only_a_public_address_opens_the_port_to_others(
    monkeypatch: pytest.MonkeyPatch, public_url: str, host: str
) -> None:
    assert read(monkeypatch, PUBLIC_URL=public_url).bind_host == host


def test_mail_goes_to_the_log_unless_a_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch).email["EMAIL_BACKEND"].endswith("console.EmailBackend")
    sent = read(monkeypatch, EMAIL_URL="submission://me:mine@mail.example").email
    assert sent["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    assert (sent["EMAIL_HOST"], sent["EMAIL_PORT"]) == ("mail.example", 587)
    assert sent["EMAIL_USE_TLS"]
    direct = read(monkeypatch, EMAIL_URL="smtp://me:mine@mail.example:465?ssl=true").email
    assert direct["EMAIL_USE_SSL"]
    assert not direct["EMAIL_USE_TLS"]


def test_no_secret_is_in_its_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    key, secret = Fernet.generate_key().decode(), "s3cret-" * 10
    urls = {"DATABASE_URL": "postgres://u:hidden@h/n", "REDIS_URL": "redis://:hidden@h/0"}
    mail = {"EMAIL_URL": "smtp://u:hidden@h:25"}
    found = read(monkeypatch, SECRET_KEY=secret, ENCRYPTION_KEYS=key, **urls, **mail)
    assert not any(hidden in repr(found) for hidden in (key, secret, "hidden"))


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check"],
        ["-m", "celery", "-A", "dashboard.celery", "worker"],
        ["-m", "dashboard.launch"],
        ["-c", "import dashboard.wsgi"],
    ],
)
def test_whatever_is_started_names_the_mistake(tmp_path: Path, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=BASE_DIR,
        env=product.environment(tmp_path, EMAIL_URL="somewhere"),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "EMAIL_URL: an EMAIL_URL looks like" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_settings_name_an_unwritable_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=BASE_DIR,
        env=product.environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "cannot write to its folder" in done.stderr
