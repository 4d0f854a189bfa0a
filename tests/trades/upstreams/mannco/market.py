"""A Mannco that logs in and gives one answer to everything else, remembering what was asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec

from trades.upstreams.http import IN_A_REQUEST
from trades.upstreams.mannco.client import ManncoClient

KEY = "mannco-key-0123456789"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjQxMDI0NDQ4MDB9.c2lnbmVk"
BASE_URL = "http://127.0.0.1:9"
ROW: dict[str, Any] = {
    "id": 123456,
    "items_received": "123456789,987654321",
    "status": 0,
    "items_send": "",
    "user": "76561198000000000",
    "bot": "76561198111111111",
    "code": "ABCDEFGH",
    "lasterror": "",
    "offerid": "5678901234",
    "timestamp": "1706745600000",
}


class Mannco(httpx.BaseTransport):
    """``answers`` are given in turn, the last one again and again: (status, body)."""

    def __init__(self, *answers: tuple[int, Any], login: tuple[int, Any] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._answers = list(answers)
        self._login = login or (200, good({"jwt": JWT}))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        status, body = self._next(request)
        if isinstance(body, Exception):
            raise body
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return httpx.Response(status, content=content)

    def _next(self, request: httpx.Request) -> tuple[int, Any]:
        if request.url.path == "/user/login":
            return self._login
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    @property
    def asked(self) -> list[str]:
        return [f"{each.method} {each.url.raw_path.decode()}" for each in self.requests]


@contextmanager
def client(mannco: Mannco) -> Iterator[ManncoClient]:
    with ManncoClient(BASE_URL, KEY, transport=mannco, patience=IN_A_REQUEST) as opened:
        yield opened


def good(content: object) -> dict[str, object]:
    return {"err": False, "success": True, "content": content}


def bad(content: object) -> dict[str, object]:
    return {"err": True, "success": False, "content": content}


def rows(*changes: dict[str, Any]) -> dict[str, object]:
    return good({"trades": [{**ROW, **change} for change in changes]})
