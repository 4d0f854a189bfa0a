"""A broker that answers nobody holds nobody up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings
from kombu.exceptions import OperationalError


@contextmanager
def hanging_up(address: Path) -> Iterator[list[socket.socket]]:
    """A server that ends every connection at once, and the connections that came."""
    came: list[socket.socket] = []

    def serve(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            came.append(connection)
            connection.close()

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(address))
        server.listen()
        threading.Thread(target=serve, args=[server], daemon=True).start()
        yield came
        server.shutdown(socket.SHUT_RDWR)


def test_a_wake_up_for_a_dead_broker_is_given_up_at_once(tmp_path: Path) -> None:
    address = tmp_path / "redis.sock"
    sender = Celery(broker=f"redis+socket://{address}", set_as_current=False)
    sender.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with hanging_up(address) as came, pytest.raises(OperationalError):
        sender.send_task("trades.tasks.sync_due", retry=False)
    assert len(came) == 1
