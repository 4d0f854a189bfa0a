"""Which trades a difference in the counts is about: totals halve the time, then id sets decide.

The notes of a search, as JSON: ``cell``; ``todo``, the stretches whose totals differ, each with
what the market counts there; ``many``, those where too many are missing to go by their ids, each
with how many; ``ids``, the trades under suspicion. One call a step, two where a stretch is halved.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Max, Min, Sum

from accounts.models import MarketAccount
from trades.models import BadRecord, DayStat, Trade
from trades.sync import windows
from trades.sync.drift import census, many
from trades.sync.drift.census import Cell
from trades.sync.run import PAGE_ROWS, Run
from trades.sync.windows import EPOCH, Window
from trades.upstreams.errors import Refused
from trades.upstreams.records import Page, SellTradeQuery, TradeQuery

Notes = dict[str, Any]

LEAF_ROWS = 1500  # what one answer is trusted to hold
MOST_IDS = 500
MOST_MISSING = 500  # beyond it the history reads the stretch again, in windows
MOST_CALLS = 60
NARROWEST = timedelta(seconds=20)
CLEAR = timedelta(seconds=6)  # no row of ours this near to a cut: both readings of a bound agree


def begin(cell: Cell, *, by_ids: bool = False) -> Notes:
    """``by_ids``: the history has read again what it could, and the counts still differ."""
    return {"cell": list(cell), "stage": "whole", "todo": [], "ids": [], "calls": 0,
            "by_ids": by_ids}  # fmt: skip


def step(run: Run, question: str, notes: Notes) -> bool:
    """One call of the search; True when there is nothing more to ask."""
    notes["calls"] += 1
    if notes.get("many"):
        _leave_to_history(run, question, notes)
    else:
        _go_on(run, notes)
    is_found_out = notes["calls"] >= MOST_CALLS or len(notes["ids"]) >= MOST_IDS
    is_through = notes["stage"] == "windows" and not notes["todo"]
    return (is_found_out or is_through) and not notes.get("many")


def _go_on(run: Run, notes: Notes) -> None:
    match notes["stage"]:
        case "whole":
            _count_all(run, notes)
        case "dated":
            _count_dated(run, notes)
        case "asc" | "desc":
            _read_undated(run, notes)
        case _:
            _narrow(run, notes)


def _count_all(run: Run, notes: Notes) -> None:
    cell = Cell(*notes["cell"])
    total = _total(run, notes, Window(None, None))
    held = census.of_cell(run.account, cell).count()
    notes.update(theirs=total, ours=held, stage="dated")
    if total == held:  # the market's list agrees with us: its statistics are what differs
        notes["stage"] = "windows"
    elif total <= _leaf(notes):
        notes.update(stage="windows", todo=[[None, None, total]])
    elif _is_too_much(notes, total - held):
        notes.update(stage="windows", many=[[None, None, total - held]])


def _count_dated(run: Run, notes: Notes) -> None:
    cell = Cell(*notes["cell"])
    dated = _total(run, notes, Window(EPOCH, None))
    held = census.of_cell(run.account, cell, Window(None, None)).count()
    notes["undated"] = notes["theirs"] - dated
    notes["todo"] = [[None, None, dated]] if dated != held else []
    same_undated = notes["undated"] == notes["ours"] - held
    notes["stage"] = "windows" if same_undated or cell.is_everything else "desc"


def _read_undated(run: Run, notes: Notes) -> None:
    """Rows without a date stand at one end of a sorted list; only all of them prove anything."""
    cell, end = Cell(*notes["cell"]), notes["stage"]
    page = run.sell_trades(
        SellTradeQuery(
            game_id=cell.game_id, status=cell.status, sort_by="created_at", sort_direction=end,
            limit=_limit(notes), offset=0,
        )
    )  # fmt: skip
    found = {row.upstream_id for row in page.trades if row.created_at is None}
    found |= {row.upstream_id for row in page.bad if row.upstream_id}
    seen = found | set(notes.pop("undated_ids", []))
    notes["stage"] = "asc" if end == "desc" else "windows"
    if len(seen) >= notes["undated"]:
        held = census.of_cell(run.account, cell).filter(created_at__isnull=True)
        _suspect(run, notes, seen ^ set(held.values_list("upstream_id", flat=True)))
        notes["stage"] = "windows"
    elif end == "desc":
        notes["undated_ids"] = sorted(seen)


def _narrow(run: Run, notes: Notes) -> None:
    start, end, total = notes["todo"].pop()
    window = windows.from_json([[start, end]])[0]
    if total <= _leaf(notes):
        _read_leaf(run, notes, window, total)
        return
    cut = _cut(run.account, Cell(*notes["cell"]), window)
    if cut is None:  # time cannot part these; the slow rotation goes through them by their ids
        notes["calls"] -= 1
        return
    newer, older = Window(cut, window.end), Window(window.start, cut)
    in_newer = _total(run, notes, newer)
    for part, count in ((older, total - in_newer), (newer, in_newer)):
        _keep_if_apart(run, notes, part, count)


def _keep_if_apart(run: Run, notes: Notes, part: Window, total: int) -> None:
    held = census.of_cell(run.account, Cell(*notes["cell"]), part).count()
    if _is_too_much(notes, total - held):
        notes.setdefault("many", []).append([*windows.to_json([part])[0], total - held])
    elif total != held:
        notes["todo"].append([*windows.to_json([part])[0], total])


def _read_leaf(run: Run, notes: Notes, window: Window, total: int) -> None:
    page = _list(run, notes, window, _limit(notes))
    if page.total != len(page):  # capped below what we ask, or moved: narrower
        notes["leaf"] = max(1, min(len(page), _leaf(notes) - 1))
        if window.end is None and window.start is None:
            notes["stage"] = "dated"
        else:
            notes["todo"].append([*windows.to_json([window])[0], max(total, page.total or 0)])
        return
    cell, is_all = Cell(*notes["cell"]), window == Window(None, None)
    ours = census.of_cell(run.account, cell, None if is_all else window)
    _suspect(run, notes, page.ids ^ set(ours.values_list("upstream_id", flat=True)))


def _suspect(run: Run, notes: Notes, ids: set[str]) -> None:
    """What we know that we cannot read is missing for a reason that is shown already."""
    bad = BadRecord.objects.filter(account=run.account, upstream_id__in=list(ids)[:MOST_IDS])
    known = set(bad.values_list("upstream_id", flat=True)) | {""}
    notes["ids"] = sorted({*notes["ids"], *(ids - known)})[:MOST_IDS]


def _is_too_much(notes: Notes, missing: int) -> bool:
    return missing > MOST_MISSING and not notes.get("by_ids")


def _leave_to_history(run: Run, question: str, notes: Notes) -> None:
    """One answer of the stretch tells what is wrong there, at least with its own rows."""
    start, end, missing = notes["many"][-1]
    window = windows.from_json([[start, end]])[0]
    page = _list(run, notes, window, _limit(notes))
    many.leave_to_history(run, question, Cell(*notes["cell"]), window, page, missing)
    notes["many"].pop()
    notes["was_left"] = True


def _total(run: Run, notes: Notes, window: Window) -> int:
    return _list(run, notes, window, 1).total or 0


def _list(run: Run, notes: Notes, window: Window, limit: int | None) -> Page:
    start, end = window.padded() if window != Window(EPOCH, None) else window
    cell = Cell(*notes["cell"])
    if cell.is_everything:
        return run.trades(TradeQuery(start=start, end=end, limit=limit, offset=0))
    query = SellTradeQuery(
        game_id=cell.game_id, status=cell.status, date_from=start, date_to=end,
        limit=limit, offset=0,
    )  # fmt: skip
    try:
        return run.sell_trades(query)
    except Refused:
        if limit in (None, 1):
            raise
        notes["limit_refused"] = True  # no seed page names a most for this list
        return _list(run, notes, window, None)


def _limit(notes: Notes) -> int | None:
    return None if notes.get("limit_refused") else PAGE_ROWS


def _leaf(notes: Notes) -> int:
    return int(notes.get("leaf", LEAF_ROWS))


def _cut(account: MarketAccount, cell: Cell, window: Window) -> datetime | None:
    """Where half of the window's trades lie on each side, as the day figures tell."""
    low, high = _ends(account, cell, window)
    if high - low <= NARROWEST:
        return None
    cut = _median_day(account, cell, low, high) or low + (high - low) / 2
    return _clear_of_rows(account, windows.whole_second(cut), high)


