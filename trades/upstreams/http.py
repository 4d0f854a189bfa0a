"""The one wrapper over httpx: time limits, repeated reads, the loopback fence, what errors may say.

Nothing else imports httpx or stamina. A read may be sent again; everything else is sent once.
"""

import logging
import ssl
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Self, TypeVar
from urllib.parse import quote

import httpx
import stamina

from trades.upstreams.calls import (
    Answer,
    Call,
    Effect,
    Gate,
    always_open,
    retry_after_seconds,
)
from trades.upstreams.errors import (
    Garbled,
    HeldBack,
    HostForbidden,
    KeyRejected,
    RateLimited,
    Refused,
    Unreachable,
    UpstreamError,
)
from trades.upstreams.fence import forbidden, is_loopback

T = TypeVar("T")
Transport = httpx.BaseTransport

LARGEST_ANSWER = 64 * 1024 * 1024
SHORTEST_KEY_TO_CUT = 12  # a shorter one could be a word of the answer itself
MOST_CONNECTIONS = 8
KEEPALIVE_SECONDS = 15.0
_CUT = b"[cut]"

for _chatty in ("httpx", "httpcore"):
    logging.getLogger(_chatty).setLevel(logging.WARNING)  # at INFO they print query strings

_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Patience:
    """When a call may start and how long it may take.

    ``total_seconds`` covers a call with all its repetitions; the ``gate`` is asked before each.
    """

    attempts: int = 3
    total_seconds: float = 20.0
    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    first_wait: float = 0.25
    longest_wait: float = 2.0
    longest_retry_after: float = 3.0  # a longer one is the caller's to plan
    somebody_waits: bool = False  # a person looks at a page that is not there yet
    gate: Gate = always_open

    def timeout(self, seconds_left: float) -> httpx.Timeout:
        reading = min(self.read_seconds, seconds_left)
        return httpx.Timeout(reading, connect=min(self.connect_seconds, seconds_left))


IN_A_REQUEST = Patience(attempts=1, total_seconds=8.0, somebody_waits=True)


class Hidden:
    """A secret that shows itself to ``reveal`` alone."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "••••"


class Credential(httpx.Auth):
    """Puts the key into each request as it leaves: no client, dict or repr holds it in clear."""

    def __init__(self, name: str, key: Hidden) -> None:
        self._name = name
        self._key = key

    def can_be_sent(self) -> bool:
        key = self._key.reveal()
        return key.isascii() and key.isprintable() and bool(key.strip())

    def cut_from(self, body: bytes) -> bytes:
        return cut_key(body, self._key)


def cut_key(body: bytes, hidden: Hidden) -> bytes:
    """Without the key itself, as it is, percent-encoded or with JSON's escaped slashes."""
    key = hidden.reveal()
    if len(key) >= SHORTEST_KEY_TO_CUT:
        for spelt in {key, quote(key, safe=""), key.replace("/", r"\/")}:
            body = body.replace(spelt.encode(), _CUT)
    return body


class KeyHeader(Credential):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers[self._name] = self._key.reveal()
        yield request


class BearerToken(Credential):
    """``Authorization: Bearer ...``; the token may give way to a newer one between calls."""

    def __init__(self) -> None:
        super().__init__("Authorization", Hidden(""))

    def use(self, token: Hidden) -> None:
        self._key = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers[self._name] = f"Bearer {self._key.reveal()}"
        yield request


