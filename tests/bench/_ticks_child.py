"""The process that fills a mirror, or lives on with a filled one.

``python -m tests.bench._ticks_child migrate|fill TRADES|live TRADES FIGURES``
"""

from tests.bench import _setup

_setup.ready()  # migrated

import statistics  # noqa: E402
import sys  # noqa: E402
from collections import defaultdict  # noqa: E402
from collections.abc import Iterator, Sequence  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from datetime import datetime, timedelta  # noqa: E402
from pathlib import Path  # noqa: E402

from django.db import connection, transaction  # noqa: E402
from django.db.models import Max  # noqa: E402

from accounts.models import MarketAccount  # noqa: E402
from dashboard import clock  # noqa: E402
from tests.bench import _history, _numbered  # noqa: E402
from tests.bench._database_time import DatabaseTime  # noqa: E402
from tests.bench._figures import Turn  # noqa: E402
from tests.bench._life import Life  # noqa: E402
from tests.bench._numbered import Numbered  # noqa: E402
from tests.factories import make_account, make_key, make_team  # noqa: E402
from trades.models import Stream, SyncState, Trade, TradeItem, TradeRaw  # noqa: E402
from trades.raw_answers import pack  # noqa: E402
from trades.sync import cursors, recount, rows  # noqa: E402
from trades.sync.bulk import bulk  # noqa: E402
from trades.sync.item_names import folded_of, ids_of  # noqa: E402
from trades.sync.run import PAGE_ROWS  # noqa: E402
from trades.upstreams.vpsbot import parse  # noqa: E402

SLUG = "ticks"
STEP = 20_000
CHANGED, TURNS, SOME = 50, 15, 100
MOST_MS, MOST_CALLS, MOST_IDLE, ROUND = 20.0, 25, 2.0, timedelta(hours=24)
HOUR = timedelta(hours=1)
A_CYCLE = timedelta(seconds=75)  # frozen trades are read once a minute; a slice comes in between


