"""A world: everything the pretend upstreams know, in one file that outlives a restart."""

import time
from collections.abc import Callable
from pathlib import Path

from trades.sandbox.accounts import Accounts
from trades.sandbox.assets import Assets
from trades.sandbox.durations import Durations
from trades.sandbox.lifecycle import Lifecycle
from trades.sandbox.manncobook import ManncoBook
from trades.sandbox.market import Market
from trades.sandbox.offerbook import OfferBook
from trades.sandbox.store import Store
from trades.sandbox.tradebook import TradeBook


class World:
    """``folder`` None keeps it in memory. ``clock`` gives seconds since 1970, tests move it."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        clock: Callable[[], float] = time.time,
        durations: Durations | None = None,
    ) -> None:
        self.store = Store(folder, clock)
        self.accounts = Accounts(self.store)
        self.market = Market(self.store)
        self.assets = Assets(self.store)
        self.trades = TradeBook(self.store, self.accounts)
        self.offers = OfferBook(self.store, self.accounts)
        lengths = durations or Durations()
        self.mannco = ManncoBook(self.store, lengths)
        self.lifecycle = Lifecycle(self.store, self.trades, self.market, self.assets, lengths)

    def close(self) -> None:
        self.store.close()
