"""A process with one filled database: reads names of pages of home, answers what each took.

``python -m tests.bench._home_child ROWS``, or ``export ROWS`` to make one large file and measure.
"""

from tests.bench import _setup

_setup.ready()

import csv  # noqa: E402
import io  # noqa: E402
import json  # noqa: E402
import resource  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from datetime import timedelta  # noqa: E402

from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from accounts.models import Team  # noqa: E402
from tests.bench import _history  # noqa: E402
from trades import queries  # noqa: E402
from trades.exports.reading import STRETCH  # noqa: E402
from trades.filters import TradeFilter  # noqa: E402
from trades.models import ExportState, Trade  # noqa: E402
from trades.services import exporting  # noqa: E402
from trades.services.exporting import Order  # noqa: E402
from trades.snapshot import snapshot  # noqa: E402
from trades.views.home_panels import PANELS  # noqa: E402

WRITTEN = ("upstream_id", "sort_at", "game_id", "status", "value_milli", "custom_id")
ASKED = ("trade_id", "counted_at", "game", "status", "value", "custom_id")


def addresses(rows: int) -> dict[str, str]:
    """The month and the year about the middle of the rows, so that each size has full days."""
    middle = Trade.objects.order_by("sort_at")[rows // 2].sort_at.date()
    month, year = (
        f"?period=custom&since={middle - timedelta(days=days)}&until={middle}" for days in (29, 365)
    )
    home = reverse("team-home", args=[_history.SLUG])
    panels = {name: reverse("home-panel", args=[_history.SLUG, name]) for name in PANELS}
    return {
        "month": home + month,
        "year": home + year,
        "all": f"{home}?period=all",
        **{f"panel {name}": path + year for name, path in panels.items()},
    }


def main(rows: int) -> None:
    client = Client(SERVER_NAME="localhost")
    client.force_login(_history.owner_of(_history.SLUG))
    pages = addresses(rows)
    print(json.dumps(dict.fromkeys(pages, 0)), flush=True)
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        response = client.get(pages[line.strip()])
        if response.status_code != 200:
            raise SystemExit(f"{line.strip()} answered {response.status_code}")
        print(time.perf_counter() - wall, time.process_time() - cpu, flush=True)


def export() -> None:
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
    if sys.argv[1] == "export":
        export()
    else:
        main(int(sys.argv[1]))
