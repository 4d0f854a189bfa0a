"""An API key for a JWT: ``POST /user/login`` of pages later than the seed.

The seed asks for "Connected + API" and does not say how. Of the token only ``exp`` is read, to plan
the renewal; it counts for the address that it was asked from.
"""

from base64 import urlsafe_b64decode
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from trades.upstreams.calls import Answer
from trades.upstreams.http import Hidden, Http
from trades.upstreams.mannco.envelope import understood
from trades.upstreams.moments import from_unix
from trades.upstreams.scalars import Unreadable

ROUTE = "/user/login"
USUAL_LIFE = timedelta(days=1)  # of a token that does not say; Mannco's live about 31 days
RENEWED_BEFORE = timedelta(hours=1)  # of its end
LONGEST_TOKEN = 8192


@dataclass(frozen=True, slots=True)
class Session:
    token: Hidden
    ends_at: datetime
    made_at: datetime = field(compare=False)

    def is_over(self, now: datetime) -> bool:
        early = min(RENEWED_BEFORE, (self.ends_at - self.made_at) / 10)
        return now >= self.ends_at - early


class Sessions(Protocol):
    """Where sessions are kept for all that share a key: login is rate limited."""

    def current(self) -> Session | None:
        """The one in use, unless it is over."""

    def turn(self, refused: Session | None) -> AbstractContextManager[Session | None]:
        """One login at a time: yields what another made meanwhile, else None: log in."""

    def keep(self, session: Session) -> None: ...


class OwnSession:
    """For a key that is not stored yet: nobody to share it with."""

    def __init__(self) -> None:
        self._session: Session | None = None

    def current(self) -> Session | None:
        return self._session

    def turn(self, refused: Session | None) -> AbstractContextManager[Session | None]:
        del refused
        return nullcontext()

    def keep(self, session: Session) -> None:
        self._session = session


class _Content(msgspec.Struct):
    jwt: Any = None


class _Claims(msgspec.Struct):
    exp: Any = None


_read_content = msgspec.json.Decoder(_Content).decode
_read_claims = msgspec.json.Decoder(_Claims).decode


def log_in(http: Http, key: Hidden) -> Session:
    """One call, one try. KeyRejected where Mannco does not know the key."""
    body = msgspec.json.encode({"apiKey": key.reveal()})
    return http.ask(ROUTE, body, _session)


def _session(answer: Answer) -> Session:
    token = understood(answer, _token)
    return Session(Hidden(token), _end_of(token) or answer.asked_at + USUAL_LIFE, answer.asked_at)


def _token(content: msgspec.Raw) -> str:
    try:
        token = _read_content(content).jwt
    except (msgspec.DecodeError, UnicodeDecodeError):
        token = None
    if not isinstance(token, str) or not token.strip() or len(token) > LONGEST_TOKEN:
        raise Unreadable("there is no session in it")
    return token.strip()


def _end_of(token: str) -> datetime | None:
    """``exp`` of the claims; None where the token is no JWT or does not say."""
    claims = token.split(".")[1:2]
    try:
        return from_unix(_read_claims(urlsafe_b64decode(f"{claims[0]}===")).exp, "exp")
    except (IndexError, ValueError, msgspec.DecodeError):
        return None
