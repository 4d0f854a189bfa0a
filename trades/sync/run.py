"""What a stream works with during a slice: lease, client, store, and what was counted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import transaction

from accounts.models import MarketAccount, UpstreamKey
from dashboard import clock
from trades.budget import Share
from trades.connect import Client, narrowed
from trades.models import Stream, SyncState
from trades.sync import cursors
from trades.sync import lease as leases
from trades.sync.allowance import Allowance, share_of
from trades.sync.flight import Flight
from trades.sync.item_names import KnownNames
from trades.sync.lease import Lease
from trades.sync.ready import ReadyPage
from trades.sync.schedule import WHILE_OPEN
from trades.sync.store import Outcome, store_page
from trades.sync.twins import may_be_a_twin, refuse_twin
from trades.sync.windows import Window
from trades.upstreams.records import Page, Phase, SellTradeQuery, TradeQuery
from trades.upstreams.vpsbot.client import VpsbotClient

_NOTES = ("cursor", "covered", "progress_total", "started_at", "finished_at")
T = TypeVar("T")
PAGE_ROWS = 2000  # the most that /api/trades gives (seed: Trades API, limit)


@dataclass(slots=True)
class Tally:
    """What one stream did in one slice."""

    started_at: datetime
    calls: int = 0
    outcome: Outcome = field(default_factory=Outcome)
    error: str = ""


@dataclass(slots=True)
class Run:
    account: MarketAccount
    lease: Lease
    client: Client
    state: SyncState  # of the stream at work
    allowance: Allowance
    flight: Flight
    names: KnownNames
    tallies: dict[Stream, Tally] = field(default_factory=dict)
    key: UpstreamKey | None = None  # the one that the client works with
    _was_due_at: datetime | None = field(init=False)

    def __post_init__(self) -> None:
        self._was_due_at = self.state.due_at

    @property
    def tally(self) -> Tally:
        stream = Stream(self.state.stream)
        return self.tallies.setdefault(stream, Tally(started_at=clock.now()))

    @property
    def market(self) -> VpsbotClient:
        return narrowed(self.client, VpsbotClient)

    def trades(self, query: TradeQuery) -> Page:
        return self.ask(lambda: self.market.trades(query))

    def sell_trades(self, query: SellTradeQuery) -> Page:
        return self.ask(lambda: self.market.sell_trades(query))

    def ask(self, call: Callable[[], T], share: Share | None = None) -> T:
        """One upstream call, outside any transaction; see ``announce``."""
        self.announce(share)
        return call()

    def send(self, window: Window, edition: int, query: TradeQuery) -> None:
        """Ask for a window in a thread; ``flight.take`` hands the answer over."""
        self.announce()
        market = self.market
        self.flight.send(window, edition, lambda: market.trades(query))

    def announce(self, share: Share | None = None) -> None:
        """Before each call: the lease is ours and fresh, the call is allowed and counted.

        ``OverBudget`` when this minute's calls are used up: the stream waits until there are some.
        """
        leases.renew(self.lease)
        self.allowance.reserve(share or share_of(Stream(self.state.stream)))
        self.tally.calls += 1

    def store(
        self, answer: Page | ReadyPage, note: Callable[[Outcome], None] | None = None
    ) -> Outcome:
        """Store an answer and, in its transaction, whatever ``note`` and the stream noted."""

        def in_transaction(outcome: Outcome) -> None:
            if note:
                note(outcome)
            self.save()
            if outcome.wrote and any(row.phase is Phase.OPEN for row in page.trades):
                cursors.wake(self.account, [Stream.OPEN], clock.now() + WHILE_OPEN)

        page = answer.page if isinstance(answer, ReadyPage) else answer

        def stored() -> Outcome:
            return store_page(self.lease, self.account, answer, in_transaction, self.names)

        if not self.state.progress_done and may_be_a_twin(self.account, page):
            with transaction.atomic():
                refuse_twin(self.account, page)
                outcome = stored()
        else:
            outcome = stored()
        self.tally.outcome.add(outcome)
        return outcome

    def save(self) -> None:
        """Write the stream's notes; its progress counter is the store's to move.

        Where somebody asked to "sync now" since we read them, that still stands afterwards.
        """
        state = self.state
        notes = {name: getattr(state, name) for name in _NOTES}
        mine = SyncState.objects.filter(pk=state.pk)
        if mine.filter(due_at=self._was_due_at).update(**notes, due_at=state.due_at):
            self._was_due_at = state.due_at
            return
        notes["cursor"] = cursors.hastened(Stream(state.stream), state.cursor)
        mine.update(**notes)

    def due_in(self, wait: timedelta) -> None:
        self.state.due_at = clock.now() + wait
