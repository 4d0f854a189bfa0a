"""A process with one filled database that serves its pages, and tells its CPU time when asked.

``python -m tests.bench._pages_child history|home ROWS`` serves; ``fill ROWS`` fills.
"""

from tests.bench import _setup

_setup.ready()

import json  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from wsgiref.simple_server import WSGIRequestHandler, make_server  # noqa: E402

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, reset_queries  # noqa: E402
from django.test import Client  # noqa: E402

from tests.bench import _history  # noqa: E402
from tests.bench._addresses import PAGES, is_fragment  # noqa: E402

settings.ROOT_URLCONF = "tests.bench._rivals"


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def signed_in(slug: str) -> Client:
    client = Client(SERVER_NAME="localhost")
    owner = _history.owner_of(slug)
    owner.is_staff = owner.is_superuser = True
    owner.save()
    client.force_login(owner)
    return client


def slug_of(path: str) -> str:
    return _history.EMPTY_SLUG if f"/{_history.EMPTY_SLUG}/" in path else _history.SLUG


def headers_of(name: str, client: Client) -> dict[str, str]:
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"
    fragment = {"HX-Request": "true"} if is_fragment(name) else {}
    return {"Host": "localhost", "Cookie": cookie, "Accept-Encoding": "gzip", **fragment}


def queries_of(client: Client, name: str, path: str) -> int:
    connection.force_debug_cursor = True
    reset_queries()
    client.get(path, headers={"HX-Request": "true"} if is_fragment(name) else {})
    found = len(connection.queries)
    connection.force_debug_cursor = False
    return found


def tell_cpu() -> None:
    for _ in sys.stdin:
        print(time.process_time(), flush=True)


def main(bench: str, rows: int) -> None:
    clients = {slug: signed_in(slug) for slug in (_history.SLUG, _history.EMPTY_SLUG)}
    pages = PAGES[bench](rows)
    of = {name: clients[slug_of(path)] for name, path in pages.items()}
    counted = {name: queries_of(of[name], name, path) for name, path in pages.items()
               if not name.startswith(("admin", "panel"))}  # fmt: skip
    asked = {name: (path, headers_of(name, of[name])) for name, path in pages.items()}
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    print(json.dumps({"port": server.server_port, "pages": asked, "queries": counted}), flush=True)
    threading.Thread(target=tell_cpu, daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    if sys.argv[1] == "fill":
        _history.fill(int(sys.argv[2]))
    else:
        main(sys.argv[1], int(sys.argv[2]))