def moving(trades: int) -> int:
    """2,000 of a million."""
    return max(200, trades // 500)


def fill(trades: int) -> None:
    market = Numbered(trades, moving(trades), clock.now())
    account = make_account(team=make_team(slug=SLUG), identity="")
    with _history.without_indexes():
        for first in range(0, trades, STEP):
            write(market, account, range(first, min(trades, first + STEP)))
    with transaction.atomic():
        recount.rebuild(account)
    _history.look_at_the_rows()


def write(market: Numbered, account: MarketAccount, numbers: range) -> None:
    now, writer = clock.now(), bulk()
    records = [parse.trade(market.row(number).encode()) for number in numbers]
    packed = pack(records[0].raw)
    with transaction.atomic():
        ids = writer.reserve_ids(Trade, len(records))
        numbered = list(zip(ids, records, strict=True))
        shared = (*rows.NO_VALUE, *rows.shared(account, now, now))
        trades = [(pk, *shared, *rows.told(record, now)) for pk, record in numbered]
        writer.insert(Trade, rows.NEW_ROW, writer.prepared(trades))
        name_ids = ids_of(account.team_id, folded_of(records))
        items = [
            row for pk, record in numbered for row in rows.item_rows(pk, record.items, name_ids)
        ]
        writer.insert(TradeItem, rows.ITEM_COLUMNS, items)
        writer.insert(TradeRaw, rows.RAW_COLUMNS, [(pk, packed) for pk in ids])


def filled(trades: int) -> Life:
    """The kept mirror, our clock moved back to when it was filled."""
    account = MarketAccount.objects.get(team__slug=SLUG)
    make_key(account=account)
    newest = Trade.objects.aggregate(Max("created_at"))["created_at__max"]
    passed = newest - clock.now()
    with clock.shifted(passed):
        believe_it_is_read(account, trades)
    return Life(Numbered(trades, moving(trades), newest), account, passed)


def believe_it_is_read(account: MarketAccount, trades: int) -> None:
    cursors.ensure(account)
    now = clock.now()
    states = SyncState.objects.filter(account=account)
    states.filter(stream=Stream.BACKFILL).update(
        cursor={"todo": [], "at_most": PAGE_ROWS, "left": 0, "width": 70_000.0},
        covered=[[None, None]], due_at=None, started_at=now, finished_at=now,
        progress_done=trades, progress_total=trades,
    )  # fmt: skip
    states.filter(stream=Stream.UNDATED).update(
        cursor={"agreed_at": trades}, due_at=now, finished_at=now
    )


def live(life: Life, turn: Turn) -> None:
    life.go_on(timedelta(minutes=2))
    tick(life, turn)
    open_ones(life, turn)
    idle(life, turn)
    finals(life, turn)


def tick(life: Life, turn: Turn) -> None:
    """Rows on their way, all of them changed: one look for due accounts and one slice."""
    numbers = life.market.moving[-CHANGED:]
    life.market.change(numbers, "processing")
    life.go_on(A_CYCLE, life.is_mirrored(numbers))
    taken = []
    with only_open_trades(life):
        life.go_on(timedelta(seconds=10))
        for _ in range(TURNS):
            life.market.change(numbers, "processing")
            life.passed += timedelta(seconds=10)
            taken.append(timed_slice(life))
    tell_times(taken, turn)
    life.market.change(numbers, _numbered.MOVES)
    life.go_on(A_CYCLE)


@contextmanager
def only_open_trades(life: Life) -> Iterator[None]:
    others = SyncState.objects.filter(account=life.account).exclude(stream=Stream.OPEN)
    dues = dict(others.values_list("pk", "due_at"))
    others.update(due_at=None)
    yield
    for pk, due_at in dues.items():
        others.filter(pk=pk).update(due_at=due_at)


def timed_slice(life: Life) -> DatabaseTime:
    time = DatabaseTime()
    with time.measured():
        with clock.shifted(life.passed):
            cursors.due_accounts().exists()
        life.work()
    if life.changed != CHANGED:
        raise SystemExit(f"{life.changed} rows changed instead of {CHANGED}")
    return time


def tell_times(taken: Sequence[DatabaseTime], turn: Turn) -> None:
    times = sorted(1000 * each.seconds for each in taken)
    median, statements = statistics.median(times), sum(taken[-1].counts.values())
    waits = 1000 * statistics.median(each.waits_for_a_core for each in taken)
    turn.figure(
        f"a tick with {CHANGED} changed rows, in the database", median, "ms", most=MOST_MS,
        note=f"{times[0]:.1f} to {times[-1]:.1f}, {statements} statements; "
        f"another {waits:.1f} ms for a core",
    )  # fmt: skip
    parts: defaultdict[str, list[float]] = defaultdict(list)
    for each in taken:
        for name, seconds in each.parts.items():
            parts[name].append(1000 * seconds)
    medians = {name: statistics.median(found) for name, found in parts.items()}
    for name in sorted(medians, key=lambda name: -medians[name])[:12]:
        count = taken[-1].counts.get(name)
        print(f"    {medians[name]:6.2f} ms {name}" + (f" x {count}" if count else ""), flush=True)


def open_ones(life: Life, turn: Turn) -> None:
    market = life.market
    few = market.moving[::100]
    rest = sorted(set(market.moving) - set(few))  # what has ended may not change with them
    for name, numbers, status in (
        ("1 %", few, "declined"),
        ("all that are left", rest, "completed"),
    ):
        life.go_on(A_CYCLE)
        market.change(numbers, status)
        took = life.go_on(A_CYCLE, life.is_mirrored(numbers))
        calls = life.calls.total() if life.is_mirrored(numbers)() else None
        turn.figure(
            f"{name} of {len(market.moving):,} open ones", calls, "calls", most=MOST_CALLS,
            note=f"after {took.total_seconds():.0f} s: {life.told()}",
        )  # fmt: skip


def idle(life: Life, turn: Turn) -> None:
    life.go_on(2 * HOUR)  # nothing is open any more; the last news are an hour old and older
    time, before = DatabaseTime(), life.slices
    with time.measured():
        life.go_on(HOUR)
    turn.figure(
        "an idle hour", life.calls.total() / 60, "calls a minute", most=MOST_IDLE,
        note=life.told(),
    )  # fmt: skip
    turn.figure(
        "an idle hour, in the database", time.seconds, "s",
        note=f"{life.slices - before} slices",
    )  # fmt: skip


def finals(life: Life, turn: Turn) -> None:
    """Some that every count shows, then two that cancel where the daily round has just been."""
    market = life.market
    dated = range(market.undated, market.moving[0])
    some = dated[:: len(dated) // SOME]
    market.change(some, "rolled_back_by_bot")
    find(life, f"{len(some)} final ones change", some, turn)
    passed = range(just_passed(life), market.trades)
    of_a_game = [number for number in passed[:SOME] if market.game(number) == 570]
    one = next(number for number in of_a_game if market.status(number) == "completed")
    other = next(number for number in of_a_game if market.status(number) == "cancelled")
    market.change([one], "cancelled")
    market.change([other], "completed")
    find(life, "two final ones that cancel", [one, other], turn)


def find(life: Life, name: str, numbers: Sequence[int], turn: Turn) -> None:
    took = life.go_on(ROUND, life.is_mirrored(numbers))
    hours = took / HOUR if life.is_mirrored(numbers)() else None
    turn.figure(f"{name}: found", hours, "hours", most=ROUND / HOUR,
                note=f"after {took.total_seconds():,.0f} s")  # fmt: skip
    turn.figure(f"{name}: calls", life.calls.total(), "calls", note=life.told())


def just_passed(life: Life) -> int:
    """The oldest trade that the round has come to; it begins with the newest."""
    state = SyncState.objects.get(account=life.account, stream=Stream.RECONCILE)
    if not (end := state.cursor["walk"].get("end")):
        return life.market.undated
    return life.market.first_since(datetime.fromisoformat(end))


def main(deed: str, *named: str) -> None:
    match deed:
        case "fill":
            fill(int(named[0]))
        case "live":
            turn = Turn(Path(named[1]))
            live(filled(int(named[0])), turn)
            turn.close()
    connection.close()  # SQLite's journal is in the file then, and the file may be copied


if __name__ == "__main__":
    main(*sys.argv[1:])
