"""The market's own thirteen figures: all questions at first, then one each time, in rotation."""

from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction

from dashboard import clock
from trades.models import MarketStatistic, Stream
from trades.models.stat import NO_GAME
from trades.sync import cursors, pace
from trades.sync.lease import fence
from trades.sync.run import Run
from trades.upstreams.records import Statistics

QUESTIONS = (None, 730, 570, 440, 252490)
EVERY = timedelta(minutes=1)
WHILE_CALM = timedelta(minutes=4)


def step(run: Run) -> None:
    is_first_round = run.state.cursor.get("asked", 0) < len(QUESTIONS)
    if is_first_round or pace.is_its_turn(run, run.state.due_at):
        _ask(run)


def _ask(run: Run) -> None:
    asked = run.state.cursor.get("asked", 0)
    game_id = QUESTIONS[asked % len(QUESTIONS)]
    asked_at = clock.now()
    figures = run.ask(lambda: run.market.statistics(game_id))
    run.state.cursor["asked"] = asked + 1
    run.due_in(timedelta() if asked + 1 < len(QUESTIONS) else _wait(run))
    _store(run, game_id, figures, asked_at)


def _wait(run: Run) -> timedelta:
    return WHILE_CALM if pace.is_calm(run.account) else EVERY


def _store(run: Run, game_id: int | None, figures: Statistics, asked_at: datetime) -> None:
    with transaction.atomic():
        fence(run.lease)
        MarketStatistic.objects.update_or_create(
            account=run.account,
            game_id=game_id or NO_GAME,
            defaults={**asdict(figures), "asked_at": asked_at},
        )
        run.save()
        cursors.wake(run.account, [Stream.RECONCILE])
