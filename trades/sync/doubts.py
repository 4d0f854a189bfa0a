"""Rows that came without an id: nobody can ask for them, so their question is asked again.

An answer that holds such rows is in doubt until readings agree; only then do they count as trades.
What a later reading of the same question no longer shows was damaged on its way, and is forgotten.
"""

from typing import Any, NamedTuple

from accounts.models import MarketAccount
from trades.sync import unreadable, whereabouts
from trades.sync.windows import Window
from trades.upstreams.records import Page

ENOUGH_ALIKE = 3  # readings in a row: damage seldom strikes the same row as often
MOST_READINGS = 8  # where they keep differing, the counts tell what is missing

Notes = dict[str, Any]


class Judged(NamedTuple):
    """A reading of a question: whether it needs no further one, and what it says of the rows."""

    is_settled: bool
    gone: list[str] = []
    agreed: list[str] = []
    whole: tuple[Window, Page] | None = None  # it held all of the window, and none in doubt

    def note(self, account: MarketAccount) -> None:
        """In the transaction that stores the answer."""
        unreadable.forget_nameless(account, self.gone)
        unreadable.agree_on(account, self.agreed)
        if self.whole:
            whereabouts.narrow(account, *self.whole)


def judge(notes: Notes, question: str, page: Page, window: Window) -> Judged:
    """Take a reading in; what is known of ``question`` stands in the stream's notes.

    ``window``: what the answer covers whichever way the market reads its bounds.
    """
    judged = _judged(notes, question, page)
    is_whole = judged.is_settled and page.total == len(page)
    return judged._replace(whole=(window, page)) if is_whole else judged


def _judged(notes: Notes, question: str, page: Page) -> Judged:
    doubts = notes.setdefault("doubts", {})
    rows = sorted(unreadable.nameless(page.bad))
    last = doubts.pop(question, None)
    if last is None or last["settled"]:
        return _first_reading(doubts, question, rows, last["rows"] if last else [])
    alike = last["alike"] + 1 if rows == last["rows"] else 1
    readings = last["readings"] + 1
    agree = alike >= ENOUGH_ALIKE
    settled = not rows or agree or readings >= MOST_READINGS
    if rows:
        doubts[question] = {
            "rows": rows, "alike": alike, "readings": readings, "settled": settled,
        }  # fmt: skip
    return Judged(settled, sorted({*last["rows"]} - {*rows}), rows if agree else [])


def _first_reading(doubts: Notes, question: str, rows: list[str], known: list[str]) -> Judged:
    """Rows that were settled before raise no doubt again, and may leave a question that moves."""
    settled = {*rows} <= {*known}
    if rows:
        doubts[question] = {"rows": rows, "alike": 1, "readings": 1, "settled": settled}
    return Judged(settled)


def open_questions(notes: Notes) -> list[str]:
    return [each for each, doubt in notes.get("doubts", {}).items() if not doubt["settled"]]


def close(notes: Notes, question: str) -> None:
    """It is not asked any more."""
    notes.get("doubts", {}).pop(question, None)
