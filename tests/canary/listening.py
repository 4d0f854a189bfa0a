"""A browser that remembers every answer, and what stands in a broker and in the process list."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.test import Client
from redis import Redis

from tests.searching import Writing


class ListeningClient(Client):
    """Notes bodies and where they lead; cookies are the browser's own to keep."""

    def __init__(self, heard: list[Writing]) -> None:
        super().__init__(raise_request_exception=False)
        self.heard = heard

    def request(self, **asked: Any) -> HttpResponse:
        response: HttpResponse = super().request(**asked)  # type: ignore[assignment]
        parts = response if response.streaming else [response.content]
        body = b"".join(parts)
        leads_to = response.headers.get("Location", "") + response.headers.get("HX-Redirect", "")
        place = f"{asked.get('REQUEST_METHOD', 'GET')} {asked['PATH_INFO']}"
        self.heard.append((f"{place} {response.status_code}", leads_to.encode() + b"\n" + body))
        return response


def messages_in(redis_url: str) -> Iterator[Writing]:
    """The bytes of every queue and every other key of a broker."""
    with Redis.from_url(redis_url) as broker:
        for name in broker.scan_iter():
            place = f"broker {name!r}"
            yield place, name
            match broker.type(name):
                case b"list":
                    yield from ((place, message) for message in broker.lrange(name, 0, -1))
                case b"hash":
                    yield from ((place, message) for message in broker.hvals(name))
                case b"string":
                    yield place, broker.get(name)


def command_lines() -> Iterator[Writing]:
    """Of every process that this one may see."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield "process list", path.read_bytes()
        except OSError:
            continue
