"""How the installation is, for its operator: every figure from small tables or bounded counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Max, Min, Q, QuerySet
from kombu.exceptions import OperationalError

from accounts.checks import count_closed
from accounts.models import KeyState, MarketAccount, Upstream, UpstreamKey
from dashboard import clock
from trades import budget
from trades.models import BadRecord, CallBudget, SellRequest, SellState, SyncRun, SyncState

LATE = timedelta(minutes=2)  # a due stream that waits longer than this is not being served
LATELY = timedelta(hours=1)
MOST_COUNTED = 10_000
SECONDS_FOR_WORKERS = 0.5
QUEUE = "celery"


@dataclass(frozen=True, slots=True)
class Figure:
    """``moment`` instead of text where the figure is a time."""

    title: str
    text: str = ""
    is_bad: bool = False
    moment: datetime | None = None


def figures() -> list[Figure]:
    """Those of the installation, then a few for each upstream that it asks."""
    own: list[Callable[[], list[Figure]]] = [
        _workers, _queue, _keys, _markets, _hosts, _rows, _database, _release,
    ]  # fmt: skip
    return [figure for each in own for figure in each()]


def _workers() -> list[Figure]:
    last = SyncState.objects.aggregate(at=Max("last_good_at"))["at"]
    answered = Figure("Last good answer of any market", "none yet", moment=last)
    if not settings.REDIS_URL:
        return [Figure("Workers", "no broker: manage.py work serves"), answered]
    try:
        names = current_app.control.inspect(timeout=SECONDS_FOR_WORKERS).ping() or {}
        with current_app.connection_for_read() as broker:
            waiting = broker.SimpleQueue(QUEUE).qsize()
    except OperationalError:
        return [Figure("Workers", "the broker does not answer", is_bad=True), answered]
    return [
        Figure("Workers that answer", str(len(names)), is_bad=not names),
        Figure("Messages in the broker", f"{waiting:,}"),
        answered,
    ]


def _queue() -> list[Figure]:
    """The database is the queue: what is due and nobody serves."""
    now = clock.now()
    due = SyncState.objects.filter(
        Q(held_until=None) | Q(held_until__lte=now),
        due_at__lte=now,
        account__is_active=True,
        account__team__closed_at=None,
        account__keys__state=KeyState.ACTIVE,
    )
    oldest = due.aggregate(at=Min("due_at"))["at"]
    late = due.filter(due_at__lte=now - LATE).aggregate(n=Count("account", distinct=True))["n"]
    unknown = SellRequest.objects.filter(state=SellState.UNKNOWN)
    return [
        Figure("Oldest work that is due", "nothing is due", bool(late), oldest),
        Figure("Accounts due for two minutes and not served", f"{late:,}", bool(late)),
        _counted("Sells whose fate is unknown", unknown),
    ]


def _keys() -> list[Figure]:
    rejected = UpstreamKey.objects.filter(state=KeyState.REJECTED)
    return [
        _counted("Keys that a market rejects", rejected),
        _bad_count("Stored secrets that no encryption key opens", count_closed("default")),
    ]


def _markets() -> list[Figure]:
    since = clock.now() - LATELY
    rows = (
        SyncState.objects.filter(account__is_active=True)
        .filter(Q(last_good_at__gte=since) | Q(last_error_at__gte=since))
        .order_by("account__upstream")
        .values_list("account__upstream")
        .annotate(asked=Count("pk"), failing=Count("pk", filter=Q(failures__gt=0)))
    )
    failed = SyncRun.objects.filter(
        account__in=MarketAccount.objects.values("pk"), ended_at__gte=since
    ).exclude(error="")
    return [
        *(
            Figure(
                f"{Upstream(slug).label}: kinds of questions failing",
                f"{failing:,} of {asked:,} of the last hour",
                is_bad=failing > 0,
            )
            for slug, asked, failing in rows
        ),
        _counted("Runs that failed in the last hour", failed),
    ]


def _hosts() -> list[Figure]:
    """Hosts and accounts that asked for a pause, and what is left of the hosts' minute."""
    paused = CallBudget.objects.filter(paused_until__gt=clock.now())
    found = [_counted("Accounts that a market asked to wait", paused.filter(host=None))]
    for row in CallBudget.objects.exclude(host=None).order_by("host")[:MOST_COUNTED]:
        left = budget.left(row, settings.STEAM_HOST_CALLS_A_MINUTE)
        text = f"{left.calls:,} of {left.limit:,} calls left this minute"
        if left.paused_until:
            text = f"asked us to wait until {left.paused_until:%H:%M:%S} UTC"
        found.append(Figure(str(row.host), text, left.paused_until is not None))
    return found


def _rows() -> list[Figure]:
    return [_counted("Rows that cannot be read", BadRecord.objects.all())]


def _database() -> list[Figure]:
    mib = _database_bytes() / 2**20
    return [Figure("Database", f"{connection.vendor}, {mib:,.1f} MiB")]


def _database_bytes() -> int:
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        files = (Path(name), Path(f"{name}-wal"))
        return sum(path.stat().st_size for path in files if path.exists())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _release() -> list[Figure]:
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    names = sorted(f"{app} {name}" for app, name in leaves if app in {"accounts", "trades"})
    pending = len(executor.migration_plan(leaves))
    return [
        _bad_count("Migrations that are not applied", pending),
        Figure("Release, by its newest migrations", ", ".join(names)),
    ]


def _counted(title: str, rows: QuerySet[Any]) -> Figure:
    count = rows.order_by()[:MOST_COUNTED].count()
    more = " or more" if count == MOST_COUNTED else ""
    return Figure(title, f"{count:,}{more}", is_bad=count > 0)


def _bad_count(title: str, count: int) -> Figure:
    return Figure(title, f"{count:,}", is_bad=count > 0)
