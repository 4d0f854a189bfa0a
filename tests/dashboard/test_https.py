"""What a public https address turns on. Settings are read once a process, so this asks another."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dashboard.environment import BASE_DIR
from tests.servers import product

ASK = """
import json, sys
from dashboard.wsgi import application
from django.conf import settings

answers = []
def start_response(status, headers, exc_info=None):
    answers.append((status, dict(headers)))

def get(path, **extra):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "sellside.example",
               "SERVER_PORT": "80", "HTTP_HOST": "sellside.example", "REMOTE_ADDR": "192.0.2.1",
               "wsgi.url_scheme": "http", "wsgi.input": sys.stdin.buffer, **extra}
    list(application(environ, start_response))

get("/healthz")
get("/healthz2")
get("/accounts/login/", HTTP_X_FORWARDED_FOR="198.51.100.9", HTTP_X_FORWARDED_PROTO="https")
print(json.dumps({
    "answers": answers,
    "cookies": [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME],
    "secure": [settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE],
}))
"""


def ask(folder: Path, **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=BASE_DIR,
        env=product.environment(folder, **environment),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def behind_a_proxy(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("https")
    url = "https://sellside.example"
    return ask(folder, PUBLIC_URL=url, TRUSTED_PROXIES="192.0.2.0/24")


def test_cookies_are_secure_and_bound_to_the_host(behind_a_proxy: dict[str, Any]) -> None:
    assert behind_a_proxy["cookies"] == ["__Host-sessionid", "__Host-csrftoken"]
    assert behind_a_proxy["secure"] == [True, True]


def test_plain_http_is_sent_to_https_except_for_probes(behind_a_proxy: dict[str, Any]) -> None:
    probe, plain, _ = behind_a_proxy["answers"]
    assert probe[0].startswith("200")
    assert plain[0].startswith("301")
    assert plain[1]["Location"] == "https://sellside.example/healthz2"


def test_a_trusted_proxys_word_makes_it_https(behind_a_proxy: dict[str, Any]) -> None:
    status, headers = behind_a_proxy["answers"][2]
    assert status.startswith("200")
    assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "__Host-csrftoken" in headers["Set-Cookie"]


def test_nobody_elses_word_does(tmp_path: Path) -> None:
    url = "https://sellside.example"
    said = ask(tmp_path, PUBLIC_URL=url, TRUSTED_PROXIES="203.0.113.0/24")
    assert said["answers"][2][0].startswith("301")


def test_a_local_address_needs_none_of_it(tmp_path: Path) -> None:
    said = ask(tmp_path, ALLOWED_HOSTS="sellside.example")
    assert said["cookies"] == ["sessionid", "csrftoken"]
    assert said["answers"][2][0].startswith("200")
