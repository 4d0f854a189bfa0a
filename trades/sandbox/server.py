"""The sandbox on a loopback port: HTTP/1.1, kept-alive connections, a thread for each."""

import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from trades.sandbox.demo import seed_demo
from trades.sandbox.durations import DEMO_DURATIONS, Durations
from trades.sandbox.exchange import Fate, Request, Response, reason
from trades.sandbox.knobs import Knobs
from trades.sandbox.sandbox import Sandbox
from trades.sandbox.seeding import seed_account
from trades.sandbox.world import World

HOST = "127.0.0.1"
LARGEST_BODY = 8 * 1024 * 1024


class SandboxServer:
    """Serves a sandbox from a thread, as a context manager; port 0 takes a free one.

    The world is the caller's and stays open when the server stops.
    """

    def __init__(self, sandbox: Sandbox, *, port: int = 0) -> None:
        self.sandbox = sandbox
        self._http = _Server((HOST, port), sandbox)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """The root, which serves as STEAM_COMMUNITY_URL."""
        return f"http://{HOST}:{self.port}"

    @property
    def api_url(self) -> str:
        """VPSBOT_URL."""
        return f"{self.url}{self.sandbox.prefix}"

    @property
    def image_url(self) -> str:
        """STEAM_IMAGE_URL."""
        return f"{self.url}/image"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Closes the port and every connection."""
        self._http.shutdown()
        self._http.server_close()
        self._http.end_connections()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Without the base's look-up of the host's name, which may ask a name server."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hung up is no error of ours; anything else is printed as usual."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def end_connections(self) -> None:
        with self._lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 300
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            self._send(Response(413))
            return
        body = self.rfile.read(length) if length else b""
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(self.server.sandbox.handle(Request.of(self.command, self.path, headers, body)))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815

    def _send(self, response: Response) -> None:
        if response.fate is not Fate.WHOLE:
            self.close_connection = True
        if response.fate is not Fate.LOST:
            self.wfile.write(self._head(response) + self._body(response))

    def _head(self, response: Response) -> bytes:
        headers = {
            "Date": self.date_time_string(),
            **response.headers,
            "Content-Length": str(len(response.body)),
        }
        lines = [f"HTTP/1.1 {response.status} {reason(response.status)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _body(self, response: Response) -> bytes:
        if self.command == "HEAD":
            return b""
        if response.fate is Fate.CUT:
            return response.body[: len(response.body) // 2]
        return response.body

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet: the sandbox keeps its own log of requests."""


def open_sandbox(
    data_dir: Path | None = None,
    *,
    demo: bool = False,
    prefix: str = "/api",
    knobs: Knobs | None = None,
    durations: Durations | None = None,
    seed_trades: dict[str, int] | None = None,
) -> Sandbox:
    """A sandbox over the world in ``data_dir`` (None: in memory).

    ``demo`` fills a fresh world with the demo accounts, shortens the durations and lets trades
    happen by themselves. ``seed_trades`` makes further accounts, key -> number of trades; a key
    that exists already is left alone.
    """
    if data_dir is not None:
        data_dir.mkdir(parents=True, exist_ok=True)
    world = World(data_dir, durations=durations or (DEMO_DURATIONS if demo else None))
    if demo:
        seed_demo(world)
    for key, trades in (seed_trades or {}).items():
        if not world.accounts.has_key(key):
            seed_account(world, key, trades=trades)
    return Sandbox(world, knobs=knobs or (demo_knobs() if demo else Knobs()), prefix=prefix)


def demo_knobs() -> Knobs:
    return Knobs(identity=True, outcome="", trickle=True)


def serve(
    *,
    port: int,
    data_dir: Path | None = None,
    demo: bool = False,
    prefix: str = "/api",
    knobs: Knobs | None = None,
    durations: Durations | None = None,
    seed_trades: dict[str, int] | None = None,
    on_ready: Callable[[SandboxServer], None] | None = None,
    stopped: threading.Event | None = None,
) -> None:
    """Serves until SIGINT, SIGTERM or ``stopped``. OSError when the port is taken."""
    ended = stopped or threading.Event()
    with (
        open_sandbox(
            data_dir,
            demo=demo,
            prefix=prefix,
            knobs=knobs,
            durations=durations,
            seed_trades=seed_trades,
        ) as sandbox,
        _ended_by_signals(ended),
        SandboxServer(sandbox, port=port) as server,
    ):
        if on_ready:
            on_ready(server)
        ended.wait()


@contextlib.contextmanager
def _ended_by_signals(ended: threading.Event) -> Iterator[None]:
    """Signals can only be taken in the main thread; elsewhere the event alone ends the server."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
