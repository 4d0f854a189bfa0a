"""What only a real connection shows: cut off, slow, silent, kept alive, compressed."""

import gzip
import socket
import threading

import pytest

from tests.trades.upstreams.wire import Script, answer, serving
from trades.upstreams.calls import Answer
from trades.upstreams.errors import Garbled, OutcomeUnknown, Unreachable, UpstreamError
from trades.upstreams.http import Http, Patience

ONCE = Patience(attempts=1, total_seconds=60.0)


def body_of(got: Answer) -> bytes:
    return got.body


def send(http: Http, kind: str) -> bytes:
    if kind == "read":
        return http.read("/trades", body_of)
    return http.write("/create", b"{}", body_of)


def cut_off(connection: socket.socket, _: int) -> bool:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"success":tr')
    return False


def cut_off_gzip(connection: socket.socket, _: int) -> bool:
    whole = answer(gzip.compress(b"x" * 5000), "Content-Encoding: gzip")
    connection.sendall(whole[:-20])
    return False


def silent(_connection: socket.socket, _: int) -> bool:
    return False


def not_http(connection: socket.socket, _: int) -> bool:
    connection.sendall(b"SSH-2.0-OpenSSH\r\n")
    return False


def bad_gzip(connection: socket.socket, _: int) -> bool:
    connection.sendall(answer(b"this is not gzip", "Content-Encoding: gzip"))
    return False


@pytest.mark.parametrize("script", [cut_off, cut_off_gzip, bad_gzip])
def test_a_broken_body_is_garbled_for_a_read(script: Script) -> None:
    with serving(script) as wire, Http("vpsbot", wire.url, patience=ONCE) as http:
        with pytest.raises(Garbled) as failure:
            http.read("/trades", body_of)
        assert failure.value.status == 200


@pytest.mark.parametrize("script", [silent, not_http])
def test_no_answer_at_all_is_unreachable_for_a_read(script: Script) -> None:
    with serving(script) as wire, Http("vpsbot", wire.url, patience=ONCE) as http:
        with pytest.raises(Unreachable) as failure:
            http.read("/trades", body_of)
        assert failure.value.status is None


@pytest.mark.parametrize("script", [cut_off, cut_off_gzip, bad_gzip, silent, not_http])
def test_a_lost_answer_to_a_write_is_unknown_and_never_sent_again(script: Script) -> None:
    with serving(script) as wire, Http("vpsbot", wire.url) as http:
        with pytest.raises(OutcomeUnknown):
            http.write("/sell/trades/create", b"{}", body_of)
        assert len(wire.requests) == 1


def test_a_read_is_sent_again_until_an_answer_is_whole() -> None:
    def heals(connection: socket.socket, count: int) -> bool:
        if count < 3:
            return cut_off(connection, count)
        connection.sendall(answer(b"whole"))
        return False

    with serving(heals) as wire, Http("vpsbot", wire.url) as http:
        assert http.read("/trades", body_of) == b"whole"
        assert len(wire.requests) == 3


@pytest.mark.parametrize("kind", ["read", "write"])
def test_a_closed_port_means_that_nothing_was_sent(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with Http("vpsbot", url, patience=ONCE) as http, pytest.raises(Unreachable) as failure:
        send(http, kind)
    assert "nothing was sent" in failure.value.reason


@pytest.mark.parametrize(("kind", "expected"), [("read", Unreachable), ("write", OutcomeUnknown)])
def test_a_silent_server_costs_no_more_than_the_deadline(
    kind: str, expected: type[UpstreamError]
) -> None:
    release = threading.Event()

    def waits(_connection: socket.socket, _: int) -> bool:
        release.wait(60)
        return False

    patience = Patience(attempts=3, total_seconds=1.0)
    with serving(waits) as wire, Http("vpsbot", wire.url, patience=patience) as http:
        with pytest.raises(expected) as failure:
            send(http, kind)
        release.set()
        assert "in time" in failure.value.reason
        assert len(wire.requests) == 1


def test_a_connection_serves_several_calls() -> None:
    def answers(connection: socket.socket, _: int) -> bool:
        connection.sendall(answer(b"ok"))
        return True

    with serving(answers) as wire, Http("vpsbot", wire.url) as http:
        assert [http.read("/trades", body_of) for _ in range(3)] == [b"ok"] * 3
        assert (wire.connections, len(wire.requests)) == (1, 3)


def test_a_connection_that_the_server_dropped_is_replaced() -> None:
    def answers_once(connection: socket.socket, _: int) -> bool:
        connection.sendall(answer(b"ok"))
        return False

    with serving(answers_once) as wire, Http("vpsbot", wire.url) as http:
        assert [http.read("/trades", body_of) for _ in range(3)] == [b"ok"] * 3
        assert wire.connections == 3


def test_gzip_is_asked_for_and_unpacked() -> None:
    def answers(connection: socket.socket, _: int) -> bool:
        connection.sendall(answer(gzip.compress(b"x" * 5000), "Content-Encoding: gzip"))
        return True

    with serving(answers) as wire, Http("vpsbot", wire.url) as http:
        assert http.read("/trades", body_of) == b"x" * 5000
        assert b"\r\naccept-encoding: gzip\r\n" in wire.requests[0].lower()


def test_the_path_prefix_of_the_base_url_is_kept() -> None:
    def answers(connection: socket.socket, _: int) -> bool:
        connection.sendall(answer(b"ok"))
        return True

    with serving(answers) as wire:
        for base_url in (wire.url, f"{wire.url}/", f"{wire.url}/v2"):
            with Http("vpsbot", base_url) as http:
                http.read("/trades", body_of, params=(("limit", "1"),))
        lines = [request.split(b"\r\n")[0] for request in wire.requests]
        assert lines == [
            b"GET /api/trades?limit=1 HTTP/1.1",
            b"GET /api/trades?limit=1 HTTP/1.1",
            b"GET /api/v2/trades?limit=1 HTTP/1.1",
        ]
