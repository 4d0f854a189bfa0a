"""Nothing is ever reported of a mirror that has nothing wrong, however much moves meanwhile."""

import os
import random
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from django.db import transaction

from accounts.models import MarketAccount
from dashboard import clock
from tests import seeds
from tests.factories import make_account, make_key, make_team
from trades.models import Difference, Trade
from trades.sandbox.seeding import seed_account
from trades.sandbox.server import SandboxServer
from trades.sandbox.world import World
from trades.services.rounds import serve_until_idle
from trades.sync import cursors, engine

SHORT = 6
LONG = int(os.environ.get("SOAK_HISTORIES", "1000"))
SLICES = 9
LONGEST_COMPLAINT = 600
LIFE = {
    "processing": ("accepted", "completed", "cancelled", "declined"),
    "accepted": ("completed", "completed", "rolled_back_by_user", "rolled_back_by_bot"),
}
KNOBS = {
    "purchases": (True, False),
    "order": ("created_desc", "updated_desc", "none"),
    "date_field": ("created", "updated"),
    "bounds": ("inclusive", "exclusive", "half_open"),
    "nulls": ("largest", "smallest"),
    "sell_max_limit": (20, 2000),
}


class History:
    """An account of a market where something happens before every third call or so."""

    def __init__(self, market: SandboxServer, seed: int) -> None:
        self.dice = random.Random(seed)
        self.key = f"history-{seed}"
        self.world: World = market.sandbox.world
        chosen = {name: self.dice.choice(values) for name, values in KNOBS.items()}
        market.sandbox.knobs.change(chosen)
        seed_account(
            self.world, self.key, trades=self.dice.randint(5, 60), seed=seed,
            null_dates=self.dice.choice([0, 0.2]), purchases=self.dice.choice([0, 4]),
        )  # fmt: skip
        self.account = make_account(team=make_team(), identity=self.key)
        make_key(account=self.account, secret=self.key)

    def answer(self, wire: httpx.BaseTransport) -> Callable[[httpx.Request], httpx.Response]:
        def handle(request: httpx.Request) -> httpx.Response:
            if self.dice.random() < 0.35:
                self.happen()
            return wire.handle_request(request)

        return handle

    def happen(self) -> None:
        """A new trade, dated or not, or one that moves on."""
        moving = [each for each in self.truth().items() if each[1] in LIFE]
        if moving and self.dice.random() < 0.6:
            trade_id, status = self.dice.choice(sorted(moving))
            self.world.trades.mutate(trade_id, status=self.dice.choice(LIFE[status]))
        else:
            dates = {} if self.dice.random() < 0.8 else {"created": None}
            status, game = self.dice.choice(sorted(LIFE)), self.dice.choice([730, 570])
            self.world.trades.insert(self.key, status=status, game=game, **dates)

    def truth(self) -> dict[str, str]:
        return self.world.trades.truth(self.key)


def live(market: SandboxServer, seed: int) -> None:
    history = History(market, seed)
    mirror(history.account)
    with httpx.HTTPTransport() as wire:
        moving = httpx.MockTransport(history.answer(wire))
        passed = timedelta()
        for _ in range(SLICES):
            passed += timedelta(seconds=history.dice.choice([20, 61, 61, 700, 4000]))
            with clock.shifted(passed):
                engine.run_slice(history.account.pk, transport=moving)
        check(history, passed + timedelta(minutes=2))


def mirror(account: MarketAccount) -> None:
    cursors.ensure(account)
    cursors.hasten(account)
    serve_until_idle([account.pk])


def check(history: History, passed: timedelta) -> None:
    reported = Difference.objects.filter(account=history.account).exclude(kind="unknown_status")
    assert [f"{each.kind} {each.mark} {each.ours} {each.theirs}" for each in reported] == []
    with clock.shifted(passed):
        mirror(history.account)
    held = Trade.objects.filter(account=history.account, direction="sell")
    assert dict(held.values_list("upstream_id", "status")) == history.truth()
    assert not reported.exists()


def live_all(market: SandboxServer, first: int, count: int) -> None:
    """Each seed a history: ``TEST_SEED`` of one that failed, or of the next one, goes on there."""
    failed = {}
    for seed in range(first, first + count):
        with transaction.atomic():
            try:
                live(market, seed)
            except AssertionError as wrong:
                failed[seed] = str(wrong)[:LONGEST_COMPLAINT]
            transaction.set_rollback(True)
        print(
            f"\r{seed} is the last of {seed - first + 1}, {len(failed)} failed", end="", flush=True
        )
    assert not failed


@pytest.mark.django_db
def test_a_clean_history_shows_no_difference(market: SandboxServer) -> None:
    live_all(market, seeds.drawn(), SHORT)


@pytest.mark.soak
@pytest.mark.django_db
def test_many_clean_histories_show_no_difference(market: SandboxServer) -> None:
    live_all(market, seeds.drawn(), LONG)
