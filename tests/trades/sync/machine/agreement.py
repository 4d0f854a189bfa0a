"""What must hold of a mirror at any moment, and what once everything due was served."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import pairwise
from zoneinfo import ZoneInfo

from tests.trades.sync.machine.site import LEASE_OVER, Site
from trades.models import (
    BadRecord,
    DayStat,
    Difference,
    DifferenceKind,
    SellRequest,
    SellState,
    StatusChange,
    Stream,
    SyncState,
    Trade,
    TradeItem,
    TradeRaw,
)
from trades.sync import windows
from trades.sync.day_stats import day_of
from trades.sync.unreadable import accounted_for

# After which what was missed is looked for: open and new trades, undated ones, every row by itself.
WAITS = (
    LEASE_OVER, timedelta(minutes=2), *[timedelta(minutes=11)] * 3, *[timedelta(hours=1)] * 26,
)  # fmt: skip
LONGEST_COMPLAINT = 600
_COLUMNS = (
    "upstream_id", "status", "summary", "steam_status", "game_id", "custom_id", "offer_id",
    "steam_trade_id", "error", "created_at", "updated_at", "settles_at",
)  # fmt: skip
_TRUTH = (
    "SELECT trade_id, status, summary, steam_status, game, custom_id, offer_id, steam_trade_id,"
    " error, created, updated, settles, receives, gives FROM trade ORDER BY trade_id"
)


def check_always(site: Site) -> None:
    """Nothing invented, and what ``check_whole`` says."""
    ids = check_whole(site)
    assert ids <= set(site.told), "invented trades"
    _check_changes(site)
    if not site.is_garbled:
        _check_covered(site, ids)


def check_whole(site: Site) -> set[str]:
    """No doubled row, no half-written trade, figures that equal their rows; returns the ids."""
    trades = Trade.objects.filter(account=site.account)
    ids = list(trades.values_list("upstream_id", flat=True))
    assert len(ids) == len(set(ids))
    items = Counter(TradeItem.objects.values_list("trade", flat=True))
    assert items == Counter(dict(trades.filter(item_count__gt=0).values_list("pk", "item_count")))
    raws = TradeRaw.objects.values_list("trade", flat=True)
    assert sorted(raws) == sorted(trades.values_list("pk", flat=True))
    assert _day_figures(site) == _recount(site)
    return set(ids)


def check_settled(site: Site) -> None:
    """The mirror is the market's truth, whatever happened on the way."""
    check_always(site)
    truth, mirror = _truth(site), _mirror(site)
    assert {row[0]: row[1] for row in mirror} == {row[0]: row[1] for row in truth}
    assert fingerprint(mirror) == fingerprint(truth), _first_differing(mirror, truth)
    assert _values(site) == {each: site.values.get(each) for each, *_ in mirror}
    unread = site.spoilt - {each for each, *_ in mirror}
    kept = set(BadRecord.objects.values_list("upstream_id", flat=True))
    assert unread <= kept
    assert accounted_for(site.account) == len(site.told)
    assert not _standing(site)
    check_nothing_was_found_wrong(site, DifferenceKind.FIGURES, DifferenceKind.PHANTOM)
    sells = SellRequest.objects.filter(custom_id__in=[row[5] for row in truth if row[5]])
    assert {each.state for each in sells} <= {SellState.CREATED}


def check_nothing_was_found_wrong(site: Site, *kinds: DifferenceKind) -> None:
    """Not even for a while: what the slow proof had to mend was wrong before."""
    assert not Difference.objects.filter(account=site.account, kind__in=kinds).exists()


def settle(site: Site) -> None:
    """No more faults, a key that works, and the time that the mirror takes to find everything."""
    site.server.sandbox.faults.clear()
    site.world.accounts.restore(site.secret)
    for wait in WAITS:
        site.jump(wait)
        site.serve()
        if is_settled(site):
            return
    check_settled(site)


def is_settled(site: Site) -> bool:
    return not complaint(site)


def complaint(site: Site) -> str:
    """The first check that does not hold, with what it saw; empty once the mirror is the truth."""
    try:
        check_settled(site)
    except AssertionError as wrong:
        return str(wrong)[:LONGEST_COMPLAINT] or "it does not say"
    return ""


