"""So many trades missing from a stretch that no search names each: the history reads it again.

What one answer shows is named by its ids; of the rest only the size is known. All of it stands
until the counts agree.
"""

from collections import defaultdict
from typing import Any

from django.db import transaction

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import BadRecord, DifferenceKind, Direction
from trades.sync import windows
from trades.sync.drift import journal, questions
from trades.sync.drift.census import Cell
from trades.sync.drift.verdicts import Held, held_rows, ours_in_words, told_in_words, verdict
from trades.sync.lease import fence
from trades.sync.run import Run
from trades.sync.streams import backfill
from trades.sync.streams.recent import OVERLAP, newest_seen
from trades.sync.windows import Window
from trades.upstreams.records import Page

LONGEST_WORDS = 200

Seen = dict[DifferenceKind, list[tuple[str, str]]]  # what our row says, and what the market's does


def leave_to_history(
    run: Run, question: str, cell: Cell, window: Window, page: Page, missing: int
) -> None:
    """``page``: an answer of the cell's trades in the window, of which ``missing`` are not ours."""
    seen = _seen(run, cell, page)
    rest = missing - sum(map(len, seen.values()))
    with transaction.atomic():
        fence(run.lease)
        for kind, words in seen.items():
            ours, theirs = (_listed(each) for each in zip(*words, strict=True))
            mark = _mark(question, cell, kind, window)
            _stands(run.account, kind, mark, cell, size=len(words), ours=ours, theirs=theirs)
        if rest > 0:
            mark = _mark(question, cell, DifferenceKind.MANY, window)
            _stands(run.account, DifferenceKind.MANY, mark, cell, size=rest, theirs=f"{rest:+d}")
        backfill.reopen(run.account, window)


def _seen(run: Run, cell: Cell, page: Page) -> Seen:
    settled_before = newest_seen(run) - OVERLAP
    held = held_rows(run.account, [row.upstream_id for row in page.trades])
    bad = BadRecord.objects.filter(account=run.account).exclude(upstream_id="")
    unread = set(bad.values_list("upstream_id", flat=True))
    found: Seen = defaultdict(list)
    for record in page.trades:
        mine = held.get(record.upstream_id)
        kind = verdict(record, mine, settled_before)
        if kind and record.upstream_id not in unread and not _is_counted(cell, mine):
            found[kind].append((ours_in_words(kind, mine), told_in_words(kind, record)))
    return found


def _is_counted(cell: Cell, held: Held | None) -> bool:
    """Whether our row is one of the cell, as ``census.of_cell`` finds them."""
    if held is None:
        return False
    columns = held.columns
    return (
        (cell.is_everything or columns["direction"] == Direction.SELL)
        and (cell.game_id is None or columns["game_id"] == cell.game_id)
        and (not cell.status or columns["status"] == cell.status)
    )


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(sorted({*words} - {""}))[:LONGEST_WORDS]


def _mark(question: str, cell: Cell, kind: DifferenceKind, window: Window) -> str:
    start, end = windows.to_json([window])[0]
    return questions.mark(question, cell.status, kind, start or "", end or "")


def _stands(
    account: MarketAccount, kind: DifferenceKind, mark: str, cell: Cell, **columns: Any
) -> None:
    journal.stands(
        account, kind, mark, clock.now(), game_id=cell.game_id, status=cell.status, **columns
    )
