"""Turning knobs from another process: ``/_sandbox/...``, JSON in and out.

Only a body sent as application/json is taken, which no foreign web page can send unasked.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any, ClassVar

from trades.sandbox.accounts import UnknownAccount
from trades.sandbox.exchange import Request, Response, Seen, json_answer
from trades.sandbox.faults import Fault, Faults, UnknownFault
from trades.sandbox.knobs import Knobs, UnknownKnob
from trades.sandbox.manncobook import UnknownManncoTrade
from trades.sandbox.offerbook import Asset, UnknownOffer
from trades.sandbox.tradebook import UnknownField, UnknownTrade
from trades.sandbox.world import World

Order = dict[str, Any]
SIDES = ("gives", "receives")


class BadOrder(ValueError):
    """The body is no order that this endpoint knows."""


class Control:
    PREFIX: ClassVar[str] = "/_sandbox/"

    def __init__(
        self, world: World, knobs: Knobs, faults: Faults, requests: Collection[Seen]
    ) -> None:
        self._world = world
        self._knobs = knobs
        self._faults = faults
        self._requests = requests
        self._reads: dict[str, Callable[[Request], object]] = {
            "health": lambda _: {"ok": True},
            "knobs": lambda _: self._knobs.as_dict(),
            "faults": lambda _: [asdict(fault) for fault in self._faults.pending()],
            "accounts": lambda _: self._accounts(),
            "mannco-truth": lambda request: self._world.mannco.truth(
                request.query.get("steamid64", "")
            ),
            "truth": lambda request: self._world.trades.truth(request.query.get("key", "")),
            "requests": lambda _: [asdict(seen) for seen in list(self._requests)],
        }
        self._orders: dict[str, Callable[[Order], object]] = {
            "knobs": self._turn,
            "faults": self._add_faults,
            "trades": self._change_trade,
            "keys": self._change_key,
            "orders": self._change_buy_order,
            "offers": self._change_offer,
            "mannco": self._change_mannco,
        }

    def answer(self, request: Request) -> Response:
        name = request.path.removeprefix(self.PREFIX)
        try:
            if request.method == "GET" and name in self._reads:
                return json_answer(self._reads[name](request))
            if request.method == "POST" and name in self._orders:
                return json_answer(self._orders[name](_order(request)))
        except (BadOrder, UnknownKnob, UnknownFault, UnknownField, ValueError) as error:
            return json_answer({"error": str(error)}, 400)
        except (UnknownAccount, UnknownTrade, UnknownOffer, UnknownManncoTrade, KeyError) as error:
            return json_answer({"error": f"{type(error).__name__}: {error}"}, 404)
        return json_answer({"error": "not found"}, 404)

    def _accounts(self) -> list[dict[str, object]]:
        return [
            {
                "name": account.name,
                "steamid64": account.steamid64,
                "tradelink": account.tradelink,
                "keys": self._world.accounts.keys_of(account.id),
            }
            for account in self._world.accounts.all()
        ]

    def _turn(self, order: Order) -> object:
        self._knobs.change(order)
        return self._knobs.as_dict()

    def _add_faults(self, order: Order) -> object:
        """``{"clear": true, "add": [{"kind": "rate_limited", ...}]}``."""
        added = [Fault.from_json(value) for value in order.get("add", [])]
        if order.get("clear"):
            self._faults.clear()
        for fault in added:
            self._faults.add(fault)
        return [asdict(fault) for fault in self._faults.pending()]

    def _change_trade(self, order: Order) -> object:
        """``{"do": "insert" | "mutate" | "remove" | "roll_back", ...}``."""
        trades, rest = self._world.trades, dict(order)
        action = rest.pop("do", None)
        if action == "insert":
            return {"trade_id": trades.insert(rest.pop("key", ""), **rest)}
        trade_id = str(rest.pop("trade_id", ""))
        if action == "mutate":
            trades.mutate(trade_id, **rest)
        elif action == "remove":
            trades.remove(trade_id)
        elif action == "roll_back":
            self._world.lifecycle.roll_back(trade_id, str(rest.get("side", "user")))
        else:
            msg = "do is none of insert, mutate, remove, roll_back"
            raise BadOrder(msg)
        return {"trade_id": trade_id}

    def _change_key(self, order: Order) -> object:
        """``{"key": "...", "revoked": true}``."""
        change = (
            self._world.accounts.revoke if order.get("revoked") else self._world.accounts.restore
        )
        change(str(order.get("key", "")))
        return {"revoked": bool(order.get("revoked"))}

    def _change_offer(self, order: Order) -> object:
        """``{"do": "key" | "token" | "revoke" | "plant" | "change", ...}``."""
        offers, rest = self._world.offers, dict(order)
        action = rest.pop("do", None)
        if action == "key":
            offers.add_key(str(rest["key"]), str(rest["steamid64"]))
            return {"key": rest["key"]}
        if action == "token":
            return {"key": offers.add_token(str(rest["steamid64"]), expires=rest.get("expires"))}
        if action == "revoke":
            offers.revoke(str(rest["key"]))
            return {"revoked": True}
        if action == "change":
            offer_id = str(rest.pop("offer_id", ""))
            offers.change(offer_id, **rest)
            return {"offer_id": offer_id}
        if action != "plant":
            msg = "do is none of key, token, revoke, plant, change"
            raise BadOrder(msg)
        gives, receives = ([Asset(**one) for one in rest.pop(side, [])] for side in SIDES)
        owner = str(rest.pop("steamid64"))
        return {"offer_id": offers.plant(owner, gives=gives, receives=receives, **rest)}

    def _change_mannco(self, order: Order) -> object:
        """``{"do": "key" | "revoke" | "restore" | "insert" | "change", ...}``."""
        book, rest = self._world.mannco, dict(order)
        action = rest.pop("do", None)
        if action in {"revoke", "restore"}:
            book.set_revoked(str(rest["key"]), revoked=action == "revoke")
            return {"key": rest["key"]}
        if action == "change":
            trade_id = int(rest.pop("id"))
            book.change(trade_id, **rest)
            return {"id": trade_id}
        owner = str(rest.pop("steamid64"))
        if action == "key":
            book.add_key(str(rest["key"]), owner)
            return {"key": rest["key"]}
        if action == "insert":
            return {"id": book.insert(owner, **rest)}
        msg = "do is none of key, revoke, restore, insert, change"
        raise BadOrder(msg)

    def _change_buy_order(self, order: Order) -> object:
        """``{"game": 730, "name": "...", "buyer": "...", "price": 1500}``, price in 1/1000 $."""
        game, price = order.get("game"), order.get("price")
        name, buyer = order.get("name"), order.get("buyer")
        if not (isinstance(game, int) and isinstance(price, int) and price > 0 and name and buyer):
            msg = "an order needs a game, a name, a buyer and a price"
            raise BadOrder(msg)
        self._world.market.set_order(game, str(name), str(buyer), price=price)
        return {"price": price}


def _order(request: Request) -> Order:
    if not request.headers.get("content-type", "").startswith("application/json"):
        msg = "send application/json"
        raise BadOrder(msg)
    try:
        order = json.loads(request.body)
    except ValueError:
        msg = "not JSON"
        raise BadOrder(msg) from None
    if not isinstance(order, dict):
        msg = "not an object"
        raise BadOrder(msg)
    return order