def fingerprint(rows: list[tuple[object, ...]]) -> str:
    return blake2b(repr(rows).encode(), digest_size=16).hexdigest()


def _truth(site: Site) -> list[tuple[object, ...]]:
    rows = site.world.store.rows(_TRUTH)
    return [
        (*row[:5], row[5], row[6] or "", row[7] or "", row[8] or "",
         *(_moment(at) for at in row[9:12]), _assets(row[12]) + _assets(row[13]))
        for row in rows
        if row[0] not in site.spoilt
    ]  # fmt: skip


def _mirror(site: Site) -> list[tuple[object, ...]]:
    items: dict[int, list[tuple[str, str]]] = {}
    for trade, *item in TradeItem.objects.order_by("id").values_list("trade", "asset_id", "name"):
        items.setdefault(trade, []).append((item[0], item[1]))
    rows = Trade.objects.filter(account=site.account).order_by("upstream_id")
    return [
        (*row[1:], items.get(row[0], []))
        for row in rows.values_list("pk", *_COLUMNS)
        if row[1] not in site.spoilt
    ]


def _assets(listed: str) -> list[tuple[str, str]]:
    return [(item["assetid"], item["market_hash_name"]) for item in json.loads(listed)]


def _moment(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _first_differing(mirror: list[tuple[object, ...]], truth: list[tuple[object, ...]]) -> object:
    """The id and the values that differ, ours first."""
    return next(
        (
            (ours[0], [pair for pair in zip(ours, theirs, strict=True) if pair[0] != pair[1]])
            for ours, theirs in zip(mirror, truth, strict=False)
            if ours != theirs
        ),
        None,
    )


def _values(site: Site) -> dict[str, int | None]:
    readable = Trade.objects.filter(account=site.account).exclude(upstream_id__in=site.spoilt)
    return dict(readable.values_list("upstream_id", "value_milli"))


def _standing(site: Site) -> list[str]:
    """An unknown status is a difference of its own kind, and no error."""
    standing = Difference.objects.filter(account=site.account, mended_at__isnull=True)
    known = {DifferenceKind.UNKNOWN_STATUS}
    return [f"{each.mark} {each.theirs}" for each in standing if each.kind not in known]


def _day_figures(site: Site) -> Counter[tuple[object, ...]]:
    found = DayStat.objects.filter(account=site.account).values_list(
        "day", "game_id", "status", "phase", "count", "value_milli", "unknown_count"
    )
    return Counter(found)


def _recount(site: Site) -> Counter[tuple[object, ...]]:
    from_rows: dict[tuple[object, ...], list[int]] = {}
    sells = Trade.objects.filter(account=site.account, direction="sell")
    for trade in sells:
        day = day_of(trade.sort_at, ZoneInfo("UTC"))
        cell = (day, trade.game_id or 0, trade.status, trade.phase)
        counts = from_rows.setdefault(cell, [0, 0, 0])
        counts[0] += 1
        counts[1] += trade.value_milli or 0
        counts[2] += trade.value_milli is None
    return Counter((*cell, *counts) for cell, counts in from_rows.items())


def _check_changes(site: Site) -> None:
    """Each change begins where the one before ended, and the market did go that way."""
    changes: dict[int, list[StatusChange]] = {}
    for change in StatusChange.objects.select_related("trade").order_by("id"):
        changes.setdefault(change.trade_id, []).append(change)
    for chain in changes.values():
        trade = chain[0].trade
        assert all(a.status_after == b.status_before for a, b in pairwise(chain))
        assert chain[-1].status_after == trade.status
        seen = [chain[0].status_before, *(change.status_after for change in chain)]
        told = iter(site.told[trade.upstream_id])
        assert all(status in told for status in _without_repeats(seen)), (seen, trade.upstream_id)


def _check_covered(site: Site, held: set[str]) -> None:
    """What the history calls read is held: the note and its rows came together."""
    history = SyncState.objects.get(account=site.account, stream=Stream.BACKFILL)
    covered = windows.from_json(history.covered)
    found = {each for each, at in site.at_first.items() if any(one.holds(at) for one in covered)}
    assert found <= held | site.ever_spoilt


def _without_repeats(statuses: list[str]) -> list[str]:
    """A change of the summary alone keeps the status."""
    return [
        each for each, before in zip(statuses, [None, *statuses], strict=False) if each != before
    ]
