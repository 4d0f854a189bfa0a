"""Spoilt answers, fed through the store: it stays whole and loses nothing that it holds."""

import os
import random
from datetime import timedelta

import httpx
import pytest

from tests import seeds
from tests.trades.sync.machine.agreement import check_whole
from tests.trades.sync.machine.site import opened
from tests.trades.upstreams.vpsbot.mutations import mutated
from trades.sync import cursors, engine

SHORT, LONG = 150, int(os.environ.get("SOAK_ANSWERS", "5000"))
EACH_SLICE = timedelta(minutes=11)


class SpoilingTransport(httpx.BaseTransport):
    def __init__(self, dice: random.Random) -> None:
        self.spoilt = 0
        self._dice = dice
        self._wire = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._wire.handle_request(request)
        body = answer.read()
        if self._dice.random() < 0.7:
            self.spoilt += 1
            body = mutated(body, self._dice)
        return httpx.Response(answer.status_code, content=body)


def feed(answers: int) -> None:
    dice = random.Random(seeds.drawn())
    spoilt = 0
    with opened(12, {}) as site:
        site.serve()
        held = check_whole(site)
        while spoilt < answers:
            site.insert("processing")
            site.jump(EACH_SLICE)
            cursors.hasten(site.account)
            transport = SpoilingTransport(dice)
            engine.run_slice(site.account.pk, seconds=1, transport=transport)
            spoilt += transport.spoilt
            now_held = check_whole(site)
            assert held <= now_held
            held = now_held


def test_spoilt_answers_leave_the_mirror_whole(db: None) -> None:
    feed(SHORT)


@pytest.mark.soak
def test_thousands_of_spoilt_answers_leave_the_mirror_whole(db: None) -> None:
    feed(LONG)
