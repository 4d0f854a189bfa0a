"""Stored answers are read again without the network, and an older one never wins."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from dashboard import clock
from tests.trades.sync.conftest import SECRET, Desk
from trades.models import BadRecord, DayStat, StatusChange, Trade
from trades.raw_answers import pack, unpack
from trades.services.rounds import serve_round
from trades.sync import replay
from trades.upstreams.readings import READINGS, Reading
from trades.upstreams.records import BadRow

STILL = {"completed": 8, "cancelled": 1, "accepted": 1}


def replayed(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("replay", "--json", *arguments, stdout=out)
    (account,) = json.loads(out.getvalue())["accounts"]
    return {name: account[name] for name in ("new", "changed", "unchanged", "bad")}


@pytest.fixture
def half_read(desk: Desk) -> str:
    """A row that no parser of today reads, beside others; returns its id."""
    desk.seed(40, statuses=STILL)
    trade_id = desk.world.trades.insert(SECRET, patch={"custom_id": "a\x00b"})
    desk.sync()
    return trade_id


def a_newer_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads NUL characters as dashes."""
    today = READINGS["vpsbot"]

    def row(raw: bytes) -> Any:
        return today.row(raw.replace(b"\\u0000", b"-"))

    monkeypatch.setitem(READINGS, "vpsbot", Reading(today.version + 1, row))  # type: ignore[misc]


def test_what_reads_the_same_is_not_touched(desk: Desk, half_read: str) -> None:
    before = list(Trade.objects.order_by("pk").values())
    asked = desk.asked()
    assert replayed() == {"new": 0, "changed": 0, "unchanged": 40, "bad": 1}
    assert replayed("--bad-only", "--key", str(desk.key.pk))["unchanged"] == 0
    assert list(Trade.objects.order_by("pk").values()) == before
    assert desk.asked() == asked


def test_the_first_tick_of_a_newer_parser_reads_what_was_refused(
    desk: Desk, half_read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = BadRecord.objects.get()
    assert not replay.accounts_waiting().exists()
    a_newer_parser(monkeypatch)
    desk.server.sandbox.knobs.change({"latency": 0.0})
    assert list(replay.accounts_waiting()) == [desk.account]
    replay.retry_unreadable(desk.account.pk)
    trade = Trade.objects.get(upstream_id=half_read)
    assert (trade.custom_id, trade.asked_at) == ("a-b", bad.asked_at)
    assert not BadRecord.objects.exists()
    assert sum(DayStat.objects.values_list("count", flat=True)) == 41
    assert replayed() == {"new": 0, "changed": 0, "unchanged": 41, "bad": 0}


def test_a_row_that_still_cannot_be_read_is_tried_once_a_parser(
    desk: Desk, half_read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = READINGS["vpsbot"]
    newer = Reading(today.version + 1, lambda raw: BadRow("still odd", raw, half_read))
    monkeypatch.setitem(READINGS, "vpsbot", newer)  # type: ignore[misc]
    serve_round()
    assert BadRecord.objects.get().reason == "still odd"
    assert not replay.accounts_waiting().exists()


def test_an_older_answer_that_reads_now_overwrites_no_newer_one(
    desk: Desk, half_read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.world.trades.mutate(half_read, patch=None, status="completed", custom_id="the-newer")
    bad = BadRecord.objects.get()
    desk.sync()
    bad.pk = None
    bad.save()  # as a crash between two pages would have left it
    a_newer_parser(monkeypatch)
    replay.retry_unreadable(desk.account.pk)
    assert Trade.objects.get(upstream_id=half_read).custom_id == "the-newer"
    assert not BadRecord.objects.exists()


def test_a_newer_answer_that_cannot_be_read_stays_bad(desk: Desk, half_read: str) -> None:
    """Of two answers about a trade that read badly, only the older one reads after all."""
    newer = BadRecord.objects.get()
    readable = pack(bytes(unpack(bytes(newer.packed))).replace(b"\\u0000", b""))
    BadRecord.objects.create(
        account=desk.account, upstream_id=half_read, reason="odd", packed=readable,
        content_hash=b"older", first_seen_at=newer.first_seen_at,
        last_seen_at=newer.last_seen_at, asked_at=newer.asked_at - timedelta(minutes=5),
    )  # fmt: skip
    assert replayed("--bad-only") == {"new": 1, "changed": 0, "unchanged": 0, "bad": 1}
    assert BadRecord.objects.get().pk == newer.pk
    assert Trade.objects.get(upstream_id=half_read).custom_id == "ab"


def test_only_rows_that_read_differently_change(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.seed(20, statuses={"completed": 1})
    odd = desk.world.trades.insert(SECRET, status="held")
    desk.sync()
    asked_at = Trade.objects.get(upstream_id=odd).asked_at
    today = READINGS["vpsbot"]

    def row(raw: bytes) -> Any:
        return today.row(raw.replace(b'"held"', b'"accepted"'))

    monkeypatch.setitem(READINGS, "vpsbot", Reading(today.version, row))  # type: ignore[misc]
    with clock.shifted(timedelta(hours=1)):
        assert replayed() == {"new": 0, "changed": 1, "unchanged": 20, "bad": 0}
        assert replayed()["changed"] == 0
    trade = Trade.objects.get(upstream_id=odd)
    assert (trade.status, trade.phase, trade.asked_at) == ("accepted", "frozen", asked_at)
    assert StatusChange.objects.get(trade=trade).status_before == "held"
    assert DayStat.objects.get(status="accepted").count == 1
