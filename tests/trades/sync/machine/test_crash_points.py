"""A worker that dies at any point loses, doubles and invents nothing."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests import seeds
from tests.trades.sync.machine.agreement import (
    check_always,
    check_nothing_was_found_wrong,
    settle,
)
from tests.trades.sync.machine.crashes import POINTS
from tests.trades.sync.machine.site import Site, opened
from trades.models import DifferenceKind

DEATHS_A_TOUR = 10
# Without one the first page covers the whole history at once: notes without their rows show.
CAPS = (None, 25)
SOON = timedelta(minutes=2)


def tour(site: Site) -> None:
    """Everything that a worker does: each point is passed."""
    site.serve()
    moving, unread, sold = site.insert("processing"), site.insert("completed"), site.sell()
    site.spoil(unread)
    site.jump(SOON)
    site.serve()
    site.hide_items(moving)
    site.mutate(moving, "completed")
    site.mutate(sold, "completed")
    site.mend(unread)
    site.jump(SOON)
    site.serve()
    site.fail("status", times=3)
    site.jump(SOON)
    site.serve()
    site.mend(moving)
    site.revoke()
    site.jump(SOON)
    site.serve()


def die_at(points: Sequence[str], page_cap: int | None, spared: int = 0) -> None:
    with opened(30, {"page_cap": page_cap}) as site:
        site.look = check_always
        site.crashes.arm(*points, spared=spared)
        tour(site)
        assert set(points) - set(site.crashes.died_at) == set(), "points that were never reached"
        check_always(site)
        settle(site)
        check_nothing_was_found_wrong(site, DifferenceKind.LOST, DifferenceKind.GAME)


def test_workers_that_die_at_every_point_are_followed_by_one_that_ends_their_work(
    db: None,
) -> None:
    points = list(POINTS)
    random.Random(seeds.drawn()).shuffle(points)
    for first in range(0, len(points), DEATHS_A_TOUR):
        die_at(points[first : first + DEATHS_A_TOUR], CAPS[first // DEATHS_A_TOUR % len(CAPS)])


@pytest.mark.soak
@pytest.mark.parametrize("page_cap", CAPS)
@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_dies_is_followed_by_one_that_ends_its_work(
    db: None, point: str, page_cap: int | None
) -> None:
    die_at([point], page_cap)
