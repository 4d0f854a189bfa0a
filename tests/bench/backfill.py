"""A first load of 20,000 trades: the engine over HTTP, and a bare loop that only writes.

The market is the sandbox in a process of its own. The bare loop has the records read and parsed
already and writes the same rows, items and raw answers into the same tables and indexes, a page
a transaction: it is the ceiling that fetching, parsing, planning, figures and progress are
measured against.
"""

from tests.bench import _setup

DATABASE = _setup.ready()

import subprocess  # noqa: E402
import sys  # noqa: E402
from collections.abc import Iterator, Sequence  # noqa: E402
from contextlib import contextmanager  # noqa: E402

from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from accounts.models import MarketAccount, UpstreamKey  # noqa: E402
from dashboard import clock  # noqa: E402
from tests.bench._turns import in_turn  # noqa: E402
from tests.factories import make_account, make_key, make_team  # noqa: E402
from trades.connect import open_client  # noqa: E402
from trades.models import Trade, TradeItem, TradeRaw, ValueSource  # noqa: E402
from trades.services.rounds import serve_until_idle  # noqa: E402
from trades.sync import cursors, rows  # noqa: E402
from trades.sync.bulk import bulk  # noqa: E402
from trades.upstreams.records import TradeQuery, TradeRecord  # noqa: E402

TRADES, PAGE, TURNS = 20_000, 2_000, 3
KEY = "bench-key-of-the-backfill"


@contextmanager
def market() -> Iterator[None]:
    """The sandbox as a child; its first line names its address."""
    command = [sys.executable, "-m", "trades.sandbox", "--port", "0", "--seed-trades"]
    child = subprocess.Popen([*command, f"{KEY}={TRADES}"], stdout=subprocess.PIPE, text=True)
    try:
        settings.VPSBOT_URL = _address(child)
        yield
    finally:
        child.terminate()
        child.wait()


def _address(child: "subprocess.Popen[str]") -> str:
    said = child.stdout.readline() if child.stdout else ""
    _, found, address = said.strip().partition("VPSBOT_URL=")
    if not found:
        raise SystemExit("the sandbox did not start")
    return address


def fresh_key() -> UpstreamKey:
    """An account of a team of its own, so that no turn finds the rows of another."""
    return make_key(account=make_account(team=make_team(), identity=""), secret=KEY)


def engine() -> None:
    account = fresh_key().account
    cursors.ensure(account)
    serve_until_idle([account.pk])
    held = Trade.objects.filter(account=account).count()
    if held != TRADES:
        raise SystemExit(f"the engine mirrored {held} of {TRADES} trades")


def fetched() -> list[Sequence[TradeRecord]]:
    with open_client(fresh_key()) as client:
        offsets = range(0, TRADES, PAGE)
        return [client.trades(TradeQuery(limit=PAGE, offset=each)).trades for each in offsets]


def write_bare(account: MarketAccount, page: Sequence[TradeRecord]) -> None:
    writer, now = bulk(), clock.now()
    with transaction.atomic():
        ids = writer.reserve_ids(Trade, len(page))
        numbered = list(zip(ids, page, strict=True))
        trades = [
            (pk, account.pk, account.team_id, record.upstream_id, record.created_at or now,
             None, ValueSource.NONE.value, now, *rows.mirrored(record, seen_at=now, asked_at=now))
            for pk, record in numbered
        ]  # fmt: skip
        items = [row for pk, record in numbered for row in rows.item_rows(pk, record.items)]
        raws = [(pk, rows.pack(record.raw)) for pk, record in numbered]
        writer.insert(Trade, rows.OURS_AT_FIRST + rows.MIRRORED, trades)
        writer.insert(TradeItem, rows.ITEM_COLUMNS, items)
        writer.insert(TradeRaw, ("trade_id", "packed"), raws)


def main() -> None:
    with market():
        pages = fetched()

        def bare() -> None:
            account = fresh_key().account
            for page in pages:
                write_bare(account, page)

        timings = in_turn({"engine": engine, "bare loop": bare}, TURNS)
    connection.close()
    print(f"first load of {TRADES} trades on {DATABASE}, median of {TURNS} turns")
    for name, timing in timings.items():
        speed = TRADES / timing.wall
        print(
            f"  {name:10} {speed:8,.0f} rows/s  {timing.wall:6.2f} s  {timing.cpu:6.2f} s CPU here"
        )
    print(f"  engine / bare loop {timings['bare loop'].wall / timings['engine'].wall:.2f}")


if __name__ == "__main__":
    main()
