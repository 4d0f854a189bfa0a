"""Match and create: the two steps of a sell, with every refusal of the seed page."""

import json
import uuid
from collections import Counter
from dataclasses import dataclass

from trades.sandbox.accounts import Account
from trades.sandbox.catalog import BOTS, BY_NAME
from trades.sandbox.knobs import Knobs
from trades.sandbox.lifecycle import Lifecycle
from trades.sandbox.market import Book, Market, Order, best_buyer
from trades.sandbox.refusals import Refusal
from trades.sandbox.statuses import GAMES
from trades.sandbox.store import Store
from trades.sandbox.tradebook import received

INVALID_BODY = "Invalid request body"


@dataclass(frozen=True, slots=True)
class Wanted:
    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class Sold:
    assetid: str
    name: str
    price: int
    contextid: str


@dataclass(frozen=True, slots=True)
class SellAsk:
    """The body of a create."""

    custom_id: str
    buyer_id: str
    tradelink: str
    game: int
    items: tuple[Sold, ...]

    @property
    def value(self) -> int:
        return sum(item.price for item in self.items)

    @property
    def names(self) -> Counter[str]:
        return Counter(item.name for item in self.items)


class Selling:
    def __init__(self, store: Store, market: Market, lifecycle: Lifecycle, knobs: Knobs) -> None:
        self._store = store
        self._market = market
        self._lifecycle = lifecycle
        self._knobs = knobs

    def match(self, body: bytes) -> dict[str, object]:
        """``POST /api/sell/match``: the buyer who pays most for the whole request."""
        game, wanted = _parse_match(body)
        if game not in GAMES:
            raise Refusal(400, INVALID_BODY)  # the only error the page knows for a match
        amounts: Counter[str] = Counter()
        for one in wanted:
            amounts[one.name] += one.amount
        book = self._market.book(game, set(amounts))
        buyer = best_buyer(book, amounts)
        left = {name: order.amount for name, order in book.get(buyer or "", {}).items()}
        items = [_matched(game, one, book.get(buyer or "", {}), left) for one in wanted]
        return {"buyer_id": buyer or "", "items": items}

    def create(self, account: Account, body: bytes) -> dict[str, object]:
        """``POST /api/sell/trades/create``: what the 201 says, or a Refusal."""
        ask = _parse_create(body)
        with self._store.write():
            self._refuse(account, ask)
            bot = self._bot_of(ask)
            trade_id = self._lifecycle.begin(
                _columns(account, ask, bot),
                at=self._store.now(),
                outcome=self._outcome(account, ask),
            )
            self._market.use_orders(ask.game, ask.buyer_id, ask.names)
        return _receipt(ask, trade_id, bot)

    def _refuse(self, account: Account, ask: SellAsk) -> None:
        if ask.game not in GAMES:
            raise Refusal(400, "Game not supported")
        if self._is_taken(account, ask.custom_id):
            raise Refusal(409, "A trade with this custom_id already exists")
        book = self._market.book(ask.game, set(ask.names))
        _refuse_prices(book, ask)
        if self._market.balance(ask.buyer_id)[0] < ask.value:
            raise Refusal(400, "Insufficient balance")
        if not self._knobs.room_min <= ask.value <= self._knobs.room_max:
            raise Refusal(400, "No suitable purchase room found")
        if not self._knobs.bots_free:
            raise Refusal(400, "No suitable bot found")

    def _is_taken(self, account: Account, custom_id: str) -> bool:
        question = "SELECT count(*) FROM trade WHERE account_id = ? AND custom_id = ?"
        return self._store.number(question, (account.id, custom_id)) > 0

    def _bot_of(self, ask: SellAsk) -> int:
        return sum(map(ord, ask.custom_id)) % len(BOTS)

    def _outcome(self, account: Account, ask: SellAsk) -> str:
        """Of two open trades over the same asset the second fails, as Steam would have it."""
        mine = {item.assetid for item in ask.items}
        for (receives,) in self._store.rows(
            "SELECT receives FROM trade"
            " WHERE account_id = ? AND game = ? AND status = 'processing'",
            (account.id, ask.game),
        ):
            if mine & {item["assetid"] for item in json.loads(receives)}:
                return "invalid_items"
        return self._knobs.outcome


