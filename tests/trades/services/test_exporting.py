"""A file is what the filter shows, in one state of the database, or it is not there."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from django.db import connection

from accounts.models import AuditEntry, MarketAccount
from dashboard import clock
from dashboard.errors import UserError
from tests.factories import Cast, make_account, make_cast, make_export, make_sync_state, make_trade
from trades.exports.columns import COLUMNS
from trades.filters import TradeFilter
from trades.models import Difference, DifferenceKind, Export, ExportChunk, ExportState, Trade
from trades.services import exporting
from trades.services.exporting import Order

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)  # the night the clocks of Berlin go forward


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def account(cast: Cast) -> MarketAccount:
    return make_account(team=cast.team, label="=Desk")


def order(cast: Cast, form: str = "csv", *, has_preface: bool = True, **asked: Any) -> Order:
    zone = "Europe/Berlin"
    return Order(cast.team, TradeFilter(**asked), list(COLUMNS), form, has_preface, zone)


def whole(pieces: Iterator[tuple[int, bytes]]) -> str:
    return b"".join(piece for _, piece in pieces).decode()


def test_the_front_says_how_each_mirror_stands(cast: Cast, account: MarketAccount) -> None:
    make_sync_state(account=account, last_good_at=START)
    now = {"since": START, "seen_at": START}
    made = ((DifferenceKind.LOST, 2), (DifferenceKind.UNKNOWN_STATUS, 34))
    for kind, size in made:
        Difference.objects.create(account=account, kind=kind, mark=kind, size=size, **now)
    calm = make_account(team=cast.team, label="Calm")
    make_trade(account=account)
    about = json.loads(whole(exporting.pieces(order(cast, "jsonl"))).splitlines()[0])["about"]
    market = account.get_upstream_display()
    desk, other = about["mirror"]
    assert desk.startswith(f"=Desk ({market}): last read 2026-03-28T23:30:00+01:00, ")
    assert desk.endswith("2 differ from the market, 34 with a status that no document names")
    assert other == f"{calm.label} ({market}): never read, no known difference"


def rows_of(text: str) -> list[dict[str, str]]:
    lines = [row for row in csv.reader(io.StringIO(text, newline="")) if row[0][:1] != "#"]
    return [dict(zip(lines[0], row, strict=True)) for row in lines[1:]]


def test_read_again_the_file_gives_the_rows_and_the_sum(cast: Cast, account: MarketAccount) -> None:
    for number, value in enumerate([14_505, None, 1_000, 0]):
        make_trade(
            account=account, value_milli=value, custom_id=f"-{number}", status="completed",
            created_at=START + timedelta(hours=2 * number),
            items=({"name": "A; B"}, {"name": "=C"}),
        )  # fmt: skip
    make_trade(account=account, status="declined")
    text = whole(exporting.pieces(order(cast, statuses=("completed",))))
    rows = rows_of(text)
    assert [row["Custom id"] for row in rows] == ["'-3", "'-2", "'-1", "'-0"]
    assert [row["Value"] for row in rows] == ["0.00", "1.00", "", "14.505"]
    assert sum(Decimal(row["Value"] or 0) for row in rows) == Decimal("15.505")
    assert [row["Created"] for row in rows[::3]] == [
        "2026-03-29T06:30:00+02:00", "2026-03-28T23:30:00+01:00",
    ]  # fmt: skip
    assert {row["Items"] for row in rows} == {"A; B; =C"}
    assert {row["Account"] for row in rows} == {"'=Desk"}
    assert "# rows: 4" in text
    assert "# sum of known values: USD 15.505" in text
    assert "# rows with unknown value: 1" in text
    assert "# filter: status=completed" in text
    assert "# time zone: Europe/Berlin" in text


def test_json_lines_keep_types_and_nulls(cast: Cast, account: MarketAccount) -> None:
    make_trade(account=account, value_milli=None, game_id=730, custom_id=None)
    lines = whole(exporting.pieces(order(cast, "jsonl"))).splitlines()
    about, row = map(json.loads, lines)
    assert about["about"]["rows"] == 1
    assert (row["value"], row["custom_id"], row["game_id"]) == (None, None, 730)


def test_rows_that_arrive_while_a_file_is_read_are_not_in_it(
    cast: Cast, account: MarketAccount
) -> None:
    for _ in range(3):
        make_trade(account=account, value_milli=1_000)
    pieces = exporting.pieces(order(cast))
    begun = next(pieces)[1].decode()
    in_another_connection(lambda: make_trade(account=account, value_milli=5_000))
    in_another_connection(lambda: Trade.objects.update(value_milli=7))
    rest = whole(pieces)
    assert "# rows: 3" in begun
    assert [row["Value"] for row in rows_of(begun + rest)] == ["1.00"] * 3
    assert Trade.objects.count() == 4


def in_another_connection(deed: Any) -> None:
    def work() -> None:
        try:
            deed()
        finally:
            connection.close()

    thread = Thread(target=work)
    thread.start()
    thread.join()


def test_a_worker_makes_the_same_file_in_chunks(
    cast: Cast, account: MarketAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trades.exports.reading.STRETCH", 2)
    monkeypatch.setattr(exporting, "CHUNK_BYTES", 200)
    for _ in range(7):
        make_trade(account=account, value_milli=None)
    wanted = order(cast, has_preface=False)
    export = exporting.ask(wanted, by=cast.victor)
    assert exporting.make(export.pk) == ExportState.READY
    export.refresh_from_db()
    made = b"".join(exporting.file_of(export))
    assert made.decode() == whole(exporting.pieces(wanted))
    assert (export.rows_done, export.rows_total, export.size_bytes) == (7, 7, len(made))
    assert ExportChunk.objects.filter(export=export).count() > 1
    assert exporting.make(export.pk) == ""
    assert [entry.verb for entry in AuditEntry.objects.all()] == ["export.asked"]


def test_after_a_crash_the_file_is_made_anew(cast: Cast, account: MarketAccount) -> None:
    make_trade(account=account)
    dead = clock.now() - timedelta(seconds=1)
    export = make_export(
        team=cast.team, by=cast.bob, state="making", lease_until=dead, rows_done=99
    )
    ExportChunk.objects.create(export=export, number=7, packed=b"left behind")
    assert exporting.make(export.pk) == ExportState.READY
    export.refresh_from_db()
    assert export.rows_done == 1
    assert len(b"".join(exporting.file_of(export))) == export.size_bytes


def test_one_worker_at_a_time(cast: Cast) -> None:
    alive = clock.now() + timedelta(seconds=60)
    export = make_export(team=cast.team, by=cast.bob, state="making", lease_until=alive)
    assert exporting.make(export.pk) == ""
    assert not exporting.due().exists()


def test_a_cancelled_file_is_not_finished(cast: Cast, account: MarketAccount) -> None:
    make_trade(account=account)
    export = exporting.ask(order(cast), by=cast.bob)
    pieces = exporting.pieces(exporting.order_of(export))
    next(pieces)
    exporting.withdraw(export, by=cast.bob)
    pieces.close()  # type: ignore[attr-defined]
    assert exporting.make(export.pk) == ""
    assert not ExportChunk.objects.exists()


def test_a_person_has_few_files_under_way_at_once(cast: Cast) -> None:
    for _ in range(exporting.MOST_UNFINISHED):
        exporting.ask(order(cast), by=cast.bob)
    with pytest.raises(UserError, match="still being made"):
        exporting.ask(order(cast), by=cast.bob)
    assert exporting.ask(order(cast), by=cast.victor).pk


def test_what_is_over_is_dropped_with_its_bytes(cast: Cast) -> None:
    over = make_export(team=cast.team, by=cast.bob, expires_at=clock.now())
    kept = make_export(team=cast.team, by=cast.bob)
    for export in (over, kept):
        ExportChunk.objects.create(export=export, number=0, packed=b"")
    assert exporting.drop_expired() == 1
    assert list(Export.objects.all()) == [kept]
    assert ExportChunk.objects.count() == 1
