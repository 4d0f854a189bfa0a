"""Mannco's pending trades, read each time. What left them ended in a way that this list hides."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from trades.connect import narrowed
from trades.models import Stream, Trade
from trades.sync import cursors, watching
from trades.sync.run import Run
from trades.upstreams.mannco.client import ManncoClient
from trades.upstreams.mannco.parse import with_game_if_missing
from trades.upstreams.records import TradeRecord

WHILE_BUSY = timedelta(seconds=5)
WHILE_QUIET = timedelta(seconds=30)


def step(run: Run) -> None:
    client = narrowed(run.client, ManncoClient)
    page = run.ask(client.active)
    listed = page.ids
    left = set(run.state.cursor.get("listed", [])) - listed
    run.state.cursor["listed"] = sorted(listed)
    run.due_in(_wait(run, busy=bool(listed)))

    def confirm(_: object) -> None:
        if left:  # completed, failed or hidden: only the other list says
            cursors.wake(run.account, [Stream.NEWEST])

    run.store(replace(page, trades=tuple(_with_known_games(run, page.trades))), confirm)


def _wait(run: Run, *, busy: bool) -> timedelta:
    if watching.is_watched(run.account):
        return watching.EVERY
    return WHILE_BUSY if busy else WHILE_QUIET


def _with_known_games(run: Run, records: Sequence[TradeRecord]) -> list[TradeRecord]:
    """This list does not name the game, which must not make it unknown again."""
    ids = [record.upstream_id for record in records]
    held = Trade.objects.filter(account=run.account, upstream_id__in=ids)
    games = dict(held.values_list("upstream_id", "game_id"))
    return [with_game_if_missing(record, games.get(record.upstream_id)) for record in records]
