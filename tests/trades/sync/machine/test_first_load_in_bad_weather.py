"""A first load while one call in ten goes wrong and trades are made and move on meanwhile."""

import os
import random
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests import seeds
from tests.trades.sync.machine.agreement import check_settled, complaint, fingerprint
from tests.trades.sync.machine.crashes import CrashingTransport
from tests.trades.sync.machine.site import Site, opened
from trades.models import Difference, Stream, SyncState, Trade
from trades.sync import engine

SHORT, LONG = 600, int(os.environ.get("SOAK_TRADES", "100000"))
ONE_IN_TEN = 0.1
KINDS = ("rate_limited", "status", "cut", "lost")
# Variants of malformed. A row under another id would be another trade, for all that can be seen.
NAMED_ROWS, NAMELESS_ROWS = (4, 5, 6, 7), (0, 1, 2)
ROTATION = timedelta(minutes=10)
A_DAY = timedelta(hours=26)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MOST_SHOWN = 5


def bad_weather(site: Site, rows: Sequence[int]) -> None:
    each = ONE_IN_TEN / (len(KINDS) + 1)
    for kind in KINDS:
        site.fail(kind, None, chance=each)
    for variant in rows:
        site.fail("malformed", None, chance=each / len(rows), variant=variant)


def is_loaded(site: Site) -> bool:
    states = SyncState.objects.filter(account=site.account)
    return states.get(stream=Stream.BACKFILL).finished_at is not None


def let_live(site: Site, dice: random.Random) -> None:
    """A few trades are made, a few move on."""
    for _ in range(dice.randint(0, 4)):
        site.insert(dice.choice(("processing", "accepted", "completed")))
    moving = site.trade_ids("processing", "accepted")
    for trade_id in dice.sample(moving, min(3, len(moving))):
        site.mutate(trade_id, dice.choice(("accepted", "completed", "cancelled")))


def load(trades: int, seconds_a_slice: float, rows: Sequence[int]) -> None:
    dice = random.Random(seeds.drawn())
    begun = time.monotonic()
    with opened(trades, {"page_cap": max(100, min(2000, trades // 20))}, null_dates=0.001) as site:
        bad_weather(site, rows)
        slices = 0
        while not is_loaded(site):
            engine.run_slice(
                site.account.pk, seconds=seconds_a_slice, transport=CrashingTransport(site.crashes)
            )
            slices += 1
            let_live(site, dice)
            site.jump(timedelta(seconds=dice.choice((1, 5, 20))))
        loaded = time.monotonic() - begun
        asked = len(site.server.sandbox.requests)
        lost = sum(seen.status != 200 for seen in site.server.sandbox.requests)
        waited = until_equal(site)
        print(
            f"{len(site.told)} trades, {asked} calls, {lost} of them failed openly,"
            f" {slices} slices, loaded in {loaded:.0f} s; equal {waited} after the faults ended;"
            f" named: {sorted(Difference.objects.values_list('kind', flat=True))[:20]}"
        )
        assert waited <= ROTATION
        print(f"in every column {until_settled(site)} later")
        check_settled(site)


def is_equal(site: Site) -> bool:
    ours = Trade.objects.filter(account=site.account).values_list("upstream_id", "status")
    theirs = site.world.trades.truth(site.secret).items()
    return fingerprint(sorted(ours)) == fingerprint(sorted(theirs))


def until_equal(site: Site) -> timedelta:
    """All ids and statuses; what no count tells is found when every row is gone through."""
    site.server.sandbox.faults.clear()
    waited = timedelta()
    site.serve()
    while not is_equal(site) and waited < A_DAY:
        print(f"after {waited}: {apart(site)}")
        site.jump(MINUTE)
        waited += MINUTE
        site.serve()
    return waited


def until_settled(site: Site) -> timedelta:
    """Dates as well: an old trade that stays accepted is read once a day."""
    waited = timedelta()
    print(f"now: {complaint(site)}")
    while complaint(site) and waited < A_DAY:
        site.jump(HOUR)
        waited += HOUR
        site.serve()
    return waited


def apart(site: Site) -> list[tuple[str, str]]:
    ours = Trade.objects.filter(account=site.account).values_list("upstream_id", "status")
    return sorted({*ours} ^ {*site.world.trades.truth(site.secret).items()})[:MOST_SHOWN]


@pytest.mark.soak
@pytest.mark.parametrize("rows", [NAMED_ROWS, NAMELESS_ROWS], ids=["named", "nameless"])
def test_a_first_load_in_bad_weather_ends_as_the_truth(db: None, rows: Sequence[int]) -> None:
    load(SHORT, 0.3, rows)


@pytest.mark.soak
@pytest.mark.parametrize("rows", [NAMED_ROWS, NAMELESS_ROWS], ids=["named", "nameless"])
def test_a_long_first_load_in_bad_weather_ends_as_the_truth(db: None, rows: Sequence[int]) -> None:
    load(LONG, 2.0, rows)
