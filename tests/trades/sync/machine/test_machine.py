"""Anything may happen to a mirror, in any order; when it is over, it is the market's truth."""

import os
from contextlib import ExitStack
from datetime import timedelta

import hypothesis
import pytest
from django.test import TestCase
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests import seeds
from tests.trades.sync.machine.agreement import check_always, settle
from tests.trades.sync.machine.crashes import POINTS
from tests.trades.sync.machine.site import Site, opened
from trades.sync import cursors
from trades.tasks import sync_due

SHORT, SHORT_STEPS = 6, 14
LONG, LONG_STEPS = int(os.environ.get("SOAK_HISTORIES", "300")), 50
JUMPS = [timedelta(seconds=5), timedelta(minutes=2), timedelta(minutes=11), timedelta(hours=7)]
WORDS = ["processing", "accepted", "completed", "cancelled", "declined", "error", "bartered"]
MOVING = ("processing", "accepted", "bartered")
KNOBS = st.fixed_dictionaries(
    {
        "order": st.sampled_from(["created_desc", "created_asc", "updated_desc", "none"]),
        "bounds": st.sampled_from(["inclusive", "exclusive", "half_open"]),
        "nulls": st.sampled_from(["largest", "smallest", "first", "last"]),
        "page_cap": st.sampled_from([None, 7, 25]),
    }
)
FAULTS = ["rate_limited", "status", "html", "cut", "lost", "malformed"]
A_LOST_ROW, ANOTHER_ID = 0, 3  # variants of malformed


class Mirror(RuleBasedStateMachine):
    site: Site

    def __init__(self) -> None:
        super().__init__()
        self._life = ExitStack()

    def teardown(self) -> None:
        try:
            if hasattr(self, "site"):
                settle(self.site)
        finally:
            self._life.close()

    @initialize(knobs=KNOBS, trades=st.integers(0, 60), seed=st.integers(0, 99))
    def open(self, knobs: dict[str, object], trades: int, seed: int) -> None:
        self.site = self._life.enter_context(opened(trades, knobs, null_dates=0.05, seed=seed))

    @rule()
    def a_worker_takes_its_turn(self) -> None:
        self.site.slice()

    @rule()
    def everything_due_is_served(self) -> None:
        self.site.serve()

    @rule()
    def the_tick_is_lost_with_the_broker(self) -> None:
        with TestCase.captureOnCommitCallbacks() as never_sent:
            sync_due()
        del never_sent

    @rule(point=st.sampled_from(POINTS), spared=st.integers(0, 4))
    def a_worker_will_die(self, point: str, spared: int) -> None:
        self.site.crashes.arm(point, spared=spared)

    @rule(wait=st.sampled_from(JUMPS))
    def time_passes(self, wait: timedelta) -> None:
        self.site.jump(wait)

    @rule()
    def somebody_says_sync_now(self) -> None:
        cursors.hasten(self.site.account)

    @rule(status=st.sampled_from(WORDS), game=st.sampled_from([730, 570]), count=st.integers(1, 9))
    def trades_are_made(self, status: str, game: int, count: int) -> None:
        for _ in range(count):
            self.site.insert(status, game=game)

    @rule(status=st.sampled_from(WORDS))
    def a_trade_appears_without_a_date(self, status: str) -> None:
        self.site.insert(status, created=None, updated=None)

    @rule()
    def we_sell(self) -> None:
        self.site.sell()

    @precondition(lambda self: self.site.trade_ids())
    @rule(data=st.data(), status=st.sampled_from(WORDS))
    def a_trade_moves_on(self, data: st.DataObject, status: str) -> None:
        ids = self.site.trade_ids(*MOVING) or self.site.trade_ids()
        self.site.mutate(data.draw(st.sampled_from(ids)), status)

    @precondition(lambda self: self.site.trade_ids("accepted", "completed"))
    @rule(data=st.data())
    def a_trade_is_rolled_back(self, data: st.DataObject) -> None:
        ids = self.site.trade_ids("accepted", "completed")
        self.site.roll_back(data.draw(st.sampled_from(ids)))

    @precondition(lambda self: self.site.trade_ids())
    @rule(data=st.data())
    def a_row_cannot_be_read(self, data: st.DataObject) -> None:
        self.site.spoil(data.draw(st.sampled_from(self.site.trade_ids())))

    @precondition(lambda self: self.site.spoilt)
    @rule(data=st.data())
    def a_row_reads_well_again(self, data: st.DataObject) -> None:
        self.site.mend(data.draw(st.sampled_from(sorted(self.site.spoilt))))

    @rule(kind=st.sampled_from(FAULTS), times=st.integers(1, 6), variant=st.integers(0, 7))
    def calls_go_wrong(self, kind: str, times: int, variant: int) -> None:
        if variant == ANOTHER_ID:
            variant = A_LOST_ROW  # a row under another id is another trade, for all that we can see
        self.site.fail(kind, times, variant=variant)

    @rule()
    def the_key_is_rejected(self) -> None:
        self.site.revoke()

    @rule()
    def the_key_is_replaced(self) -> None:
        self.site.replace_key()

    @invariant()
    def nothing_is_doubled_or_invented(self) -> None:
        if hasattr(self, "site"):
            check_always(self.site)


def let_happen(histories: int, steps: int) -> None:
    run_state_machine_as_test(
        hypothesis.seed(seeds.drawn())(Mirror),
        settings=settings(
            max_examples=histories, stateful_step_count=steps, deadline=None, database=None,
            suppress_health_check=list(hypothesis.HealthCheck), print_blob=True,
        ),
    )  # fmt: skip


def test_whatever_happens_the_mirror_becomes_the_truth(db: None) -> None:
    let_happen(SHORT, SHORT_STEPS)


@pytest.mark.soak
def test_whatever_happens_for_long_the_mirror_becomes_the_truth(db: None) -> None:
    let_happen(LONG, LONG_STEPS)
