"""One difference in the counts followed to its end: waited for, searched, put right or shown.

``wait`` until open and new trades were read again, ``ask`` once more, ``search`` the trades,
``confirm`` them by their ids, and ``ask`` again. What is left after that is shown as it stands.
"""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import DifferenceKind, Stream, SyncState
from trades.sync import cursors
from trades.sync.drift import confirm, journal, questions, search
from trades.sync.drift.census import OTHER, TOTAL
from trades.sync.run import Run

Notes = dict[str, Any]

LOOK_AGAIN = timedelta(seconds=3)
LONG_ENOUGH = timedelta(seconds=90)  # frozen trades are read once a minute
GIVE_UP = timedelta(minutes=10)  # no new trades could be read: the next rotation starts anew
SHOWN_FROM = 2  # cases that end the same way: one alone may be a trade that moved meanwhile
KNOWN_FOR = timedelta(hours=1)  # a difference that was searched is not searched again so soon


def open_case(run: Run, question: str, apart: dict[str, int]) -> None:
    run.state.cursor["case"] = {
        "question": question,
        "since": clock.now().isoformat(),
        "apart": apart,
        "stage": "wait",
        "searched": [],
        "equal": [],
    }
    cursors.wake(run.account, [Stream.OPEN, Stream.RECENT])


def is_known(notes: Notes, question: str, apart: dict[str, int]) -> bool:
    """It stands and was searched lately."""
    known = notes.get("known", {}).get(question)
    if not known or known["apart"] != apart:
        return False
    return datetime.fromisoformat(known["until"]) > clock.now()


def follow(run: Run) -> None:
    """One step of the case in hand, of one call at most."""
    case = run.state.cursor["case"]
    match case["stage"]:
        case "wait":
            _wait(run, case)
        case "ask":
            _ask_again(run, case)
        case "search":
            _search(run, case)
        case _:
            _confirm(run, case)


def _wait(run: Run, case: Notes) -> None:
    waited = clock.now() - datetime.fromisoformat(case["since"])
    if _was_read_again(run.account, case["since"], waited):
        case["stage"] = "ask"
    elif waited > GIVE_UP:
        run.state.cursor.pop("case")
    else:
        run.due_in(LOOK_AGAIN)
    run.save()


def _was_read_again(account: MarketAccount, since: str, waited: timedelta) -> bool:
    states = SyncState.objects.filter(account=account, last_good_at__gt=since)
    again = set(states.values_list("stream", flat=True))
    return Stream.RECENT in again and (Stream.OPEN in again or waited > LONG_ENOUGH)


def _ask_again(run: Run, case: Notes) -> None:
    told = questions.ask(run, case["question"])
    case["apart"] = questions.apart(run.account, case["question"], told)
    if case["apart"]:
        _next_search(run, case)
    else:
        agreed(run, case["question"])
        run.state.cursor.pop("case")
    run.save()


def _next_search(run: Run, case: Notes) -> None:
    for cell in sorted(case["apart"], key=lambda each: (each in (OTHER, TOTAL), each)):
        where = questions.cell_of(case["question"], cell)
        if list(where) not in case["searched"]:
            case["searched"].append(list(where))
            case.update(stage="search", search=search.begin(where))
            return
    _conclude(run, case)


def _search(run: Run, case: Notes) -> None:
    notes = case["search"]
    if not search.step(run, notes):
        run.save()
        return
    if notes["ids"]:
        case.update(stage="confirm", ids=notes["ids"])
    else:
        if notes.get("theirs") == notes.get("ours"):
            case["equal"].append(notes["cell"])
        _next_search(run, case)
    run.save()


def _confirm(run: Run, case: Notes) -> None:
    since = datetime.fromisoformat(case["since"])
    case["ids"] = confirm.next_batch(run, case["ids"], since)
    if not case["ids"]:
        case["stage"] = "ask"
    run.save()


def _conclude(run: Run, case: Notes) -> None:
    """Everything was looked through and the counts still differ: said with size and since when."""
    notes, question = run.state.cursor, case["question"]
    notes.pop("case")
    doubts = notes.setdefault("doubts", {}).setdefault(question, {})
    for cell in [each for each in doubts if each not in case["apart"]]:
        del doubts[cell]
    for cell in case["apart"]:
        doubt = doubts.setdefault(cell, {"since": case["since"], "times": 0})
        doubt["times"] += 1
        if doubt["times"] >= SHOWN_FROM:
            _show(run, case, cell, datetime.fromisoformat(doubt["since"]))
    marks = [_mark(question, cell) for cell in case["apart"]]
    journal.mend_all_but(run.account, _mark(question, ""), marks)
    if all(doubt["times"] >= SHOWN_FROM for doubt in doubts.values()):
        until = (clock.now() + KNOWN_FOR).isoformat()
        notes.setdefault("known", {})[question] = {"apart": case["apart"], "until": until}


def _show(run: Run, case: Notes, cell: str, since: datetime) -> None:
    question, missing = case["question"], case["apart"][cell]
    where = questions.cell_of(question, cell)
    kind = DifferenceKind.MARKET if list(where) in case["equal"] else DifferenceKind.UNEXPLAINED
    journal.stands(
        run.account, kind, _mark(question, cell), since,
        game_id=where.game_id, status=cell, size=abs(missing),
        theirs=f"{missing:+d}",
    )  # fmt: skip


def agreed(run: Run, question: str) -> None:
    notes = run.state.cursor
    notes.setdefault("checked", {})[question] = clock.now().isoformat()
    notes.get("doubts", {}).pop(question, None)
    notes.get("known", {}).pop(question, None)
    journal.mend_all_but(run.account, _mark(question, ""), [])


def _mark(question: str, cell: str) -> str:
    return f"count:{question}:{cell}"
