import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from trades.upstreams.calls import Answer, retry_after_seconds
from trades.upstreams.errors import (
    Conflict,
    Garbled,
    HostForbidden,
    KeyRejected,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unreachable,
    UpstreamError,
)
from trades.upstreams.http import (
    IN_A_REQUEST,
    Hidden,
    Http,
    KeyHeader,
    Patience,
    wait_before_retry,
)

HOME = "http://127.0.0.1:9/api"
NOW = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)
KEY = "vpsbot_0123456789abcdef"
ASKED_ID, ASKED_WORD, SENT = "id-asked", "word-asked", "token-sent"
Handler = Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers with ``handler`` and counts."""

    def __init__(self, handler: Handler) -> None:
        self.requests: list[httpx.Request] = []
        self._handler = handler

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._handler(request)


def always(status: int, **kwargs: Any) -> Handler:
    return lambda _: httpx.Response(status, **kwargs)


def raising(error: type[httpx.HTTPError]) -> Handler:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error(f"secret {KEY} in {request.url}", request=request)

    return fail


def body_of(got: Answer) -> bytes:
    return got.body


def opened(server: Server, **kwargs: Any) -> Http:
    return Http("vpsbot", HOME, transport=server.transport(), **kwargs)


def failure(
    kind: type[UpstreamError], status: int | None, retry_after: float | None = None
) -> UpstreamError:
    error = kind("no", upstream="vpsbot", method="GET", path="/trades", status=status)
    if retry_after is not None:
        vars(error)["retry_after"] = retry_after
    return error


# (what happened, is it worth another try)
WORTH_RETRYING = [
    (failure(Unreachable, None), True),
    (failure(Unreachable, 500), True),
    (failure(Unreachable, 503), True),
    (failure(Garbled, 200), True),
    (failure(Garbled, None), True),
    (failure(RateLimited, 429), True),
    (failure(RateLimited, 429, 2.0), 2.0),
    (failure(RateLimited, 429, 0.0), 0.25),
    (failure(Unreachable, 503, 1.5), 1.5),
    (failure(RateLimited, 429, 3.5), False),
    (failure(Unreachable, 503, 60.0), False),
    (failure(Unreachable, 401), False),
    (failure(Unreachable, 302), False),
    (failure(Garbled, 404), False),
    (failure(HostForbidden, None), False),
    (failure(KeyRejected, 401), False),
    (failure(Refused, 400), False),
    (failure(NotFound, 404), False),
    (failure(Conflict, 409), False),
    (failure(OutcomeUnknown, 500), False),
    (ValueError("a bug"), False),
]


@pytest.mark.parametrize(("error", "expected"), WORTH_RETRYING)
def test_only_passing_trouble_is_tried_again(error: Exception, expected: bool | float) -> None:
    wait = wait_before_retry(error, Patience(), seconds_left=15)
    assert (wait, type(wait)) == (expected, type(expected))


@pytest.mark.parametrize("error", [failure(Unreachable, 500), failure(RateLimited, 429, 1.0)])
def test_nothing_is_tried_again_when_the_wait_would_eat_the_rest(error: Exception) -> None:
    assert wait_before_retry(error, Patience(), seconds_left=0.9) is False


@pytest.mark.parametrize(
    "handler",
    [always(500), always(503), always(429), raising(httpx.ConnectError), raising(httpx.ReadError)],
)
def test_a_read_is_tried_three_times_by_default_and_once_in_a_request(handler: Handler) -> None:
    for patience, tries in ((None, 3), (IN_A_REQUEST, 1)):
        server = Server(handler)
        with opened(server, patience=patience) as http, pytest.raises((Unreachable, RateLimited)):
            http.read("/trades", body_of)
        assert len(server.requests) == tries


@pytest.mark.parametrize("status", [400, 401, 403, 404, 300])
def test_other_answers_are_read_once(status: int) -> None:
    server = Server(always(status))
    with opened(server) as http:
        assert http.read("/trades", lambda got: got.status) == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("send", ["ask", "write"])
@pytest.mark.parametrize("handler", [always(500), always(429), raising(httpx.ConnectError)])
def test_a_post_is_sent_once(send: str, handler: Handler) -> None:
    server = Server(handler)
    with opened(server) as http, pytest.raises(UpstreamError):
        getattr(http, send)("/sell/match", b"{}", body_of)
    assert len(server.requests) == 1


def test_a_long_retry_after_is_left_to_the_caller_at_once() -> None:
    server = Server(always(429, headers={"Retry-After": "120"}))
    with opened(server) as http, pytest.raises(RateLimited) as limited:
        http.read("/trades", body_of)
    assert limited.value.retry_after == 120
    assert len(server.requests) == 1


def test_a_server_in_trouble_may_say_how_long() -> None:
    server = Server(always(503, headers={"Retry-After": "120"}))
    with opened(server) as http, pytest.raises(Unreachable) as trouble:
        http.read("/trades", body_of)
    assert trouble.value.retry_after == 120
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("30", 30.0),
        (" 30 ", 30.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("Thu, 15 Jan 2026 10:00:30 GMT", 30.0),
        ("Thu, 15 Jan 2026 09:59:00 GMT", 0.0),
        ("Thu, 15 Jan 2026 10:00:30", 30.0),
        ("99999999999999999999", 86_400.0),
        ("9" * 500, 86_400.0),
        ("-5", None),
        ("nan", None),
        ("inf", None),
        ("1e9", None),
        ("soon", None),
        ("", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


# (what breaks, a read, a question, a write)
BROKEN = [
    (raising(httpx.ConnectError), Unreachable, Unreachable, Unreachable),
    (raising(httpx.ConnectTimeout), Unreachable, Unreachable, Unreachable),
    (raising(httpx.PoolTimeout), Unreachable, Unreachable, Unreachable),
    (raising(httpx.ProxyError), Unreachable, Unreachable, Unreachable),
    (raising(httpx.WriteError), Unreachable, Unreachable, OutcomeUnknown),
    (raising(httpx.WriteTimeout), Unreachable, Unreachable, OutcomeUnknown),
    (raising(httpx.ReadError), Unreachable, Unreachable, OutcomeUnknown),
    (raising(httpx.ReadTimeout), Unreachable, Unreachable, OutcomeUnknown),
    (raising(httpx.RemoteProtocolError), Unreachable, Unreachable, OutcomeUnknown),
    (raising(httpx.LocalProtocolError), Unreachable, Unreachable, OutcomeUnknown),
    (always(500), Unreachable, Unreachable, OutcomeUnknown),
    (always(502, text="<html>"), Unreachable, Unreachable, OutcomeUnknown),
    (always(500, json={"success": True}), Unreachable, Unreachable, OutcomeUnknown),
    (always(429), RateLimited, RateLimited, RateLimited),
    (always(429, json={"success": True}), RateLimited, RateLimited, RateLimited),
]


@pytest.mark.parametrize(("handler", "read", "ask", "write"), BROKEN)
def test_what_broke_and_what_was_asked_name_the_error(
    handler: Handler,
    read: type[UpstreamError],
    ask: type[UpstreamError],
    write: type[UpstreamError],
) -> None:
    with opened(Server(handler)) as http:
        for expected, send in (
            (read, lambda: http.read("/trades", body_of)),
            (ask, lambda: http.ask("/sell/match", b"{}", body_of)),
            (write, lambda: http.write("/sell/trades/create", b"{}", body_of)),
        ):
            with pytest.raises(UpstreamError) as raised:
                send()
            assert type(raised.value) is expected


@pytest.mark.parametrize("handler", [case[0] for case in BROKEN])
def test_no_failure_shows_key_query_body_or_asked_path(handler: Handler) -> None:
    with opened(Server(handler), key=KeyHeader("x-api-key", Hidden(KEY))) as http:
        params = (("status", ASKED_WORD),)
        for send in (
            lambda: http.read("/by-id/{id}", body_of, path=f"/by-id/{ASKED_ID}", params=params),
            lambda: http.write("/create", SENT.encode(), body_of),
        ):
            with pytest.raises(UpstreamError) as raised:
                send()
            shown = "".join(traceback.format_exception(raised.value)) + repr(vars(raised.value))
            for secret in (KEY, ASKED_ID, ASKED_WORD, SENT):
                assert secret not in shown


class Trickle(httpx.SyncByteStream):
    def __init__(self, tick: Callable[[], None], chunks: Iterator[bytes]) -> None:
        self._tick = tick
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._tick()
            yield chunk


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def tick(self) -> None:
        self.seconds += 1.0


@pytest.mark.parametrize(("send", "expected"), [("ask", Unreachable), ("write", OutcomeUnknown)])
def test_an_answer_that_trickles_ends_at_the_deadline(
    send: str, expected: type[UpstreamError]
) -> None:
    clock = Clock()
    served = count()
    endless = (b"x%d" % next(served) for _ in iter(int, 1))
    server = Server(lambda _: httpx.Response(200, stream=Trickle(clock.tick, endless)))
    with opened(server, clock=clock, patience=IN_A_REQUEST) as http, pytest.raises(expected):
        getattr(http, send)("/sell/match", b"{}", body_of)
    assert next(served) < 12


def test_a_read_does_not_begin_again_after_its_deadline() -> None:
    clock = Clock()

    def slow_failure(_: httpx.Request) -> httpx.Response:
        clock.seconds += 7.0
        return httpx.Response(500)

    server = Server(slow_failure)
    patience = Patience(attempts=10, total_seconds=20)
    with opened(server, clock=clock, patience=patience) as http, pytest.raises(Unreachable):
        http.read("/trades", body_of)
    assert len(server.requests) == 3


def test_each_try_gets_only_the_time_that_is_left() -> None:
    clock = Clock()
    seen = []

    def slow_failure(request: httpx.Request) -> httpx.Response:
        seen.append(
            (request.extensions["timeout"]["connect"], request.extensions["timeout"]["read"])
        )
        clock.seconds += 8.0
        return httpx.Response(500)

    with opened(Server(slow_failure), clock=clock) as http, pytest.raises(Unreachable):
        http.read("/trades", body_of)
    assert seen == [(5.0, 15.0), (5.0, 12.0), (4.0, 4.0)]


@pytest.mark.parametrize(("send", "expected"), [("ask", Garbled), ("write", OutcomeUnknown)])
def test_an_answer_beyond_the_cap_is_not_read_to_its_end(
    send: str, expected: type[UpstreamError]
) -> None:
    ticks = Clock()
    stream = Trickle(ticks.tick, (b"x" * 100 for _ in iter(int, 1)))
    server = Server(lambda _: httpx.Response(200, stream=stream))
    with opened(server, largest_answer=1000) as http, pytest.raises(expected):
        getattr(http, send)("/sell/match", b"{}", body_of)
    assert ticks.seconds == 11


def test_redirects_are_not_followed() -> None:
    server = Server(always(302, headers={"Location": "http://127.0.0.1:9/elsewhere"}))
    with opened(server) as http:
        assert http.read("/trades", lambda got: got.status) == 302
    assert len(server.requests) == 1


@pytest.mark.parametrize("location", ["http://[", "http://a:b/", "\\\\", "http://\x00/"])
def test_an_absurd_redirect_is_an_upstream_error(location: str) -> None:
    server = Server(always(302, headers={"Location": location}))
    with opened(server, patience=IN_A_REQUEST) as http, suppress(UpstreamError):
        assert http.read("/trades", lambda got: got.status) == 302


def test_the_request_names_us_and_carries_the_key() -> None:
    server = Server(always(200))
    with opened(server, key=KeyHeader("x-api-key", Hidden(KEY))) as http:
        http.ask("/sell/match", b"{}", body_of)
    headers = server.requests[0].headers
    assert headers["User-Agent"] == "Sellside"
    assert headers["x-api-key"] == KEY
    assert headers["Accept-Encoding"] == "gzip"
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("key", ["", "  ", "a\nb", "a\0b", "schlüssel", "a\r\nx-evil: 1"])
def test_what_cannot_be_a_key_is_rejected_before_sending(key: str) -> None:
    server = Server(always(200))
    header = KeyHeader("x-api-key", Hidden(key))
    with opened(server, key=header) as http, pytest.raises(KeyRejected) as rejected:
        http.read("/trades", body_of)
    assert server.requests == []
    assert key.strip() == "" or key not in str(rejected.value)


@pytest.mark.parametrize(
    "spelt", ["a/key+of=ours-01", r"a\/key+of=ours-01", "a%2Fkey%2Bof%3Dours-01"]
)
def test_a_key_that_the_answer_echoes_is_cut_out(spelt: str) -> None:
    hidden = Hidden("a/key+of=ours-01")
    server = Server(always(200, text=f'{{"you sent":"{spelt}"}}'))
    with opened(server, key=KeyHeader("x-api-key", hidden)) as http:
        assert http.read("/trades", body_of) == b'{"you sent":"[cut]"}'
    with opened(server, never_told=hidden) as http:
        assert http.ask("/user/login", b"{}", body_of) == b'{"you sent":"[cut]"}'


def test_no_repr_shows_a_key() -> None:
    hidden = Hidden(KEY)
    header = KeyHeader("x-api-key", hidden)
    with opened(Server(always(200)), key=header) as http:
        shown = repr([hidden, header, http, vars(header), vars(http), vars(vars(http)["_client"])])
    assert KEY not in shown
    assert "••••" in shown


def test_a_question_too_long_for_an_address_is_refused_unsent() -> None:
    server = Server(always(200))
    with opened(server) as http, pytest.raises(Refused, match="nothing was sent"):
        http.read("/trades", body_of, params=(("trade_ids", "x" * 70_000),))
    assert server.requests == []


def test_the_answer_says_when_its_request_began() -> None:
    moments = iter([NOW, NOW + timedelta(seconds=9)])
    server = Server(always(200))
    with opened(server, now=lambda: next(moments)) as http:
        assert http.read("/trades", lambda got: got.asked_at) == NOW


@pytest.mark.parametrize("name", ["httpx", "httpcore"])
def test_the_chatty_loggers_are_quiet(name: str) -> None:
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)
