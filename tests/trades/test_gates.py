"""At most four calls for waiting pages at once: a fifth waits its time, then says so."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import LazySettings
from django.db import connection

from tests.factories import make_key
from tests.trades.upstreams.wire import answer, serving
from trades.connect import open_client
from trades.gates import MOST_AT_ONCE
from trades.upstreams.errors import Crowded, UpstreamError
from trades.upstreams.http import Patience
from trades.upstreams.records import TradeQuery
from trades.upstreams.sentences import sentence

EMPTY = answer(b'{"success": true, "data": {"trades": [], "total": 0}}')
pytestmark = pytest.mark.django_db(transaction=True)


def asking(seconds: float, *, somebody_waits: bool = True) -> Callable[[], str]:
    """One call as a page or a worker makes it; returns the kind of its failure, or ""."""
    key = make_key()
    patience = Patience(attempts=1, total_seconds=seconds, somebody_waits=somebody_waits)

    def ask() -> str:
        try:
            with open_client(key, patience=patience) as client:
                client.trades(TradeQuery(limit=1))
        except UpstreamError as error:
            return f"{type(error).__name__}: {sentence(error, 'It')}"
        finally:
            connection.close()
        return ""

    return ask


def test_four_at_once_and_the_others_wait_or_hear_why(settings: LazySettings) -> None:
    released = threading.Event()
    waiting = threading.Semaphore(0)

    def hold(wire: socket.socket, number: int) -> bool:
        waiting.release()
        released.wait(60)
        wire.sendall(EMPTY)
        return True

    with serving(hold) as market, ThreadPoolExecutor(8) as pool:
        settings.VPSBOT_URL = market.url
        held = [pool.submit(asking(60)) for _ in range(MOST_AT_ONCE)]
        assert all(waiting.acquire(timeout=60) for _ in held)
        hasty, patient = pool.submit(asking(0.6)), pool.submit(asking(60))
        worker = pool.submit(asking(60, somebody_waits=False))
        assert hasty.result(60).startswith(f"{Crowded.__name__}: It is being asked for others")
        assert waiting.acquire(timeout=60)  # a worker's send needs no place
        assert len(market.requests) == MOST_AT_ONCE + 1
        released.set()
        assert [each.result(60) for each in (*held, patient, worker)] == [""] * (MOST_AT_ONCE + 2)
