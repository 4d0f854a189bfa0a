"""A loopback server that speaks raw bytes, for what only a real connection can show."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Script = Callable[[socket.socket, int], bool]


@dataclass
class Wire:
    """``script`` answers one request on a connection and says whether to keep it open."""

    url: str
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def serving(script: Script) -> Iterator[Wire]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = Wire(f"http://127.0.0.1:{listener.getsockname()[1]}/api")
        threading.Thread(target=_accept, args=(listener, wire, script), daemon=True).start()
        yield wire
        listener.shutdown(socket.SHUT_RDWR)


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers))
    return f"{head}\r\n\r\n".encode() + body


def _accept(listener: socket.socket, wire: Wire, script: Script) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        wire.connections += 1
        threading.Thread(target=_talk, args=(connection, wire, script), daemon=True).start()


def _talk(connection: socket.socket, wire: Wire, script: Script) -> None:
    with connection:
        while request := _request(connection):
            wire.requests.append(request)
            if not script(connection, len(wire.requests)):
                return


def _request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk:
            return b""
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
