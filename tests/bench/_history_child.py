"""A process with one filled database: reads names of pages, answers what each took.

``python -m tests.bench._history_child ROWS``; pages come by the test client through the whole
stack, "http" before the name asks over a socket instead.
"""

from tests.bench import _setup

_setup.ready()

import json  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from http.client import HTTPConnection  # noqa: E402
from wsgiref.simple_server import WSGIRequestHandler, make_server  # noqa: E402

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, reset_queries  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from tests.bench import _history  # noqa: E402
from trades.models import Trade  # noqa: E402
from trades.paging import Cursor  # noqa: E402

settings.ROOT_URLCONF = "tests.bench._rivals"
Get = Callable[[], int]


def addresses(rows: int) -> dict[str, str]:
    """Name -> path. The filters find about as many rows at each size."""
    middle = Trade.objects.order_by("sort_at")[rows // 2]
    cursor = Cursor(True, "sort_at", middle.sort_at, middle.pk)
    width = 1_000 * _history.RARE // rows or 1
    queries = {
        "first": "",
        "deep": f"page={cursor}",
        "rare": "status=held",
        "contains": "item=karambit",
        "error": "error=escrow",
        "value": f"value_from=500&value_to={500 + width}",
        "common": "status=completed&game=730",
        "updated": "sort=updated&up=1",
        "never": "status=cancelled&game=440",
    }
    history, count = (reverse(name, args=[_history.SLUG]) for name in ("history", "history-count"))
    return {
        **{name: f"{history}?{query}" for name, query in queries.items()},
        **{f"count {name}": f"{count}?{query}" for name, query in queries.items()},
        "empty": reverse("team-home", args=[_history.EMPTY_SLUG]),
        "admin": "/rival/trades/trade/",
        "admin contains": "/rival/trades/trade/?q=karambit",
    }


def signed_in(slug: str) -> Client:
    client = Client(SERVER_NAME="localhost")
    owner = _history.owner_of(slug)
    owner.is_staff = owner.is_superuser = True
    owner.save()
    client.force_login(owner)
    return client


def in_process(clients: dict[str, Client], path: str) -> Get:
    client = clients[_history.EMPTY_SLUG if f"/{_history.EMPTY_SLUG}/" in path else _history.SLUG]

    headers = {"HX-Request": "true"} if "/count/" in path else {}

    def get() -> int:
        response = client.get(path, headers=headers)
        if response.status_code != 200:
            raise SystemExit(f"{path} answered {response.status_code}")
        return len(response.content)

    return get


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def over_http(client: Client, path: str) -> Get:
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"

    def get() -> int:
        asked = HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        asked.request("GET", path, headers={"Cookie": cookie, "Host": "localhost"})
        answer = asked.getresponse()
        size = len(answer.read())
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
        return size

    return get


def queries_of(get: Get) -> int:
    connection.force_debug_cursor = True
    reset_queries()
    get()
    found = len(connection.queries)
    connection.force_debug_cursor = False
    return found


def main(rows: int) -> None:
    clients = {slug: signed_in(slug) for slug in (_history.SLUG, _history.EMPTY_SLUG)}
    paths = addresses(rows)
    pages = {name: in_process(clients, path) for name, path in paths.items()}
    pages["http first"] = over_http(clients[_history.SLUG], paths["first"])
    print(json.dumps({name: 0 if name[:4] == "http" else queries_of(get)
                      for name, get in pages.items()}), flush=True)  # fmt: skip
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        pages[line.strip()]()
        print(time.perf_counter() - wall, time.process_time() - cpu, flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        _history.fill(int(sys.argv[2]))
    else:
        main(int(sys.argv[1]))
