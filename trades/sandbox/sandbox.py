"""The sandbox: one world, its knobs and faults, and a door for requests."""

import time
from collections import deque
from collections.abc import Callable
from typing import Self

from trades.sandbox import faults as faulting
from trades.sandbox.control import Control
from trades.sandbox.exchange import Fate, Request, Response, Seen, json_answer, packed, shown_query
from trades.sandbox.faults import Faults
from trades.sandbox.knobs import Knobs
from trades.sandbox.mannco import PREFIXES as MANNCO
from trades.sandbox.mannco import Mannco, refused
from trades.sandbox.pictures import PREFIX as PICTURES
from trades.sandbox.pictures import picture
from trades.sandbox.steam import Inventories
from trades.sandbox.steam_offers import PREFIX as STEAM
from trades.sandbox.steam_offers import SteamOffers
from trades.sandbox.vpsbot import VPSBot
from trades.sandbox.world import World

LONGEST_LOG = 200_000


class Sandbox:
    """Serves ``{prefix}/...``, Mannco, ``/IEconService/...``, ``/inventory/...``, ``/image/...``
    and ``/_sandbox/...``.

    ``world`` holds the data, ``knobs`` and ``faults`` may be turned at any time, ``requests`` is
    what was asked (the control requests left out).
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        knobs: Knobs | None = None,
        fault_seed: int = 0,
        prefix: str = "/api",
    ) -> None:
        self.world = world or World()
        self.knobs = knobs or Knobs()
        self.faults = Faults(fault_seed)
        self.prefix = prefix.rstrip("/")
        self.requests: deque[Seen] = deque(maxlen=LONGEST_LOG)
        self._vpsbot = VPSBot(self.world, self.knobs)
        self._offers = SteamOffers(self.world, self.knobs)
        self._mannco = Mannco(self.world, self.knobs)
        self._inventories = Inventories(self.world, self.knobs)
        self._control = Control(self.world, self.knobs, self.faults, self.requests)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.world.close()

    def handle(self, request: Request) -> Response:
        """The answer to one request, faults and packing included."""
        if request.path.startswith(Control.PREFIX):
            return packed(request, self._control.answer(request))
        if self.knobs.latency:
            time.sleep(self.knobs.latency)
        response = self._answer_with_faults(request)
        status = 0 if response.fate is Fate.LOST else response.status
        self.requests.append(
            Seen(request.method, request.path, shown_query(request.query), status, time.time())
        )
        return packed(request, response)

    def _answer_with_faults(self, request: Request) -> Response:
        fault = self.faults.draw(request)
        if fault is None:
            return self._answer(request)
        return faulting.apply(fault, lambda: self._answer(request), self._refuse_at(request.path))

    def _refuse_at(self, path: str) -> Callable[[int, str], Response]:
        """How the upstream behind a path words a refusal."""
        if path.startswith(f"{self.prefix}/"):
            return lambda status, error: json_answer({"success": False, "error": error}, status)
        if path.startswith(MANNCO):
            return refused
        return lambda status, _: json_answer(None, status)

    def _answer(self, request: Request) -> Response:
        if request.path.startswith(f"{self.prefix}/"):
            return self._vpsbot.answer(request, request.path.removeprefix(self.prefix))
        if request.path.startswith(MANNCO):
            return self._mannco.answer(request)
        if request.path.startswith(STEAM) and request.method == "GET":
            return self._offers.answer(request)
        if request.path.startswith("/inventory/"):
            return self._inventories.answer(request)
        if request.path.startswith(PICTURES) and request.method == "GET":
            return picture(request.path)
        return json_answer(None, 404)
