"""Celery's entry points: they take ids, call one function and return a small dict for the log."""

import logging
import time
from typing import Any

from celery import Task, shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from kombu.exceptions import OperationalError

from trades.services import exporting, inventory, keys, resending, sending
from trades.sync import cursors, engine, housekeeping, recount, replay

logger = logging.getLogger(__name__)
BROKER_REST = 5.0  # seconds without another try, as each may keep somebody's page waiting
EXPIRES = 30  # a wake-up that nobody took in time is void: the next tick finds the work anyway

_broker_rests_until = 0.0


@shared_task
def sync_due() -> dict[str, int]:
    """The tick: one task for each account, key, sell and inventory that waits for its turn."""
    waiting: list[tuple[Task[..., Any], QuerySet[Any]]] = [
        (step_sell, sending.requests_due()),
        (step_resend, resending.requests_due()),
        (read_bad_rows, replay.accounts_waiting()),
        (follow_zone, recount.accounts_to_move()),
        (sync_account, cursors.due_accounts()),
        (verify_key, keys.keys_to_verify()),
        (read_inventory, inventory.due()),
        (make_export, exporting.due()),
    ]
    woken = {}
    for task, rows in waiting:
        ids = list(rows.values_list("pk", flat=True))
        for pk in ids:
            wake(task, pk)
        woken[task.name.rpartition(".")[2]] = len(ids)
    return woken


@shared_task
def sync_account(account_id: int) -> dict[str, Any]:
    report = engine.run_slice(account_id)
    if report is None:
        return {"account": account_id, "busy": True}
    if next_one := cursors.longest_waiting_beside(account_id):
        wake(sync_account, next_one)
    return {"account": account_id, "streams": len(report.tallies), "errors": report.errors}


@shared_task
def read_bad_rows(account_id: int) -> dict[str, Any]:
    outcome = replay.retry_unreadable(account_id)
    return {"account": account_id, "bad": outcome.bad if outcome else None}


@shared_task
def follow_zone(account_id: int) -> dict[str, Any]:
    return {"account": account_id, "zone": recount.follow_zone(account_id)}


@shared_task
def verify_key(key_id: int) -> dict[str, Any]:
    return {"key": key_id, "state": keys.verify_in_turn(key_id)}


@shared_task
def step_sell(request_id: int) -> dict[str, Any]:
    sending.step(request_id)
    return {"sell": request_id}


@shared_task
def step_resend(request_id: int) -> dict[str, Any]:
    resending.step(request_id)
    return {"resend": request_id}


@shared_task
def read_inventory(inventory_id: int) -> dict[str, Any]:
    return {"inventory": inventory_id, "state": inventory.read(inventory_id)}


@shared_task
def make_export(export_id: int) -> dict[str, Any]:
    return {"export": export_id, "state": exporting.make(export_id)}


@shared_task
def keep_house() -> dict[str, int]:
    _send(purge_closed_teams)
    return {
        "runs_dropped": housekeeping.drop_old_runs(),
        "differences_dropped": housekeeping.drop_old_differences(),
        "watches_dropped": housekeeping.drop_closed_pages(),
        "exports_dropped": exporting.drop_expired(),
    }


@shared_task
def purge_closed_teams() -> dict[str, int]:
    """A step at a time, so that other tasks come in between."""
    gone = housekeeping.purge_closed_teams()
    if gone:
        _send(purge_closed_teams)
    return {"rows_deleted": gone}


def wake(task: "Task[..., Any]", pk: int) -> None:
    """Start a task once the transaction in hand is committed; a dead broker costs time only."""
    transaction.on_commit(lambda: _send(task, pk))


def _send(task: "Task[..., Any]", *ids: int) -> None:
    global _broker_rests_until
    if not settings.REDIS_URL or time.monotonic() < _broker_rests_until:
        return
    try:
        task.apply_async(ids, expires=EXPIRES, retry=False)
    except OperationalError as error:
        _broker_rests_until = time.monotonic() + BROKER_REST
        logger.warning("task=%s id=%s not woken: %s", task.name, ids, type(error).__name__)
