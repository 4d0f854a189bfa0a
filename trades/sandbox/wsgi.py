"""The sandbox as a plain WSGI application, for clients that are tested without a socket."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from trades.sandbox.exchange import Fate, Request, Response, parsed_query, reason
from trades.sandbox.sandbox import Sandbox

WSGIApp = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]


class ConnectionEnded(ConnectionError):
    """Where a real server would close the connection, this application raises."""


def wsgi_app(sandbox: Sandbox) -> WSGIApp:
    """A lost answer and a cut-off body raise ``ConnectionEnded`` out of the application."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = sandbox.handle(_request(environ))
        if response.fate is Fate.LOST:
            raise ConnectionEnded
        headers = {**response.headers, "Content-Length": str(len(response.body))}
        start_response(f"{response.status} {reason(response.status)}", list(headers.items()))
        return _parts(response)

    return application


def _parts(response: Response) -> Iterator[bytes]:
    if response.fate is Fate.CUT:
        yield response.body[: len(response.body) // 2]
        raise ConnectionEnded
    yield response.body


def _request(environ: dict[str, Any]) -> Request:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    length = int(environ.get("CONTENT_LENGTH") or 0)
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return Request(
        environ["REQUEST_METHOD"],
        _as_text(path),
        parsed_query(environ.get("QUERY_STRING", "")),
        headers,
        environ["wsgi.input"].read(length) if length else b"",
    )


def _as_text(path: str) -> str:
    """WSGI carries UTF-8 as Latin-1; a caller that hands over text as it is may do so too."""
    try:
        return path.encode("latin-1").decode()
    except UnicodeError:
        return path
