"""The sandbox's other end: where a test plays the market, its troubles and its trades."""

import json
import time
from typing import Any
from urllib.request import Request, urlopen


class Market:
    def __init__(self, url: str) -> None:
        self._url = f"{url}/_sandbox"

    def knobs(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("knobs")
        return found

    def turn(self, **knobs: Any) -> None:
        self._ask("knobs", knobs)

    def fail(self, kind: str, **options: Any) -> None:
        """Every call of the market's API goes wrong this way until it is healed."""
        fault = {"kind": kind, "path": "/api/", "times": None, **options}
        self._ask("faults", {"clear": True, "add": [fault]})

    def heal(self) -> None:
        self._ask("faults", {"clear": True})

    def revoke(self, key: str) -> None:
        self._ask("keys", {"key": key, "revoked": True})

    def restore(self, key: str) -> None:
        self._ask("keys", {"key": key, "revoked": False})

    def begin(self, key: str, **columns: Any) -> str:
        """A trade that stays as it is until the test changes it; returns its id."""
        answer = self._ask("trades", {"do": "insert", "key": key, **columns})
        return str(answer["trade_id"])

    def change(self, trade_id: str, **columns: Any) -> None:
        self._ask("trades", {"do": "mutate", "trade_id": trade_id, **columns})

    def steamid_of(self, name: str) -> str:
        """The Steam account of one of the sandbox's sellers."""
        [found] = [one for one in self._ask("accounts") if one["name"] == name]
        return str(found["steamid64"])

    def plant_offer(self, owner: str, *, partner: str, asset: str, name: str) -> str:
        """A stranger asks for something and gives nothing; returns the offer's id."""
        gives = [{"assetid": asset, "name": name}]
        order = {"do": "plant", "steamid64": owner, "partner": partner, "gives": gives}
        return str(self._ask("offers", order)["offer_id"])

    def sells_of(self, key: str) -> int:
        return len(self.trades_of(key))

    def trades_of(self, key: str) -> set[str]:
        return set(self._ask(f"truth?key={key}"))

    def order(self, game: int, name: str, buyer: str, price: int) -> None:
        """The buyer pays this from now on, in 1/1000 $."""
        self._ask("orders", {"game": game, "name": name, "buyer": buyer, "price": price})

    def lose_the_next_create(self) -> None:
        """It takes effect and its answer is lost; until healed, every question takes a while."""
        lost = {"kind": "lost", "path": "POST .*/create", "commit": True}
        slow = {"kind": "slow", "path": "GET /api/", "times": None, "seconds": 5}
        self._ask("faults", {"clear": True, "add": [lost, slow]})

    def settle(self, trade_id: str) -> None:
        """The frozen money is free now, not in some minutes."""
        self.change(trade_id, next_at=int(time.time()))

    def creates_asked(self) -> int:
        return sum(one["path"].endswith("/trades/create") for one in self._ask("requests"))

    def _ask(self, name: str, order: dict[str, Any] | None = None) -> Any:
        body = None if order is None else json.dumps(order).encode()
        request = Request(f"{self._url}/{name}", body, {"Content-Type": "application/json"})  # noqa: S310
        with urlopen(request, timeout=60) as answer:  # noqa: S310  # our own loopback
            return json.load(answer)
