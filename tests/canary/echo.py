"""A market that repeats whatever it was told, in rows, in refusals and in messages."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from trades.sandbox.exchange import Request, Response
from trades.sandbox.sandbox import Sandbox

PROSE = ("error", "message", "lasterror", "Message")
LINKS = ("partner_id", "tradelink")


class EchoingSandbox(Sandbox):
    """``planted`` are trade links of other people, which markets show in their rows."""

    def __init__(self, *planted: str) -> None:
        super().__init__()
        self.planted = planted
        self.heard: set[str] = set()

    def handle(self, request: Request) -> Response:
        plain = replace(request, headers={**request.headers, "accept-encoding": "identity"})
        response = super().handle(plain)
        self.heard |= {*_credentials(request), *_sessions(response.body)}
        said = " ".join(_repeated(request, self.planted))
        return replace(response, body=_echoing(response.body, said, self.planted))


def _credentials(request: Request) -> Iterator[str]:
    yield request.headers.get("x-api-key", "")
    yield request.headers.get("authorization", "").removeprefix("Bearer ")
    yield request.query.get("key", "")
    yield request.query.get("access_token", "")
    yield _member(request.body, "apiKey")


def _sessions(body: bytes) -> Iterator[str]:
    for name in ("content", "data"):
        try:
            answer = json.loads(body)
        except ValueError:
            return
        inner = answer.get(name) if isinstance(answer, dict) else None
        yield str(inner.get("jwt", "")) if isinstance(inner, dict) else ""


def _member(body: bytes, name: str) -> str:
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    return str(answer.get(name, "")) if isinstance(answer, dict) else ""


def _repeated(request: Request, planted: tuple[str, ...]) -> Iterator[str]:
    """As a server in trouble prints it: the address, the headers, what it knows."""
    yield f"{request.method} {request.path}?"
    for name, value in request.query.items():
        yield f"&{name}={quote(value, safe='')}"
    for name in ("x-api-key", "authorization"):
        yield f"{name}: {request.headers.get(name, '')}"
    for value in filter(None, _credentials(request)):
        yield f"not taken: {value}, {quote(value, safe='')}, token={value}"
    for link in planted:
        yield f"{link} {quote(link, safe='')} {quote(quote(link, safe=''), safe='')}"


def _echoing(body: bytes, said: str, planted: tuple[str, ...]) -> bytes:
    try:
        answer = json.loads(body)
    except ValueError:
        return body.replace(b"</h1>", said.encode() + b"</h1>")
    told = json.dumps(_told(answer, said, planted), ensure_ascii=False)
    return told.replace("/", r"\/").replace("&", r"\u0026").encode("utf-8", "surrogatepass")


def _told(value: Any, said: str, planted: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_told(one, said, planted) for one in value]
    if not isinstance(value, dict):
        return value
    told = {name: _told(inner, said, planted) for name, inner in value.items()}
    told |= {name: f"{told[name]} {said}" for name in PROSE if isinstance(told.get(name), str)}
    if planted:
        told |= {name: planted[0] for name in LINKS if name in told}
    return told | {"debug": said, "nested": json.dumps({"said": said, "links": planted})}
