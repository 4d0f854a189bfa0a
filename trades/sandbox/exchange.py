"""One request and one answer, free of any server."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

SMALLEST_GZIPPED = 500
_UNSHOWN = frozenset({"key", "access_token"})


class Fate(Enum):
    """What happens to an answer on its way."""

    WHOLE = "whole"
    CUT = "cut"  # the connection ends in the middle of the body
    LOST = "lost"  # the connection ends without an answer


@dataclass(frozen=True, slots=True)
class Request:
    """``path`` is percent-decoded, header names are lower case."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def of(
        cls, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> "Request":
        """From a request line's target, ``/api/trades?limit=10``."""
        path, _, query = target.partition("?")
        return cls(method, unquote(path), parsed_query(query), headers, body)


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    fate: Fate = Fate.WHOLE


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as the log keeps it; ``status`` is 0 when no answer left the house."""

    method: str
    path: str
    query: dict[str, str]
    status: int
    at: float


def parsed_query(text: str) -> dict[str, str]:
    """Blank parameters count as absent."""
    return dict(parse_qsl(text))


def shown_query(query: Mapping[str, str]) -> dict[str, str]:
    return {name: "..." if name in _UNSHOWN else value for name, value in query.items()}


def json_answer(value: object, status: int = 200) -> Response:
    return text_answer(json.dumps(value, separators=(",", ":"), ensure_ascii=False), status)


def text_answer(
    text: str, status: int = 200, content_type: str = "application/json; charset=utf-8"
) -> Response:
    # surrogatepass: a test may store half a surrogate pair to see what a reader makes of it
    return Response(status, text.encode("utf-8", "surrogatepass"), {"Content-Type": content_type})


def reason(status: int) -> str:
    """The words behind a status code."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def packed(request: Request, response: Response) -> Response:
    """The answer gzipped, when the caller asked for it and it is worth it."""
    asked = "gzip" in request.headers.get("accept-encoding", "")
    if not asked or len(response.body) < SMALLEST_GZIPPED:
        return response
    headers = {**response.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return replace(response, body=gzip.compress(response.body, 1, mtime=0), headers=headers)
