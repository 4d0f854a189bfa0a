"""Every reading of what the documents leave open gives the same mirror: the market's truth."""

import os
import random
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import islice

import httpx
import pytest

from tests import seeds
from tests.trades.sync import readings
from tests.trades.sync.conftest import Desk
from tests.trades.sync.machine.site import Site, opened
from tests.trades.sync.readings import Reading
from trades.models import Trade
from trades.sync import cursors, engine

STATUSES = {"completed": 70, "cancelled": 12, "declined": 8, "accepted": 6, "bartered": 4}
TRADES = 120
PAIRS = readings.every_pair()
MOST = int(os.environ.get("SOAK_READINGS", "1000000"))
DONE = int(os.environ.get("SOAK_READINGS_DONE", "0"))  # of the same seed, in a run before
LIFE = ("accepted", "completed", "cancelled")


def mirrors_the_truth(reading: Reading, seed: int) -> None:
    knobs = {name: value for name, value in reading.items() if name != "moves"}
    wish = {"null_dates": 0.03, "null_bots": 0.02, "purchases": 8, "seed": seed}
    with opened(TRADES, knobs, **wish) as site:
        if reading["moves"]:
            load_what_moves(site, random.Random(seed))
            site.jump(timedelta(minutes=2))
            cursors.hasten(site.account)
        site.serve()
        assert mirrored(site) == truth(site, with_purchases=bool(reading["purchases"]))


def load_what_moves(site: Site, dice: random.Random) -> None:
    with httpx.HTTPTransport() as wire:
        moving = httpx.MockTransport(answer(site, dice, wire))
        for _ in range(2):
            engine.run_slice(site.account.pk, seconds=1.0, transport=moving)


def answer(
    site: Site, dice: random.Random, wire: httpx.BaseTransport
) -> Callable[[httpx.Request], httpx.Response]:
    def handle(request: httpx.Request) -> httpx.Response:
        chance = dice.random()
        if chance < 0.15:
            site.insert(dice.choice(LIFE))
        elif chance < 0.3 and (waiting := site.trade_ids("accepted")):
            site.mutate(dice.choice(waiting), dice.choice(LIFE))
        return wire.handle_request(request)

    return handle


def mirrored(site: Site) -> dict[str, str]:
    return dict(Trade.objects.filter(account=site.account).values_list("upstream_id", "status"))


def truth(site: Site, *, with_purchases: bool) -> dict[str, str]:
    if not with_purchases:
        return site.world.trades.truth(site.secret)
    return dict(site.world.store.rows("SELECT trade_id, status FROM trade", ()))


@pytest.mark.parametrize("number", range(len(PAIRS)))
def test_the_mirror_equals_the_market_under_any_two_readings(db: None, number: int) -> None:
    mirrors_the_truth(PAIRS[number], seed=number)


@pytest.mark.soak
def test_the_mirror_equals_the_market_under_every_reading_of_the_lists(db: None) -> None:
    seed, begun, number = seeds.drawn(), time.monotonic(), DONE
    chosen = readings.every_list_with_some_rows(random.Random(seed))
    for number, reading in islice(enumerate(chosen, start=1), DONE, DONE + MOST):
        print(f"{number} {reading}", flush=True)
        mirrors_the_truth(reading, seed + number)
    print(f"readings {DONE + 1} to {number} in {time.monotonic() - begun:.0f} s")


@pytest.mark.parametrize("order", ["created_desc", "none"])
def test_more_trades_in_one_second_than_an_answer_holds(desk: Desk, order: str) -> None:
    desk.knobs(order=order, page_cap=200)
    desk.seed(1_000, statuses=STATUSES, burst=500)
    desk.sync()
    assert desk.mirrored() == desk.truth()
