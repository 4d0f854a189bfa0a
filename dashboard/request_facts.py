"""Which request this thread is answering, for the audit and the logs."""

import logging
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"


@dataclass(frozen=True, slots=True)
class RequestFacts:
    request_id: str = ""  # "" outside a request: a worker, a command
    address: str | None = None  # of the visitor, where the connection tells one


_current: ContextVar[RequestFacts] = ContextVar("request_facts")
_NOWHERE = RequestFacts()


def current() -> RequestFacts:
    return _current.get(_NOWHERE)


class RequestFactsMiddleware:
    """Goes first. Behind a proxy REMOTE_ADDR is the visitor's already (dashboard.wsgi)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        facts = RequestFacts(str(uuid.uuid4()), _address(request.META.get("REMOTE_ADDR", "")))
        token = _current.set(facts)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        response.headers[HEADER] = facts.request_id
        return response


class RequestIdFilter(logging.Filter):
    """Adds ``request`` to a log line, so that the audit leads to what was logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current().request_id or "-"
        return True


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text))
    except ValueError:
        return None
