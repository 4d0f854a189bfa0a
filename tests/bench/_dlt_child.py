"""Runs where dlt is installed: ``_dlt_child.py MARKET DATABASE_URL FOLDER``, a load a line read."""

import sys
from itertools import count
from urllib.parse import unquote, urlsplit

import dlt  # type: ignore[import-not-found, unused-ignore]
import psycopg2  # type: ignore[import-not-found, import-untyped, unused-ignore]
from dlt.destinations import postgres  # type: ignore[import-not-found, unused-ignore]
from dlt.sources.helpers.rest_client import (  # type: ignore[import-not-found, unused-ignore]
    RESTClient,
)
from dlt.sources.helpers.rest_client.paginators import (  # type: ignore[import-not-found, unused-ignore]
    OffsetPaginator,
)

PAGE = 2000


def credentials(url: str) -> str:
    """libpq takes a socket's folder as a parameter only."""
    parts = urlsplit(url)
    host = unquote(parts.hostname or "")
    user = f"{parts.username}:{parts.password or 'none'}"
    if host.startswith("/"):
        return f"postgresql://{user}@localhost{parts.path}?host={host}"
    return f"postgresql://{user}@{host}:{parts.port or 5432}{parts.path}"


def load(market: str, database: str, folder: str, name: str) -> None:
    client = RESTClient(
        market, paginator=OffsetPaginator(limit=PAGE, total_path="data.total"),
        data_selector="data.trades",
    )  # fmt: skip

    pipeline = dlt.pipeline(
        name, pipelines_dir=folder, destination=postgres(database), dataset_name=name
    )
    pages = dlt.resource(client.paginate("/trades"), name="trades")
    pipeline.run(pages, write_disposition="merge", primary_key="trade_id")


def main(market: str, url: str, folder: str) -> None:
    database = credentials(url)
    print("ready", flush=True)
    for number in count(1):
        if not sys.stdin.readline():
            return
        load(market, database, folder, f"dlt_turn_{number}")
        with psycopg2.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM dlt_turn_{number}.trades")  # noqa: S608 - ours
            print(cursor.fetchone()[0], flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
