"""The buyers' side: who buys what at which price, and the money they hold and have frozen."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from trades.sandbox.catalog import BUYER_BALANCE, BUYERS, standard_orders
from trades.sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Order:
    price: int
    amount: int


Book = dict[str, dict[str, Order]]  # buyer -> name -> order


class Market:
    def __init__(self, store: Store) -> None:
        self._store = store
        if not store.number("SELECT count(*) FROM buyer"):
            self._open_first_time()

    def _open_first_time(self) -> None:
        with self._store.write():
            for buyer in BUYERS:
                self.set_buyer(buyer, balance=BUYER_BALANCE)
            self._store.run_many("INSERT INTO buy_order VALUES (?, ?, ?, ?, ?)", standard_orders())

    def set_buyer(self, steamid64: str, *, balance: int) -> None:
        self._store.run(
            "INSERT INTO buyer (steamid64, balance) VALUES (?, ?)"
            " ON CONFLICT (steamid64) DO UPDATE SET balance = excluded.balance",
            (steamid64, balance),
        )

    def set_order(self, game: int, name: str, buyer: str, *, price: int, amount: int = 200) -> None:
        self._store.run(
            "INSERT OR REPLACE INTO buy_order VALUES (?, ?, ?, ?, ?)",
            (game, name, buyer, price, amount),
        )

    def drop_orders(self, game: int, name: str) -> None:
        self._store.run("DELETE FROM buy_order WHERE game = ? AND name = ?", (game, name))

    def balance(self, steamid64: str) -> tuple[int, int]:
        """What a buyer can spend and what is frozen."""
        found = self._store.row(
            "SELECT balance, frozen FROM buyer WHERE steamid64 = ?", (steamid64,)
        )
        return (found[0], found[1]) if found else (0, 0)

    def book(self, game: int, names: set[str]) -> Book:
        """The live orders for these goods, buyer by buyer."""
        book: Book = {}
        for name, buyer, price, amount in self._store.rows(
            "SELECT name, buyer, price, amount FROM buy_order WHERE game = ? AND amount > 0",
            (game,),
        ):
            if name in names:
                book.setdefault(buyer, {})[name] = Order(price, amount)
        return book

    def freeze(self, buyer: str, value: int) -> None:
        self._move(buyer, spend=value, freeze=value)

    def release(self, buyer: str, value: int) -> None:
        self._move(buyer, spend=-value, freeze=-value)

    def pay(self, buyer: str, value: int) -> None:
        """Frozen money leaves the buyer."""
        self._move(buyer, spend=0, freeze=-value)

    def use_orders(self, game: int, buyer: str, names: Counter[str]) -> None:
        self._store.run_many(
            "UPDATE buy_order SET amount = amount - ? WHERE game = ? AND name = ? AND buyer = ?",
            [(amount, game, name, buyer) for name, amount in names.items()],
        )

    def _move(self, buyer: str, *, spend: int, freeze: int) -> None:
        self._store.run(
            "UPDATE buyer SET balance = balance - ?, frozen = frozen + ? WHERE steamid64 = ?",
            (spend, freeze, buyer),
        )


def best_buyer(book: Book, wanted: Mapping[str, int]) -> str | None:
    """Who pays most for the whole request; of equals the first by Steam id."""
    totals = {buyer: _worth(orders, wanted) for buyer, orders in book.items()}
    return min(totals, key=lambda buyer: (-totals[buyer], buyer), default=None)


def _worth(orders: Mapping[str, Order], wanted: Mapping[str, int]) -> int:
    return sum(
        order.price * min(order.amount, wanted.get(name, 0)) for name, order in orders.items()
    )
