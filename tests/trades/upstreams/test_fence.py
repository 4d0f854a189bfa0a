"""Which hosts may be called, and through what."""

import httpx
import pytest

from trades.upstreams.calls import Answer
from trades.upstreams.errors import HostForbidden
from trades.upstreams.fence import LOOPBACK_ONLY_VARIABLE
from trades.upstreams.http import Http


class Nobody(httpx.BaseTransport):
    """Answers to anything, and says whether it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200)


def body_of(got: Answer) -> bytes:
    return got.body


@pytest.mark.parametrize(
    "base_url",
    [
        "https://market.vpsbot.io/api",
        "http://10.0.0.1/api",
        "http://0.0.0.0/api",
        "http://127.0.0.1.example.com/api",
        "http://localhost.example.com/api",
        "http://127.0.0.1@example.com/api",
        "http://[::ffff:8.8.8.8]/api",
        "http://127.1/api",
    ],
)
def test_the_fence_refuses_every_host_but_this_machine(
    base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Nobody()
    monkeypatch.setenv(LOOPBACK_ONLY_VARIABLE, "1")
    with Http("vpsbot", base_url, transport=server) as http:
        for send in (
            lambda: http.read("/trades", body_of),
            lambda: http.write("/create", b"{}", body_of),
        ):
            with pytest.raises(HostForbidden, match="is not this machine"):
                send()
    assert server.requests == []


@pytest.mark.parametrize(
    "base_url",
    ["http://127.0.0.1:9/api", "http://127.9.9.9/", "http://[::1]/", "http://LOCALHOST/"],
)
def test_the_fence_lets_this_machine_through(
    base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LOOPBACK_ONLY_VARIABLE, "1")
    with Http("vpsbot", base_url, transport=Nobody()) as http:
        assert http.read("/trades", lambda got: got.status) == 200


@pytest.mark.parametrize(("setting", "argument"), [("0", None), ("", None), ("1", False)])
def test_without_the_fence_any_host_is_called(
    setting: str, argument: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LOOPBACK_ONLY_VARIABLE, setting)
    server = Nobody()
    with Http("vpsbot", "http://example.com", transport=server, loopback_only=argument) as http:
        assert http.read("/trades", lambda got: got.status) == 200


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:9/", "http://localhost:9/"])
def test_no_proxy_is_used_for_this_machine(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with Http("vpsbot", base_url) as http, Http("vpsbot", "http://example.com") as far:
        assert not vars(vars(http)["_client"])["_mounts"]
        assert vars(vars(far)["_client"])["_mounts"]
