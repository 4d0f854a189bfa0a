"""A client over a transport that gives one answer to everything and remembers what was asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from trades.upstreams.http import IN_A_REQUEST, Patience
from trades.upstreams.vpsbot.client import VpsbotClient

KEY = "vpsbot_0123456789abcdef"
BASE_URL = "http://127.0.0.1:9/api"


class Market(httpx.BaseTransport):
    def __init__(self, status: int = 200, **answer: Any) -> None:
        self.requests: list[httpx.Request] = []
        self._status = status
        self._answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        return httpx.Response(self._status, **self._answer)

    @property
    def asked(self) -> tuple[str, str]:
        """The last method and target, as they go over the wire."""
        last = self.requests[-1]
        return last.method, last.url.raw_path.decode()


@contextmanager
def client(market: Market, patience: Patience = IN_A_REQUEST) -> Iterator[VpsbotClient]:
    with VpsbotClient(BASE_URL, KEY, transport=market, patience=patience) as opened:
        yield opened


def good(data: object) -> dict[str, object]:
    return {"success": True, "data": data}


def refusal(text: object) -> dict[str, object]:
    return {"success": False, "error": text}
