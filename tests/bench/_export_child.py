"""A process that makes one large file of a filled database, and tells what it took."""

from tests.bench import _setup

_setup.ready()

import csv  # noqa: E402
import io  # noqa: E402
import json  # noqa: E402
import resource  # noqa: E402
import time  # noqa: E402

from accounts.models import Team  # noqa: E402
from tests.bench import _history  # noqa: E402
from trades import queries  # noqa: E402
from trades.exports.reading import STRETCH  # noqa: E402
from trades.filters import TradeFilter  # noqa: E402
from trades.models import ExportState  # noqa: E402
from trades.services import exporting  # noqa: E402
from trades.services.exporting import Order  # noqa: E402
from trades.snapshot import snapshot  # noqa: E402

WRITTEN = ("upstream_id", "sort_at", "game_id", "status", "value_milli", "custom_id")
ASKED = ("trade_id", "counted_at", "game", "status", "value", "custom_id")


def main() -> None:
    """Prints rows, seconds, the process's peak in MB, and the seconds of a bare cursor."""
    team = Team.objects.get(slug=_history.SLUG)
    order = Order(team, TradeFilter(), ASKED, "csv", True, team.time_zone)
    asked = exporting.ask(order, by=_history.owner_of(_history.SLUG))
    started = time.perf_counter()
    state = exporting.make(asked.pk)
    took = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    asked.refresh_from_db()
    if state != ExportState.READY:
        raise SystemExit(f"the export is {state}: {asked.error}")
    exporting.withdraw(asked, by=_history.owner_of(_history.SLUG))
    print(json.dumps([asked.rows_done, took, peak, bare(team)]), flush=True)


def bare(team: Team) -> float:
    """The same columns and order by a server-side cursor, straight into CSV."""
    started = time.perf_counter()
    with snapshot() as using:
        trades = queries.matching(team, TradeFilter(), queries.accounts_of(team), using=using)
        rows = trades.order_by("-sort_at", "-id").values_list(*WRITTEN)
        file = io.StringIO()
        for row in rows.iterator(chunk_size=STRETCH):
            csv.writer(file).writerow(row)
            if file.tell() > exporting.CHUNK_BYTES:
                file.seek(0)
                file.truncate()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
