"""The mirror beside the market's own counts: where they differ, which trades, and since when.

Each answer of the statistics is compared when it comes, and once a rotation the totals of both
lists. A difference becomes a case (``sync/drift/cases.py``); besides, every row is gone through
once a day (``sync/drift/walk.py``). Counts say where to look, only ids say what is wrong.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import BadRecord, DifferenceKind, MarketStatistic, Stream, SyncState
from trades.sync import pace, recount
from trades.sync.drift import cases, census, confirm, journal, questions, walk
from trades.sync.lease import fence
from trades.sync.run import Run
from trades.sync.unreadable import due_again

UNTIL_THE_HISTORY_IS_READ = timedelta(minutes=1)
MOST_SUSPECTS = 500
ASK_AGAIN_EVERY = timedelta(minutes=1)


def step(run: Run) -> None:
    """One call at most: suspected ids first, then the case in hand, new answers, the rotation."""
    if not _history_is_read(run.account):
        run.due_in(UNTIL_THE_HISTORY_IS_READ)
        run.save()
        return
    run.due_in(timedelta())
    notes = run.state.cursor
    _take_wishes(run, notes)
    if notes.get("suspects"):
        _ask_for_suspects(run, notes)
    elif "case" in notes:
        cases.follow(run)
    elif told := _unjudged(run.account, notes):
        _judge(run, notes, told)
    elif notes.get("totals"):
        if pace.is_its_turn(run, _moment(notes, "totals_at")):
            _compare_total(run, notes)
    elif not _rests(run, notes) and pace.is_its_turn(run, _walk_due(notes)):
        _walk(run, notes)


def _history_is_read(account: MarketAccount) -> bool:
    """While the history arrives, everything differs."""
    states = {state.stream: state for state in SyncState.objects.filter(account=account)}
    history, undated = states.get(Stream.BACKFILL), states.get(Stream.UNDATED)
    if history is None or undated is None:
        return False
    at_work = history.due_at is not None and history.due_at <= clock.now()
    return bool(history.finished_at and undated.finished_at) and not at_work


def _take_wishes(run: Run, notes: dict[str, Any]) -> None:
    """Rows that somebody wants to be read from the market again, and those whose turn it is."""
    wished = BadRecord.objects.filter(account=run.account, ask_again=True)
    ids = set(wished.exclude(upstream_id="").values_list("upstream_id", flat=True)[:MOST_SUSPECTS])
    if ids:
        wished.filter(upstream_id__in=ids).update(ask_again=False)
        _suspect(notes, sorted(ids))
    last = notes.get("asked_again")
    if last is None or clock.now() - datetime.fromisoformat(last) >= ASK_AGAIN_EVERY:
        notes["asked_again"] = clock.now().isoformat()
        _suspect(notes, due_again(run.account, confirm.BATCH))


def _suspect(notes: dict[str, Any], ids: list[str]) -> None:
    if not ids:
        return
    waiting = notes.setdefault("suspects", [])
    waiting += [each for each in ids if each not in waiting]
    notes.setdefault("suspects_since", clock.now().isoformat())


def _ask_for_suspects(run: Run, notes: dict[str, Any]) -> None:
    since = datetime.fromisoformat(notes["suspects_since"])
    notes["suspects"] = confirm.next_batch(run, notes["suspects"], since)
    if not notes["suspects"]:
        notes.pop("suspects"), notes.pop("suspects_since")
    run.save()


def _unjudged(account: MarketAccount, notes: dict[str, Any]) -> MarketStatistic | None:
    """An answer of the statistics that was not compared yet."""
    judged = notes.setdefault("judged", {})
    for told in MarketStatistic.objects.filter(account=account).order_by("game_id"):
        if judged.get(questions.of_statistic(told), "") < told.asked_at.isoformat():
            return told
    return None


def _judge(run: Run, notes: dict[str, Any], told: MarketStatistic) -> None:
    question = questions.of_statistic(told)
    notes["judged"][question] = told.asked_at.isoformat()
    if question == questions.ALL:
        notes.update(totals=list(questions.TOTALS), totals_at=clock.now().isoformat())
        _check_ourselves(run)
    _compare(run, notes, question, census.theirs(told))
    run.save()


def _compare_total(run: Run, notes: dict[str, Any]) -> None:
    question = notes["totals"].pop(0)
    _compare(run, notes, question, questions.ask(run, question))
    run.save()


def _compare(run: Run, notes: dict[str, Any], question: str, told: census.Counts) -> None:
    held = questions.ours(run.account, question)
    apart = questions.apart(run.account, question, told, held)
    notes["compared_at"] = clock.now().isoformat()
    if not apart:
        cases.agreed(run, question)
    elif not cases.is_known(notes, question, apart):
        cases.open_case(run, question, apart)


def _check_ourselves(run: Run) -> None:
    """Our own figures against our own rows, and the statuses that no document names."""
    now = clock.now()
    with transaction.atomic():
        fence(run.lease)
        if not census.day_figures_agree(run.account):
            recount.rebuild(run.account)
            journal.was_mended(run.account, DifferenceKind.FIGURES, "figures", now)
        unknown = census.unknown_statuses(run.account)
        for status, count in unknown.items():
            journal.stands(
                run.account, DifferenceKind.UNKNOWN_STATUS, f"unknown:{status}", now,
                status=status, size=count,
            )  # fmt: skip
        journal.mend_all_but(run.account, "unknown:", [f"unknown:{each}" for each in unknown])


def _moment(notes: dict[str, Any], name: str) -> datetime | None:
    return datetime.fromisoformat(notes[name]) if name in notes else None


def _walk_due(notes: dict[str, Any]) -> datetime | None:
    return _moment(notes.get("walk", {}), "due")


def _rests(run: Run, notes: dict[str, Any]) -> bool:
    """Between two windows of the daily round."""
    due = _walk_due(notes)
    if due is None or due <= clock.now():
        return False
    run.state.due_at = due
    run.save()
    return True


def _walk(run: Run, notes: dict[str, Any]) -> None:
    _suspect(notes, walk.step(run, notes.setdefault("walk", {})))
    run.save()
