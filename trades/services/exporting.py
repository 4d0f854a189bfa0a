"""A file of the filtered history: a small one at once, a large one made by a worker.

Both are read from one snapshot, so that the count and the sum in front agree with the rows.
"""

import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts import audit
from accounts.models import Team, User
from dashboard import clock
from dashboard.errors import UserError
from trades import queries
from trades.exports.formats import writer
from trades.exports.preface import preface
from trades.exports.reading import Sums, setting_of, stretches, sums
from trades.filters import TradeFilter
from trades.models.export import UNFINISHED, Export, ExportChunk, ExportState
from trades.snapshot import snapshot

AT_ONCE = 10_000  # rows
KEPT = timedelta(hours=24)
MOST_UNFINISHED = 3  # a person
LEASE_TIME = timedelta(seconds=90)
CHUNK_BYTES = 1 << 20
LONGEST_SENTENCE = 300


class LeaseLostError(Exception):
    """Another worker makes it now, or nobody wants it any more."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants as a file."""

    team: Team
    wanted: TradeFilter
    columns: Sequence[str]
    form: str
    has_preface: bool
    zone: str


def pieces(
    order: Order, tell: Callable[[Sums], None] = lambda _: None
) -> Iterator[tuple[int, bytes]]:
    """(rows, bytes) stretch by stretch; ``tell`` hears the sums before the first row."""
    with snapshot() as using:
        accounts = queries.accounts_of(order.team)
        trades = queries.matching(order.team, order.wanted, accounts, using=using)
        counted, zone = sums(trades), ZoneInfo(order.zone)
        tell(counted)
        file = writer(order.form, order.columns)
        if order.has_preface:
            told = preface(order.team, order.wanted, accounts, counted, zone=zone, using=using)
            yield 0, file.preface(told)
        yield 0, file.heading()
        for rows in stretches(trades, order.wanted, order.columns, setting_of(accounts, zone)):
            yield len(rows), file.rows(rows)


def at_once(order: Order, *, by: User) -> Iterator[bytes]:
    """The file itself, noted in the audit before its first byte."""
    with transaction.atomic():
        _note(order, by)
    return (piece for _, piece in pieces(order))


def ask(order: Order, *, by: User) -> Export:
    """A worker makes it; ``UserError`` when the person has enough of them under way."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=by.pk)
        if Export.objects.filter(by=by, state__in=UNFINISHED).count() >= MOST_UNFINISHED:
            raise UserError(
                f"{MOST_UNFINISHED} of your exports are still being made. "
                "Wait for one of them, or cancel it."
            )
        now = clock.now()
        export = Export.objects.create(
            team=order.team,
            by=by,
            params=order.wanted.params(),
            columns=list(order.columns),
            format=order.form,
            has_preface=order.has_preface,
            zone=order.zone,
            created_at=now,
            expires_at=now + KEPT,
        )
        _note(order, by, export)
    return export


def _note(order: Order, by: User, export: Export | None = None) -> None:
    asked = [[name, text] for name, text in order.wanted.params()]
    detail = {"format": order.form, "filter": asked, "columns": list(order.columns)}
    audit.record("export.asked", team=order.team, actor=by, obj=export, detail=detail)


def due() -> QuerySet[Export]:
    now = clock.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    return Export.objects.filter(free, state__in=UNFINISHED, expires_at__gt=now)


def make(export_id: int) -> str:
    """Make a file that is due; its state afterwards, "" when somebody else is at it."""
    token = uuid.uuid4()
    lease = {"lease_token": token, "lease_until": clock.now() + LEASE_TIME}
    if not due().filter(pk=export_id).update(**lease, state=ExportState.MAKING):
        return ""
    held = Export.objects.filter(pk=export_id, lease_token=token, state=ExportState.MAKING)
    export = Export.objects.select_related("team").get(pk=export_id)
    try:
        _write(export, held)
    except LeaseLostError:
        return ""
    return _end(held, export)


def _write(export: Export, held: QuerySet[Export]) -> None:
    """From the start: what a dead worker left behind is of another snapshot."""
    ExportChunk.objects.filter(export=export).delete()
    _keep(held, rows_done=0, size_bytes=0, rows_total=None)
    order = order_of(export)
    pending, rows, number = bytearray(), 0, 0
    for count, piece in pieces(order, lambda counted: _keep(held, rows_total=counted.rows)):
        rows, pending = rows + count, pending + piece
        if len(pending) >= CHUNK_BYTES:
            _keep_chunk(held, export, number, bytes(pending), rows)
            pending, rows, number = bytearray(), 0, number + 1
    _keep_chunk(held, export, number, bytes(pending), rows)


def order_of(export: Export) -> Order:
    wanted = TradeFilter.from_params(export.params, ZoneInfo(export.zone))
    return Order(
        export.team, wanted, export.columns, export.format, export.has_preface, export.zone
    )


def _keep_chunk(
    held: QuerySet[Export], export: Export, number: int, piece: bytes, rows: int
) -> None:
    with transaction.atomic():
        ExportChunk.objects.create(export=export, number=number, packed=zlib.compress(piece, 1))
        _keep(held, rows_done=F("rows_done") + rows, size_bytes=F("size_bytes") + len(piece))


def _keep(held: QuerySet[Export], **columns: object) -> None:
    """Note how far it is while it is still ours, else stop."""
    if not held.update(**columns, lease_until=clock.now() + LEASE_TIME):
        raise LeaseLostError


def _end(held: QuerySet[Export], export: Export) -> str:
    """Ready only when as many rows came as were counted in front."""
    done = {"lease_token": None, "lease_until": None, "ready_at": clock.now()}
    if held.filter(rows_done=F("rows_total")).update(**done, state=ExportState.READY):
        return ExportState.READY
    error = "The rows did not agree with their count, so the file was thrown away. Try again."
    held.update(**done, state=ExportState.FAILED, error=error)
    ExportChunk.objects.filter(export=export).delete()
    return ExportState.FAILED


def file_of(export: Export) -> Iterator[bytes]:
    """The bytes of a ready file, one chunk in memory at a time."""
    chunks = ExportChunk.objects.filter(export=export).order_by("number")
    for number in chunks.values_list("number", flat=True):
        packed = ExportChunk.objects.values_list("packed", flat=True).get(
            export=export, number=number
        )
        yield zlib.decompress(bytes(packed))


def withdraw(export: Export, *, by: User) -> None:
    """Cancel what is being made, throw away what is ready."""
    with transaction.atomic():
        audit.record("export.withdrawn", team=export.team, actor=by, obj=export)
        ExportChunk.objects.filter(export=export).delete()
        Export.objects.filter(pk=export.pk).update(
            state=ExportState.CANCELLED, lease_token=None, lease_until=None
        )


def drop_expired(now: datetime | None = None) -> int:
    """Files whose time is over; returns how many."""
    over = Export.objects.filter(expires_at__lte=now or clock.now())
    ids = list(over.values_list("pk", flat=True)[:1_000])
    Export.objects.filter(pk__in=ids).delete()
    return len(ids)
