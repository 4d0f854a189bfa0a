"""What a mirrored account of a million trades costs from then on: calls, and time in the database.

The mirror is filled from the market's own rows (``TICK_TRADES`` for fewer), then our clock is
moved from one due time to the next. The calls of a minute are not limited here.
"""

from tests.bench import _setup

DATABASE = _setup.ready()

import os  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
from collections import Counter  # noqa: E402
from collections.abc import Callable, Iterator, Sequence  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from datetime import datetime, timedelta  # noqa: E402
from typing import Any  # noqa: E402

from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from accounts.models import MarketAccount  # noqa: E402
from dashboard import clock  # noqa: E402
from tests.bench import _history  # noqa: E402
from tests.bench._numbered import Numbered  # noqa: E402
from tests.factories import make_account, make_key, make_team  # noqa: E402
from trades.models import Phase, Stream, SyncState, Trade, TradeItem, TradeRaw  # noqa: E402
from trades.raw_answers import pack  # noqa: E402
from trades.sync import cursors, engine, recount, rows  # noqa: E402
from trades.sync.bulk import bulk  # noqa: E402
from trades.upstreams.vpsbot import parse  # noqa: E402

TRADES = int(os.environ.get("TICK_TRADES", "1000000"))
MOVING = max(200, TRADES // 500)
CHANGED, TURNS = 50, 5
STEP = 20_000
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
A_CYCLE = timedelta(seconds=75)  # frozen trades are read once a minute; a slice comes in between


def fill(market: Numbered) -> MarketAccount:
    account = make_account(team=make_team(), identity="")
    make_key(account=account)
    with _history.without_indexes():
        for first in range(0, market.trades, STEP):
            write(market, account, range(first, min(market.trades, first + STEP)))
    with transaction.atomic():
        recount.rebuild(account)
    believe_it_is_read(account)
    _history.look_at_the_rows()
    return account


def write(market: Numbered, account: MarketAccount, numbers: range) -> None:
    now, writer = clock.now(), bulk()
    records = [parse.trade(market.row(number).encode()) for number in numbers]
    packed = pack(records[0].raw)
    with transaction.atomic():
        ids = writer.reserve_ids(Trade, len(records))
        numbered = list(zip(ids, records, strict=True))
        shared = rows.shared(account, now, now)
        writer.insert(Trade, rows.NEW_ROW, [
            (pk, record.created_at or now, None, "none", *shared, *rows.told(record))
            for pk, record in numbered
        ])  # fmt: skip
        items = [row for pk, record in numbered for row in rows.item_rows(pk, record.items)]
        writer.insert(TradeItem, rows.ITEM_COLUMNS, items)
        writer.insert(TradeRaw, ("trade_id", "packed"), [(pk, packed) for pk in ids])


def believe_it_is_read(account: MarketAccount) -> None:
    cursors.ensure(account)
    now = clock.now()
    states = SyncState.objects.filter(account=account)
    states.filter(stream=Stream.BACKFILL).update(
        cursor={"todo": []}, covered=[[None, None]], due_at=None, progress_done=TRADES,
        progress_total=TRADES, started_at=now, finished_at=now,
    )  # fmt: skip
    states.filter(stream=Stream.UNDATED).update(
        cursor={"agreed_at": TRADES}, due_at=now, finished_at=now
    )


class Life:
    """Time that passes from one due time to the next."""

    def __init__(self, market: Numbered, account: MarketAccount) -> None:
        self.market, self.account = market, account
        self.passed = timedelta()
        self.calls: Counter[Stream] = Counter()

    def go_on(self, span: timedelta, until: Callable[[], bool] = lambda: False) -> timedelta:
        """Returns how long it was until ``until`` held."""
        began, end = self.passed, self.passed + span
        self.calls.clear()
        while not until() and (due := self._next_due()) <= end:
            self.passed = due
            self.work()
        else:
            self.passed = end if not until() else self.passed
        return self.passed - began

    def work(self) -> None:
        with clock.shifted(self.passed):
            report = engine.run_slice(self.account.pk, transport=self.market.transport)
        for stream, tally in (report.tallies if report else {}).items():
            self.calls[stream] += tally.calls
            if tally.error:
                raise SystemExit(f"{stream}: {tally.error}")

    def _next_due(self) -> timedelta:
        states = SyncState.objects.filter(account=self.account, due_at__isnull=False)
        due: datetime = min(states.values_list("due_at", flat=True))
        return max(self.passed + SECOND, due - clock.now() + SECOND / 10)

    def told(self) -> str:
        parts = [f"{stream.value} {count}" for stream, count in sorted(self.calls.items())]
        return f"{self.calls.total():4} calls ({', '.join(parts)})"

    def is_mirrored(self, numbers: Sequence[int]) -> Callable[[], bool]:
        expected = {self.market.name(each): self.market.status(each) for each in numbers}

        def holds() -> bool:
            found = Trade.objects.filter(bulk().named(self.account.pk, list(expected)))
            return dict(found.values_list("upstream_id", "status")) == expected

        return holds


def see(life: Life, name: str, numbers: Sequence[int], span: timedelta) -> None:
    took = life.go_on(span, life.is_mirrored(numbers))
    seen = "" if life.is_mirrored(numbers)() else "NOT SEEN, "
    print(f"  {name:34} {seen}after {took.total_seconds():8,.0f} s  {life.told()}", flush=True)


def open_ones(life: Life) -> None:
    market = life.market
    for name, numbers in (("1 %", market.moving[::100]), ("all", market.moving)):
        life.go_on(A_CYCLE)
        market.change(numbers, "declined" if name == "1 %" else "completed")
        see(life, f"{name} of {MOVING:,} open ones change", numbers, A_CYCLE)


def finals(life: Life) -> None:
    """A pair whose statuses cancel in every count, the round having just passed it."""
    market = life.market
    dated = range(market.undated, market.trades // 2)
    one = next(n for n in dated if market.status(n) == "completed" and market.game(n) == 570)
    other = next(n for n in dated if market.status(n) == "cancelled" and market.game(n) == 570)
    market.change([one], "cancelled")
    market.change([other], "completed")
    see(life, "a pair of finals that cancel", [one, other], 24 * HOUR)


def idle(life: Life) -> None:
    life.go_on(2 * HOUR)  # nothing is open any more; the last news are an hour old and older
    life.go_on(HOUR)
    print(
        f"  {'an idle hour':34} {life.calls.total() / 60:.2f} a minute  {life.told()}", flush=True
    )


class Statements:
    """Seconds that statements took, as ``connection.execute_wrapper`` sees them."""

    def __init__(self) -> None:
        self.seconds, self.count = 0.0, 0
        self.slowest: tuple[float, str] = (0.0, "")

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took = time.perf_counter() - began
            self.seconds += took
            self.count += 1
            self.slowest = max(self.slowest, (took, sql))


@contextmanager
def only_open_trades(life: Life) -> Iterator[None]:
    others = SyncState.objects.filter(account=life.account).exclude(stream=Stream.OPEN)
    dues = dict(others.values_list("pk", "due_at"))
    others.update(due_at=None)
    yield
    for pk, due_at in dues.items():
        others.filter(pk=pk).update(due_at=due_at)


def tick(life: Life) -> None:
    """Rows on their way, all of them changed: one look for due accounts and one slice."""
    numbers = life.market.moving[-CHANGED:]
    ours = Trade.objects.filter(account=life.account)
    names = [life.market.name(number) for number in numbers]
    life.market.change(numbers, "processing")
    ours.filter(upstream_id__in=names).update(phase=Phase.OPEN)
    taken = []
    with only_open_trades(life):
        life.go_on(A_CYCLE)
        for _ in range(TURNS):
            life.market.change(numbers, "processing")
            life.passed += timedelta(seconds=10)
            taken.append(timed_slice(life))
    found = [seconds for seconds, _, _ in taken]
    _, count, slowest = taken[-1]
    median, least, most = (1000 * each(found) for each in (statistics.median, min, max))
    name = f"a tick with {CHANGED} changed rows"
    print(f"  {name:34} {median:.1f} ms in {count} statements, {least:.1f} to {most:.1f}")
    print(f"    the slowest: {slowest[0] * 1000:.1f} ms {slowest[1][:90]}", flush=True)


def timed_slice(life: Life) -> tuple[float, int, tuple[float, str]]:
    statements = Statements()
    changed_at = clock.now() + life.passed
    with connection.execute_wrapper(statements):
        with clock.shifted(life.passed):
            cursors.due_accounts().exists()
        life.work()
    changed = Trade.objects.filter(account=life.account, changed_at__gte=changed_at).count()
    if changed != CHANGED:
        raise SystemExit(f"{changed} rows changed instead of {CHANGED}")
    return statements.seconds, statements.count, statements.slowest


def main() -> None:
    settings.VPSBOT_CALLS_A_MINUTE = settings.VPSBOT_HOST_CALLS_A_MINUTE = 0
    market = Numbered(TRADES, MOVING)
    began = time.monotonic()
    life = Life(market, fill(market))
    print(
        f"{TRADES:,} trades on {DATABASE}, filled in {time.monotonic() - began:.0f} s", flush=True
    )
    life.go_on(timedelta(minutes=2))
    tick(life)
    open_ones(life)
    idle(life)
    finals(life)


if __name__ == "__main__":
    main()
