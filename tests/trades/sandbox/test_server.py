"""The wire: HTTP/1.1 on loopback, WSGI without a socket, and the command that serves."""

import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import pytest

from tests.trades.sandbox.conftest import Clock
from tests.trades.sandbox.test_match_and_create import CREATE_EXAMPLE
from tests.trades.sandbox.wire import KEY, Caller
from trades.sandbox.exchange import Request
from trades.sandbox.faults import Fault
from trades.sandbox.sandbox import Sandbox
from trades.sandbox.server import SandboxServer
from trades.sandbox.world import World
from trades.sandbox.wsgi import ConnectionEnded, wsgi_app

ROOT = Path(__file__).parents[3]
STARTS_WITHIN = 60


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads take turns every few instructions, so that a race shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_a_connection_is_kept_for_further_calls(caller: Caller, server: SandboxServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    caller.over(connection, "GET", "/api/trades")
    first = connection.sock.getsockname()

    for target in ("/api/nothing", "/api/sell/trades", "/image/none"):
        caller.over(connection, "GET", target)

    assert connection.sock.getsockname() == first
    connection.close()


def test_answers_are_packed_when_asked_and_say_their_length(
    caller: Caller, sandbox: Sandbox
) -> None:
    for _ in range(20):
        sandbox.world.trades.insert(KEY)

    plain = caller.get("/api/trades")
    packed = caller.get("/api/trades", headers={"Accept-Encoding": "br, gzip"})

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.body == plain.body
    assert int(plain.headers["Content-Length"]) == len(plain.body)
    assert int(packed.headers["Content-Length"]) < len(plain.body) / 3


def test_a_head_has_no_body(caller: Caller) -> None:
    answer = caller.send("HEAD", "/_sandbox/health")

    assert answer.body == b""


def test_the_server_listens_on_loopback_alone(server: SandboxServer) -> None:
    assert server.url == f"http://127.0.0.1:{server.port}"
    assert (server.api_url, server.image_url) == (f"{server.url}/api", f"{server.url}/image")
    with pytest.raises(OSError, match="in use"):
        SandboxServer(server.sandbox, port=server.port)


def test_a_stopped_server_ends_its_connections(sandbox: Sandbox) -> None:
    with SandboxServer(sandbox) as server:
        waiting = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        Caller(server.port).get("/api/trades")

    assert waiting.recv(1) == b""
    waiting.close()
    with pytest.raises(ConnectionRefusedError):
        Caller(server.port).get("/api/trades")


def test_the_prefix_of_the_api_is_free(clock: Clock) -> None:
    with Sandbox(World(clock=clock), prefix="/market/v2/api/") as sandbox:
        sandbox.world.accounts.add("tester", key=KEY)
        with SandboxServer(sandbox) as server:
            caller = Caller(server.port)
            assert server.api_url.endswith("/market/v2/api")
            assert caller.get("/market/v2/api/sell/trades").data["total"] == 0
            assert caller.get("/api/sell/trades").status == 404


def test_of_many_creates_at_once_with_one_custom_id_one_wins(
    sandbox: Sandbox, hasty_threads: None
) -> None:
    start = Barrier(8)

    def create(number: int) -> list[int]:
        statuses = []
        for attempt in range(5):
            body = json.dumps({**CREATE_EXAMPLE, "custom_id": f"c-{attempt}"}).encode()
            start.wait(60)
            request = Request("POST", "/api/sell/trades/create", {}, {"x-api-key": KEY}, body)
            statuses.append(sandbox.handle(request).status)
        return statuses

    with ThreadPoolExecutor(8) as pool:
        attempts = zip(*pool.map(create, range(8)), strict=True)

    assert [sorted(statuses) for statuses in attempts] == [[201] + [409] * 7] * 5
    assert len(sandbox.world.trades.truth(KEY)) == 5


def test_a_page_read_while_trades_are_inserted_is_one_moment(
    sandbox: Sandbox, hasty_threads: None
) -> None:
    def read(_: int) -> bool:
        request = Request("GET", "/api/trades", {"limit": "2000"}, {"x-api-key": KEY})
        data = json.loads(sandbox.handle(request).body)["data"]
        return len(data["trades"]) == data["total"]

    with ThreadPoolExecutor(2) as pool:
        reads = pool.map(read, range(80))
        for _ in range(300):
            sandbox.world.trades.insert(KEY)
        assert all(reads)


def called(sandbox: Sandbox, path: str, **environ: object) -> tuple[str, dict[str, str], bytes]:
    started: list[tuple[str, dict[str, str]]] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], *_: object
    ) -> Callable[..., None]:
        started.append((status, dict(headers)))
        return lambda *_: None

    usual = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "wsgi.input": io.BytesIO()}
    parts = wsgi_app(sandbox)(  # type: ignore[arg-type]
        {**usual, "HTTP_X_API_KEY": KEY, **environ}, start_response
    )
    body = b"".join(parts)
    return *started[0], body


def test_wsgi_gives_the_answers_of_the_server(caller: Caller, sandbox: Sandbox) -> None:
    sandbox.world.trades.insert(KEY, custom_id="★ one")
    path = "/api/sell/trades/by-custom-id/★ one"

    over_http = caller.get(path)
    for as_carried in (path.encode().decode("latin-1"), path):
        status, headers, body = called(sandbox, as_carried)
        assert (status, body) == ("200 OK", over_http.body)
        assert headers["Content-Length"] == str(len(body))

    _, _, page = called(sandbox, "/api/trades", QUERY_STRING="limit=1&offset=1")
    assert page == caller.get("/api/trades", limit=1, offset=1).body


def test_wsgi_takes_bodies(sandbox: Sandbox) -> None:
    body = b'{"game_id": 730, "items": [{"market_hash_name": "x"}]}'

    status, _, _ = called(
        sandbox,
        "/api/sell/match",
        REQUEST_METHOD="POST",
        CONTENT_LENGTH=str(len(body)),
        **{"wsgi.input": io.BytesIO(body)},
    )

    assert status == "200 OK"


@pytest.mark.parametrize("kind", ["lost", "cut"])
def test_wsgi_raises_where_a_server_would_hang_up(sandbox: Sandbox, kind: str) -> None:
    sandbox.faults.add(Fault(kind))

    with pytest.raises(ConnectionEnded):
        called(sandbox, "/api/trades")


@contextmanager
def command(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "trades.sandbox", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_command_serves_until_it_is_ended_and_keeps_its_world(tmp_path: Path) -> None:
    arguments = ("--port", "0", "--data-dir", str(tmp_path / "new"), "--seed-trades", "k=30")
    for _ in range(2):
        with command(*arguments, "--knob", "identity=true") as process:
            assert process.stdout
            port = int(process.stdout.readline().rsplit(":", 1)[1].removesuffix("/api\n"))
            caller = Caller(port, "k")
            assert caller.get("/api/trades").data["total"] == 30
            assert caller.get("/api/auth/me").status == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(STARTS_WITHIN) == 0


@pytest.mark.parametrize(
    "arguments", [("--knob", "no_such_knob=1"), ("--seed-trades", "k"), ("--port", "taken")]
)
def test_the_command_says_in_one_sentence_why_it_cannot_start(
    server: SandboxServer, arguments: tuple[str, ...]
) -> None:
    given = [str(server.port) if one == "taken" else one for one in arguments]

    with command("--port", "0", *given) as process:
        _, complaint = process.communicate(timeout=STARTS_WITHIN)

    assert process.returncode == 2
    assert complaint.startswith("The sandbox cannot start: ")
    assert complaint.count("\n") == 1
