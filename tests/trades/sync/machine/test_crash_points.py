"""A worker that dies at any point loses, doubles and invents nothing."""

from datetime import timedelta

import pytest

from tests.trades.sync.machine.agreement import check_always, check_settled, is_settled
from tests.trades.sync.machine.crashes import POINTS
from tests.trades.sync.machine.site import Site, opened

LEASE_OVER = timedelta(seconds=95)
# Waits after which what was missed is looked for: open, new, undated, the slow rotation.
WAITS = (
    LEASE_OVER, timedelta(minutes=2), *[timedelta(minutes=11)] * 3, *[timedelta(hours=1)] * 26,
)  # fmt: skip


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


def tour(site: Site) -> None:
    """Everything that a worker does: each point is passed."""
    site.serve()
    moving = site.insert("processing")
    unread = site.insert("completed")
    site.spoil(unread)
    sold = site.sell()
    site.jump(timedelta(minutes=2))
    site.serve()
    check_always(site)
    site.mutate(moving, "completed")
    site.mutate(sold, "completed")
    site.mend(unread)
    site.jump(timedelta(minutes=2))
    site.serve()
    site.fail("status")
    site.fail("status")
    site.fail("status")
    site.jump(timedelta(minutes=2))
    site.serve()
    site.revoke()
    site.jump(timedelta(minutes=2))
    site.serve()


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_dies_is_followed_by_one_that_ends_its_work(db: None, point: str) -> None:
    with opened({"page_cap": 25}, trades=30) as site:
        site.crashes.arm(point)
        tour(site)
        print(dict(site.crashes.passed))
        assert site.crashes.died_at[point] == 1
        check_always(site)
        settle(site)