class KeyQuery(Credential):
    """For a server that takes the key in the address: nothing of ours ever shows an address."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.url = request.url.copy_merge_params({self._name: self._key.reveal()})
        yield request


class Http:
    """Calls to one base URL, whose path prefix is kept. Use as a context manager; thread-safe.

    What answers repeat of ``key``, or of ``never_told``, which a body may hold, is cut out of them.
    """

    def __init__(
        self,
        upstream: str,
        base_url: str,
        *,
        key: Credential | None = None,
        patience: Patience | None = None,
        transport: Transport | None = None,
        loopback_only: bool | None = None,
        largest_answer: int = LARGEST_ANSWER,
        never_told: Hidden | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._upstream = upstream
        self._key = key
        self._never_told = never_told
        self._patience = patience or Patience()
        self._largest_answer = largest_answer
        self._clock = clock
        self._now = now
        host = httpx.URL(base_url).host
        self._fenced_off = forbidden(host, loopback_only=loopback_only)
        self._client = _client(base_url, key, transport, at_home=is_loopback(host))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def read(
        self,
        route: str,
        understand: Callable[[Answer], T],
        *,
        path: str = "",
        params: tuple[tuple[str, str], ...] = (),
    ) -> T:
        """GET, sent again on a connect error, 429, 5xx or what ``understand`` finds Garbled."""
        call = Call(self._upstream, "GET", route, Effect.READ, path or route, params)
        deadline = self._deadline()
        patience = self._patience

        def again(error: Exception) -> bool | float:
            return wait_before_retry(error, patience, deadline - self._clock())

        retrying = stamina.RetryingCaller(
            attempts=patience.attempts,
            timeout=None,
            wait_initial=patience.first_wait,
            wait_max=patience.longest_wait,
            wait_jitter=patience.first_wait,
        )
        return retrying(again, self._saying_why_it_failed(call, deadline, understand))

    def _saying_why_it_failed(
        self, call: Call, deadline: float, understand: Callable[[Answer], T]
    ) -> Callable[[], T]:
        """One try at a time: where another one is not allowed, what happened before is the news."""
        failed: UpstreamError | None = None

        def attempt() -> T:
            nonlocal failed
            try:
                return understand(self._exchange(call, deadline))
            except HeldBack as held:
                raise failed or held from None
            except UpstreamError as error:
                failed = error
                raise

        return attempt

    def read_once(self, route: str, understand: Callable[[Answer], T]) -> T:
        """GET of something that may not be there at all: one try."""
        call = Call(self._upstream, "GET", route, Effect.ASK, route)
        return understand(self._exchange(call, self._deadline()))

    def ask(self, route: str, body: bytes, understand: Callable[[Answer], T]) -> T:
        """POST of a question that changes nothing: one try."""
        call = Call(self._upstream, "POST", route, Effect.ASK, route, body=body)
        return understand(self._exchange(call, self._deadline()))

    def write(self, route: str, body: bytes, understand: Callable[[Answer], T]) -> T:
        """POST that changes something: one try, ever; lost after sending is OutcomeUnknown."""
        call = Call(self._upstream, "POST", route, Effect.WRITE, route, body=body)
        return understand(self._exchange(call, self._deadline()))

    def change(
        self, route: str, understand: Callable[[Answer], T], *, params: tuple[tuple[str, str], ...]
    ) -> T:
        """GET that changes something: one try, ever; lost after sending is OutcomeUnknown."""
        call = Call(self._upstream, "GET", route, Effect.WRITE, route, params)
        return understand(self._exchange(call, self._deadline()))

    def refusal(self, method: str, route: str, sentence: str) -> Refused:
        """For a question that cannot be asked: nothing was sent."""
        return Call(self._upstream, method, route, Effect.READ, route).failure(Refused, sentence)

    def _deadline(self) -> float:
        return self._clock() + self._patience.total_seconds

    def _exchange(self, call: Call, deadline: float) -> Answer:
        self._check_may_send(call)
        with self._patience.gate(call, deadline - self._clock()):
            asked_at = self._now()
            status, body, result = self._send(call, deadline)
        body = self._key.cut_from(body) if self._key else body
        body = cut_key(body, self._never_told) if self._never_told else body
        return Answer(call, status, body, asked_at, result)

    def _check_may_send(self, call: Call) -> None:
        if self._fenced_off:
            raise call.failure(HostForbidden, self._fenced_off)
        if self._key and not self._key.can_be_sent():
            raise call.failure(KeyRejected, "this has characters that no key has; nothing was sent")

    def _send(self, call: Call, deadline: float) -> tuple[int, bytes, str]:
        status: int | None = None
        try:
            request = self._build(call, deadline)
            response = self._client.send(request, stream=True)
            try:
                status = response.status_code
                self._raise_for_trouble(call, response)
                body = self._drain(response, deadline)
                return status, body, response.headers.get("X-eresult", "")
            finally:
                response.close()
        except (httpx.InvalidURL, UnicodeEncodeError):
            reason = "the question does not fit into an address; nothing was sent"
            raise call.failure(Refused, reason) from None
        except _NOTHING_SENT:
            raise call.failure(Unreachable, "no connection; nothing was sent") from None
        except httpx.TimeoutException:
            raise call.lost(Unreachable, "no whole answer in time", status) from None
        except _TooLargeError:
            raise call.lost(Garbled, "the answer is too large", status) from None
        except (httpx.HTTPError, httpx.StreamError, OSError):
            lost = Garbled if status else Unreachable
            raise call.lost(lost, "the answer was cut off", status) from None

    def _build(self, call: Call, deadline: float) -> httpx.Request:
        seconds_left = deadline - self._clock()
        if seconds_left <= 0:
            raise httpx.PoolTimeout("no time left")
        return self._client.build_request(
            call.method,
            call.path,
            params=call.params or None,
            content=call.body,
            headers={"Content-Type": "application/json"} if call.body is not None else None,
            timeout=self._patience.timeout(seconds_left),
        )

    def _raise_for_trouble(self, call: Call, response: httpx.Response) -> None:
        status = response.status_code
        if status != httpx.codes.TOO_MANY_REQUESTS and status < httpx.codes.INTERNAL_SERVER_ERROR:
            return
        wait = retry_after_seconds(response.headers.get("Retry-After"), self._now())
        if status == httpx.codes.TOO_MANY_REQUESTS:
            limited = call.failure(RateLimited, "too many calls", status)
            limited.retry_after = wait
            raise limited
        trouble = call.lost(Unreachable, "the server is in trouble", status)
        if isinstance(trouble, Unreachable):
            trouble.retry_after = wait
        raise trouble

    def _drain(self, response: httpx.Response, deadline: float) -> bytes:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > self._largest_answer:
                raise _TooLargeError
            if self._clock() > deadline:
                raise httpx.ReadTimeout("the answer trickles")
            chunks.append(chunk)
        return b"".join(chunks)


class _TooLargeError(Exception):
    pass


def wait_before_retry(error: Exception, patience: Patience, seconds_left: float) -> bool | float:
    """Whether a failed read is worth another try: False, True (after a growing wait) or seconds."""
    if not _may_pass(error):
        return False
    asked: float | None = getattr(error, "retry_after", None)
    if asked is None:
        return seconds_left > patience.longest_wait
    if asked > patience.longest_retry_after or asked >= seconds_left:
        return False
    return max(asked, patience.first_wait)


def _may_pass(error: Exception) -> bool:
    if isinstance(error, HostForbidden | HeldBack) or not isinstance(error, UpstreamError):
        return False
    if isinstance(error, Unreachable):
        return error.status is None or error.status >= httpx.codes.INTERNAL_SERVER_ERROR
    if isinstance(error, Garbled):
        return error.status is None or error.status < httpx.codes.MULTIPLE_CHOICES
    return isinstance(error, RateLimited)


def _client(
    base_url: str, key: Credential | None, transport: Transport | None, *, at_home: bool
) -> httpx.Client:
    return httpx.Client(
        base_url=base_url,
        auth=key,
        transport=transport,
        verify=_certificates(),
        trust_env=not at_home,  # a proxy for the world is none for this machine
        follow_redirects=False,
        headers={
            "User-Agent": "Sellside",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
        },
        limits=httpx.Limits(
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_CONNECTIONS,
            keepalive_expiry=KEEPALIVE_SECONDS,
        ),
    )


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # 20 ms and more: once a process
