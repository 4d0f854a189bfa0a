"""One difference in the counts followed to its end: waited for, searched, put right or shown.

``wait`` until open and new trades were read again, ``ask`` once more, look where the ``nameless``
rows stood if we count too many, ``search`` the trades, ``confirm`` them by their ids, and ``ask``
again. What is left after that must not change over a ``rest`` in which everything was read again;
then it is shown as it stands.
"""

from datetime import datetime, timedelta
from typing import Any

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import DifferenceKind, Stream, SyncState
from trades.sync import cursors
from trades.sync.drift import confirm, journal, nameless, questions, search
from trades.sync.drift.census import OTHER, TOTAL, Counts
from trades.sync.run import Run
from trades.sync.streams import moving, undated

Notes = dict[str, Any]

LOOK_AGAIN = timedelta(seconds=3)
LONG_ENOUGH = timedelta(minutes=5)  # for open trades, so many that reading them takes longer
GIVE_UP = timedelta(minutes=10)  # no new trades could be read: the next rotation starts anew
MOST_WEIGHINGS = 3  # where something moves all the time, the next rotation tries again
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
    if sum(apart.values()) > 0:
        undated.look_again(run.account)


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
        case "nameless":
            _look_for_nameless(run, case)
        case "rest":
            _rest(run, case)
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
    """New trades, and every one that may move: what is not read yet must not pass for lost."""
    states = SyncState.objects.filter(account=account)
    is_new_read = states.filter(stream=Stream.RECENT, last_good_at__gt=since).exists()
    notes = states.values_list("cursor", flat=True).get(stream=Stream.OPEN)
    were_read = moving.were_read_since(notes, datetime.fromisoformat(since))
    return is_new_read and (were_read or waited > LONG_ENOUGH)


def _ask_again(run: Run, case: Notes) -> None:
    question = case["question"]
    told = questions.ask(run, question)
    held = questions.ours(run.account, question)
    case["apart"] = questions.apart(run.account, question, told, held)
    if case["apart"]:
        if not (_may_be_gone(run, case) or _next_search(case)):
            _weigh(run, case, told, held)
    else:
        agreed(run, case["question"])
        run.state.cursor.pop("case")
    run.save()


def _may_be_gone(run: Run, case: Notes) -> bool:
    """Rows without an id, looked for once a case; they count in the total of all directions."""
    too_many = case["question"] == questions.EVERYTHING and sum(case["apart"].values()) < 0
    if not too_many or "nameless" in case:
        return False
    case["nameless"] = nameless.begin(run.account)
    if case["nameless"]:
        case["stage"] = "nameless"
    return bool(case["nameless"])


def _look_for_nameless(run: Run, case: Notes) -> None:
    if nameless.step(run, case["nameless"]):
        case["stage"] = "ask"
    run.save()


def _next_search(case: Notes) -> bool:
    """Begin with a cell that was not searched yet; False when all were."""
    for cell in sorted(case["apart"], key=lambda each: (each in (OTHER, TOTAL), each)):
        where = questions.cell_of(case["question"], cell)
        if list(where) not in case["searched"]:
            case["searched"].append(list(where))
            by_ids = list(where) in case.get("left", [])
            case.update(stage="search", search=search.begin(where, by_ids=by_ids))
            return True
    return False


def _search(run: Run, case: Notes) -> None:
    notes = case["search"]
    if not search.step(run, case["question"], notes):
        run.save()
        return
    if notes.get("was_left"):  # what the history leaves as it is goes by its ids
        case.setdefault("left", []).append(notes["cell"])
    if notes["ids"]:
        case.update(stage="confirm", ids=notes["ids"])
    else:
        if notes.get("theirs") == notes.get("ours"):
            case["equal"].append(notes["cell"])
        if not _next_search(case):
            case["stage"] = "ask"
    run.save()


def _confirm(run: Run, case: Notes) -> None:
    since = datetime.fromisoformat(case["since"])
    case["ids"] = confirm.next_batch(run, case["ids"], since)
    if not case["ids"]:
        case["stage"] = "ask"
    run.save()


def _weigh(run: Run, case: Notes, told: Counts, held: Counts) -> None:
    """Everything was looked through and the counts still differ: it stands if nothing moves.

    Once all that may move was read and searched again, both counts must be what they were before.
    """
    weighed = {"told": dict(told), "held": dict(held)}
    if case.get("weighed") == weighed:
        _conclude(run, case)
    elif case.get("weighings", 0) >= MOST_WEIGHINGS:
        run.state.cursor.pop("case")
    else:
        case.update(stage="rest", weighed=weighed, weighings=case.get("weighings", 0) + 1)
        case.update(searched=[], equal=[])  # what came before this may hide behind no date
        case["rest_since"] = clock.now().isoformat()
        cursors.hasten_open(run.account)
        cursors.wake(run.account, [Stream.RECENT])


def _rest(run: Run, case: Notes) -> None:
    since = case["rest_since"]
    if _all_was_read(run.account, since):
        case["stage"] = "ask"
    elif clock.now() - datetime.fromisoformat(since) > GIVE_UP:
        run.state.cursor.pop("case")
    else:
        run.due_in(LOOK_AGAIN)
    run.save()


def _all_was_read(account: MarketAccount, since: str) -> bool:
    """New trades, and every open one: that stream rests again after it was made to start over."""
    states = SyncState.objects.filter(account=account)
    is_new_read = states.filter(stream=Stream.RECENT, last_good_at__gt=since).exists()
    rests = states.filter(stream=Stream.OPEN, due_at__gt=clock.now(), failures=0)
    return is_new_read and rests.exists()


def _conclude(run: Run, case: Notes) -> None:
    """It stands: said with its size and since when, and not searched again so soon."""
    notes, question = run.state.cursor, case["question"]
    notes.pop("case")
    for cell in case["apart"]:
        _show(run, case, cell, datetime.fromisoformat(case["since"]))
    marks = [questions.mark(question, cell) for cell in case["apart"]]
    journal.mend_all_but(run.account, questions.mark(question, ""), marks)
    until = (clock.now() + KNOWN_FOR).isoformat()
    notes.setdefault("known", {})[question] = {"apart": case["apart"], "until": until}


def _show(run: Run, case: Notes, cell: str, since: datetime) -> None:
    question, missing = case["question"], case["apart"][cell]
    where = questions.cell_of(question, cell)
    kind = DifferenceKind.MARKET if list(where) in case["equal"] else DifferenceKind.UNEXPLAINED
    journal.stands(
        run.account, kind, questions.mark(question, cell), since,
        game_id=where.game_id, status=cell, size=abs(missing),
        theirs=f"{missing:+d}",
    )  # fmt: skip


def agreed(run: Run, question: str) -> None:
    notes = run.state.cursor
    notes.setdefault("checked", {})[question] = clock.now().isoformat()
    notes.get("known", {}).pop(question, None)
    journal.mend_all_but(run.account, questions.mark(question, ""), [])