def _ends(account: MarketAccount, cell: Cell, window: Window) -> tuple[datetime, datetime]:
    """The window's ends; where it has none, those of our rows."""
    if window.start and window.end:
        return window.start, window.end
    span = census.of_cell(account, cell, window).aggregate(Min("created_at"), Max("created_at"))
    low = window.start or span["created_at__min"] or EPOCH
    last = span["created_at__max"]
    return low, window.end or (last + CLEAR if last else low)


def _median_day(
    account: MarketAccount, cell: Cell, low: datetime, high: datetime
) -> datetime | None:
    zone = ZoneInfo(account.stat_zone)
    days = DayStat.objects.filter(
        account=account, day__range=(low.astimezone(zone).date(), high.astimezone(zone).date())
    )
    if cell.status:
        days = days.filter(status=cell.status)
    if cell.game_id is not None:
        days = days.filter(game_id=cell.game_id)
    counts = list(days.values_list("day").annotate(Sum("count")).order_by("day"))
    half, so_far = sum(count for _, count in counts) / 2, 0
    for day, count in counts:
        so_far += count
        start = datetime(day.year, day.month, day.day, tzinfo=zone)
        if so_far >= half and low < start < high:
            return start
    return None


def _clear_of_rows(account: MarketAccount, cut: datetime, high: datetime) -> datetime:
    """The cut, moved to where none of our rows is near, if there is such a place nearby."""
    near = Trade.objects.filter(account=account, sort_at__gte=cut - CLEAR, sort_at__lt=high)
    before = cut - CLEAR
    for moment in near.order_by("sort_at").values_list("sort_at", flat=True)[:200]:
        if moment - before > 2 * CLEAR:
            break
        before = moment
    clear = windows.whole_second(before + CLEAR)
    return clear if clear < high else cut
