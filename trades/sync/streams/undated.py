"""Trades without a date, which no window of time can hold; and whatever else a count misses.

The unfiltered total says how many trades there are. When we hold fewer, the undated ones are read
from both ends of the sorted list, and if that is not enough, the whole list is passed through.
"""

from datetime import datetime, timedelta

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import Stream, SyncState, Trade
from trades.sync import cursors
from trades.sync.drift import confirm
from trades.sync.passes import Passes, StillMovingError
from trades.sync.run import PAGE_ROWS, Run
from trades.sync.unreadable import accounted_for, agree_on_seen
from trades.sync.windows import EPOCH
from trades.upstreams.errors import Garbled, Refused, Unreachable
from trades.upstreams.records import Page, SellTradeQuery, TradeQuery

EVERY = timedelta(minutes=10)  # asked only where the mirror's own count has changed since
LOOK_AGAIN = timedelta(seconds=30)  # a difference may be a trade made a moment ago
PASS_AT_MOST_EVERY = timedelta(days=1)
# Where undated rows may stand; "last" is the end of the ascending list, for servers that put them
# last in either direction.
NEXT_END = {"desc": "asc", "asc": "last", "last": "recount"}


def step(run: Run) -> None:
    match run.state.cursor.get("stage", "count"):
        case "desc" | "asc" | "last" as end:
            _read_end(run, end)
        case "pass":
            _read_pass(run)
        case _:
            _count(run)


def look_again(account: MarketAccount) -> None:
    """The market counts more trades than we do: one of them may be without a date."""
    state = account.sync_states.get(stream=Stream.UNDATED)
    state.cursor.pop("agreed_at", None)
    state.due_at = clock.now()
    state.save(update_fields=["cursor", "due_at"])


def _count(run: Run) -> None:
    notes = run.state.cursor
    if not notes.get("short") and notes.get("agreed_at") == _held(run):
        run.due_in(EVERY)
        run.save()
    else:
        _compare(run)


def _held(run: Run) -> int:
    """As the progress of the history counts."""
    return run.account.sync_states.get(stream=Stream.BACKFILL).progress_done


def _compare(run: Run) -> None:
    total = run.trades(TradeQuery(limit=1)).total or 0
    dated = run.trades(TradeQuery(start=EPOCH, limit=1)).total or 0
    _show_progress(run, Trade.objects.filter(account=run.account).count(), total)
    notes = run.state.cursor
    notes["undated"] = total - dated
    first_time = run.state.finished_at is None
    if total <= accounted_for(run.account):
        _agree(run)
    elif first_time or notes.get("short"):
        notes["short"] = True
        _go_to(run, "desc" if total > dated else "pass")
    else:
        notes["short"] = True
        cursors.wake(run.account, [Stream.RECENT])
        run.due_in(LOOK_AGAIN)
        run.save()


def _show_progress(run: Run, held: int, total: int) -> None:
    SyncState.objects.filter(account=run.account, stream=Stream.BACKFILL).update(
        progress_done=held, progress_total=total
    )


def _read_end(run: Run, end: str) -> None:
    """Undated rows stand at one end of a sorted list, whichever the market puts them at."""
    notes = run.state.cursor
    offset = notes.get("offset", 0)
    page = _ask_end(run, "desc" if end == "desc" else "asc", offset)
    if page is None:
        _go_to(run, "pass")
        return
    notes["offset"] = offset + len(page)
    _plan_next(run, end, page)
    _store(run, page)
    if run.state.cursor["stage"] == "recount":
        _pass_if_short(run)


def _plan_next(run: Run, end: str, page: Page) -> None:
    notes = run.state.cursor
    total, undated = page.total or 0, notes.get("undated", 0)
    left = (total if end == "last" else undated) - notes["offset"]
    if total == len(page):
        _go_to(run, "recount")
    elif not len(page) or notes["offset"] >= total or not (end == "last" or _only_undated(page)):
        _go_to(run, NEXT_END[end])
        if end == "asc":
            notes["offset"] = max(0, total - undated)
    elif left * PAGE_ROWS > 2 * total * len(page):  # capped so far below the other list's pages
        _go_to(run, "pass")


def _ask_end(run: Run, direction: str, offset: int) -> Page | None:
    """None where this list cannot be read: the other one holds the same trades."""
    notes = run.state.cursor
    query = SellTradeQuery(
        sort_by="created_at",
        sort_direction=direction,
        limit=None if notes.get("limit_refused") else PAGE_ROWS,
        offset=offset,
    )
    try:
        return run.sell_trades(query)
    except (Refused, Garbled, Unreachable) as error:
        if isinstance(error, Unreachable) and error.status is None:
            raise
        if isinstance(error, Refused) and query.limit:
            notes["limit_refused"] = True  # no seed page names a most for this list
            return _ask_end(run, direction, offset)
        return None


def _only_undated(page: Page) -> bool:
    return bool(page.trades) and all(row.created_at is None for row in page.trades)


def _pass_if_short(run: Run) -> None:
    total = run.trades(TradeQuery(limit=1)).total or 0
    if total <= accounted_for(run.account):
        _show_progress(run, Trade.objects.filter(account=run.account).count(), total)
        _agree(run)
    else:
        _go_to(run, "pass")


def _read_pass(run: Run) -> None:
    notes = run.state.cursor
    last = notes.get("passed_at")
    if last and clock.now() - datetime.fromisoformat(last) < PASS_AT_MOST_EVERY:
        _done(run)
        return
    passes = Passes.from_json(notes.get("passes", {}))
    if not passes.offset:
        notes["pass_since"] = clock.now().isoformat()
    page = run.trades(TradeQuery(limit=PAGE_ROWS, offset=passes.offset))
    is_moving = False
    try:
        agreed = passes.advance(page)
    except StillMovingError:
        is_moving = agreed = True
    notes["passes"] = passes.to_json()
    _store(run, page)
    if agreed and not is_moving:
        agree_on_seen(run.account, datetime.fromisoformat(notes["pass_since"]))
    if agreed or _holds_all(run, page):
        notes["passed_at"] = clock.now().isoformat()
        _done(run)


def _store(run: Run, page: Page) -> None:
    """Once the history was whole, an old trade that comes only now had been lost."""
    if run.state.finished_at is not None:
        confirm.name_lost(run, page, clock.now())
    run.store(page)


def _holds_all(run: Run, page: Page) -> bool:
    return page.total is not None and accounted_for(run.account) >= page.total


def _go_to(run: Run, stage: str) -> None:
    run.state.cursor["stage"] = stage
    run.state.cursor.pop("offset", None)
    run.state.cursor.pop("passes", None)
    run.due_in(timedelta())
    run.save()


def _agree(run: Run) -> None:
    run.state.cursor["agreed_at"] = _held(run)
    _done(run)


def _done(run: Run) -> None:
    notes = run.state.cursor
    for note in ("stage", "offset", "passes", "pass_since", "short"):
        notes.pop(note, None)
    run.state.finished_at = clock.now()
    run.due_in(EVERY)
    run.save()
