"""A first load, three ways in turn: the bare loop, the engine over HTTP, dlt merging the same list.

The market replays answers that were rendered before (``_replay``). The bare loop has the records
read and parsed already and writes the same rows, items and raw answers into the same tables and
indexes (``_bare``). ``BACKFILL_ROWS`` asks for another size.
"""

from tests.bench import _setup

DATABASE = _setup.ready()

import os  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Sequence  # noqa: E402
from contextlib import ExitStack  # noqa: E402

from django.core.management.color import no_style  # noqa: E402
from django.db import connection  # noqa: E402

from accounts.models import MarketAccount  # noqa: E402
from dashboard.start_up import spare_the_collector  # noqa: E402
from tests.bench import _bare, _catalogue, _dlt, _market  # noqa: E402
from tests.bench._turns import in_turn  # noqa: E402
from trades.connect import narrowed, open_client  # noqa: E402
from trades.models import DayStat, ItemName, SellTotal, Trade, TradeItem, TradeRaw  # noqa: E402
from trades.upstreams.records import TradeQuery, TradeRecord  # noqa: E402
from trades.upstreams.vpsbot.client import VpsbotClient  # noqa: E402

ROWS = int(os.environ.get("BACKFILL_ROWS", "100000"))
PAGE, TURNS = 2_000, 3
BARE, ENGINE, DLT = "bare loop", "engine", "dlt"
OF_BARE, OF_DLT = 0.8, 3.0

MIRROR = (TradeRaw, TradeItem, ItemName, Trade, DayStat, SellTotal)

Pages = Sequence[Sequence[TradeRecord]]


def engine(account: MarketAccount) -> None:
    _market.load_history(account)
    held = Trade.objects.filter(account=account).count()
    if held != ROWS:
        raise SystemExit(f"the engine mirrored {held} of {ROWS} trades")


def bare(account: MarketAccount, pages: Pages) -> None:
    for page in pages:
        _bare.write_page(account, page)


def merged(rival: _dlt.Rival) -> None:
    held = rival.load()
    if held != ROWS:
        raise SystemExit(f"dlt merged {held} of {ROWS} trades")


def fetched() -> Pages:
    with open_client(_market.fresh_account().keys.get()) as client:
        market, offsets = narrowed(client, VpsbotClient), range(0, ROWS, PAGE)
        return [market.trades(TradeQuery(limit=PAGE, offset=each)).trades for each in offsets]


def emptied() -> None:
    """A first load is one into empty tables, for each of them in each turn."""
    tables = [each._meta.db_table for each in MIRROR]
    statements = connection.ops.sql_flush(no_style(), tables, allow_cascade=True)
    connection.ops.execute_sql_flush(statements)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")


def rival(stack: ExitStack, market: _market.Market) -> _dlt.Rival | None:
    if connection.vendor != "postgresql":
        print("!!!! dlt SKIPPED: it is measured on PostgreSQL")
        return None
    if not _dlt.is_had():
        print("!!!! dlt SKIPPED: it could not be installed")
        return None
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sellside-dlt-"))
    return _dlt.Rival(stack, market.address, os.environ["DATABASE_URL"], folder)


def main() -> None:
    spare_the_collector()  # as a worker does
    with ExitStack() as stack:
        market = stack.enter_context(_market.replayed(ROWS))
        pages, theirs = fetched(), rival(stack, market)
        fresh = iter([_market.fresh_account() for _ in range(2 * TURNS)])  # a password is slow
        contestants = {BARE: lambda: bare(next(fresh), pages), ENGINE: lambda: engine(next(fresh))}
        if theirs:
            contestants[DLT] = lambda: merged(theirs)
        cpu, started = market.cpu(), time.perf_counter()
        timings = in_turn(contestants, TURNS, before=emptied)
        share = (market.cpu() - cpu) / (time.perf_counter() - started)
    connection.close()
    print(f"first load of {ROWS:,} trades on {DATABASE}, median of {TURNS} turns")
    print(f"(items of {_catalogue.NAMES:,} names; {_market.LIFTED};")
    print(f" the market took {share:.0%} of one CPU meanwhile)")
    for name, timing in timings.items():
        print(f"  {name:10}{ROWS / timing.wall:8,.0f} rows/s  {timing.wall:6.2f} s"
              f"  {timing.cpu:6.2f} s CPU here")  # fmt: skip
    for name, least in ((BARE, OF_BARE), (DLT, OF_DLT)):
        if name in timings:
            ratio = timings[name].wall / timings[ENGINE].wall
            missed = "   MISSED" if connection.vendor == "postgresql" and ratio < least else ""
            print(f"  engine / {name} {ratio:.2f}, asked for {least} on PostgreSQL{missed}")


if __name__ == "__main__":
    main()