def _refuse_prices(book: Book, ask: SellAsk) -> None:
    """Buyer first, then item by item, then the sum, in the order of the seed's table."""
    buyer = best_buyer(book, ask.names)
    if buyer is None:
        raise Refusal(400, f"No buy order found for item: {ask.items[0].name}")
    if buyer != ask.buyer_id:
        raise Refusal(400, "Buyer mismatch")
    left = {name: order.amount for name, order in book[buyer].items()}
    for item in ask.items:
        if left.get(item.name, 0) < 1:
            raise Refusal(400, f"No buy order found for item: {item.name}")
        if item.price > book[buyer][item.name].price:
            raise Refusal(400, f"Item {item.name} price exceeds buy order price")
        left[item.name] -= 1
    if ask.value <= 0:
        raise Refusal(400, "Trade value must be positive")


def _matched(
    game: int, wanted: Wanted, orders: dict[str, Order], left: dict[str, int]
) -> dict[str, object]:
    amount = min(wanted.amount, left.get(wanted.name, 0))
    left[wanted.name] = left.get(wanted.name, 0) - amount
    price = orders[wanted.name].price if amount else 0
    answer = {"market_hash_name": wanted.name, "price": price, "amount": amount}
    if not amount and (game, wanted.name) not in BY_NAME and wanted.name not in orders:
        answer["error"] = "Item not found"
    return answer


def _columns(account: Account, ask: SellAsk, bot: int) -> dict[str, object]:
    items = [(item.assetid, item.name, item.contextid) for item in ask.items]
    return {
        "account_id": account.id,
        "trade_id": str(uuid.uuid4()),
        "custom_id": ask.custom_id,
        "game": ask.game,
        "buyer": ask.buyer_id,
        "bot": bot,
        "tradelink": ask.tradelink,
        "receives": received(ask.game, items),
        "value": ask.value,
    }


def _receipt(ask: SellAsk, trade_id: str, bot: int) -> dict[str, object]:
    return {
        "trade_id": trade_id,
        "custom_id": ask.custom_id,
        "summary": {"items_count": len(ask.items), "total_value": ask.value},
        "processed_trade": {"id": trade_id, "status": "processing"},
        "selected_bot": json.loads(BOTS[bot].as_json()),
        "status": "processing",
    }


def _parse_match(body: bytes) -> tuple[int, list[Wanted]]:
    asked = _object(body)
    wanted = [
        Wanted(_text(one, "market_hash_name"), _whole(one, "amount", 1)) for one in _items(asked)
    ]
    if any(one.amount < 1 for one in wanted):
        raise Refusal(400, INVALID_BODY)
    return _whole(asked, "game_id"), wanted


def _parse_create(body: bytes) -> SellAsk:
    asked = _object(body)
    items = [
        Sold(
            _text(one, "assetid"),
            _text(one, "market_hash_name"),
            _whole(one, "price"),
            _text(one, "contextid", "2"),
        )
        for one in _items(asked)
    ]
    _text(asked, "message", "")
    return SellAsk(
        custom_id=_text(asked, "custom_id"),
        buyer_id=_text(asked, "buyer_id"),
        tradelink=_text(asked, "tradelink"),
        game=_whole(asked, "game_id"),
        items=tuple(items),
    )


def _object(body: bytes) -> dict[str, object]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, INVALID_BODY) from None
    if not isinstance(asked, dict):
        raise Refusal(400, INVALID_BODY)
    return asked


def _items(asked: dict[str, object]) -> list[dict[str, object]]:
    items = asked.get("items")
    if not isinstance(items, list) or not items or not all(isinstance(one, dict) for one in items):
        raise Refusal(400, INVALID_BODY)
    return items


def _text(asked: dict[str, object], name: str, default: str | None = None) -> str:
    value = asked.get(name) or default
    if not isinstance(value, str):
        raise Refusal(400, INVALID_BODY)
    return value


def _whole(asked: dict[str, object], name: str, default: int | None = None) -> int:
    value = asked.get(name, default)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 2**53:
        raise Refusal(400, INVALID_BODY)
    return value
