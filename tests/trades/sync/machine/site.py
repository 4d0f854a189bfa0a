"""A market, its mirror and the one clock of both, for tests that let much happen to them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from unittest import mock

import stamina
from django.conf import settings
from django.db import transaction

from accounts import services as people
from accounts.models import KeyState, MarketAccount, UpstreamKey
from dashboard import clock
from tests.factories import TRADE_LINK, make_account, make_key, make_sell_request
from tests.trades.sync.machine.crashes import Crashes, CrashingTransport
from trades.models import SellState
from trades.sandbox.faults import Fault
from trades.sandbox.knobs import Knobs
from trades.sandbox.sandbox import Sandbox
from trades.sandbox.seeding import seed_account
from trades.sandbox.server import SandboxServer
from trades.sandbox.world import World
from trades.services import keys
from trades.sync import cursors, engine, lease
from trades.sync.lease import LEASE_TIME

SETTLED = {"completed": 6, "cancelled": 2, "accepted": 2, "bartered": 1}
FIRST_SECRET = "first-key-of-the-machine"
MOST_SLICES = 400
LEASE_OVER = LEASE_TIME + timedelta(seconds=1)


@dataclass
class Site:
    """``told`` is every status that the market ever gave a trade, in order.

    ``at_first``: when the trades of the first day were made. ``is_garbled``: rows were spoilt on
    the way, so that nobody could know whose they were.
    """

    server: SandboxServer
    account: MarketAccount
    key: UpstreamKey
    life: ExitStack
    crashes: Crashes = field(default_factory=Crashes)
    secrets: list[str] = field(default_factory=lambda: [FIRST_SECRET])
    told: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    spoilt: set[str] = field(default_factory=set)
    ever_spoilt: set[str] = field(default_factory=set)
    at_first: dict[str, datetime] = field(default_factory=dict)
    is_garbled: bool = False
    look: Callable[["Site"], None] | None = None  # at what a dead worker left behind

    @property
    def world(self) -> World:
        return self.server.sandbox.world

    @property
    def secret(self) -> str:
        return self.secrets[-1]

    def remember_the_first_day(self) -> None:
        """What the market was seeded with."""
        truth = self.world.trades.truth(self.secret)
        self.told = {each: [status] for each, status in truth.items()}
        self.at_first = {
            trade_id: datetime.fromtimestamp(created, UTC)
            for trade_id, created in self.world.store.rows("SELECT trade_id, created FROM trade")
            if created is not None
        }

    def trade_ids(self, *statuses: str) -> list[str]:
        """In the order in which they came, those of ``statuses`` alone where some are named."""
        return [each for each, told in self.told.items() if not statuses or told[-1] in statuses]

    def insert(self, status: str, **columns: object) -> str:
        trade_id = self.world.trades.insert(self.secret, status=status, **columns)  # type: ignore[arg-type]
        self.told[trade_id] = [status]
        return trade_id

    def mutate(self, trade_id: str, status: str) -> None:
        self.world.trades.mutate(trade_id, status=status)
        self.told[trade_id].append(status)

    def roll_back(self, trade_id: str) -> None:
        self.world.lifecycle.roll_back(trade_id)
        self.told[trade_id].append("rolled_back_by_user")

    def hide_items(self, trade_id: str) -> None:
        """Until the trade is mended."""
        patch: dict[str, object] = {"processed_trade": {"items_to_receive": []}}
        self.world.trades.mutate(trade_id, patch=patch)

    def spoil(self, trade_id: str) -> None:
        self.world.trades.mutate(trade_id, patch={"processed_trade": {"game_id": 10**30}})
        self.spoilt.add(trade_id)
        self.ever_spoilt.add(trade_id)

    def mend(self, trade_id: str) -> None:
        self.world.trades.mutate(trade_id, patch=None)
        self.spoilt.discard(trade_id)

    def sell(self) -> str:
        """A sell of ours that the market has, while we only know that it was sent."""
        request = make_sell_request(
            key=self.key, state=SellState.UNKNOWN, items=[{"name": "AK-47", "price_milli": 1_500}]
        )
        asset = request.items.get()
        item = {"appid": 730, "contextid": "2", "assetid": asset.asset_id,
                "market_hash_name": "AK-47", "amount": "1"}  # fmt: skip
        trade_id = self.insert("accepted", custom_id=request.custom_id, receives=[item])
        self.values[trade_id] = 1_500
        return trade_id

    def fail(self, kind: str, times: int | None = 1, **how: object) -> None:
        self.is_garbled |= kind == "malformed"
        self.server.sandbox.faults.add(Fault(kind, times=times, **how))  # type: ignore[arg-type]

    def revoke(self) -> None:
        self.world.accounts.revoke(self.secret)

    def replace_key(self) -> None:
        """The market gave its user a new key, and the user gave it to us."""
        account = self.world.accounts.of_key(self.secret)
        self.secrets.append(f"key-number-{len(self.secrets)}-of-the-machine")
        self.world.accounts.add_key(self.secret, account.id)
        self.key.refresh_from_db()
        people.replace_secret(
            key=self.key, secret=self.secret, by=self.key.owner, state=KeyState.ACTIVE
        )
        cursors.hasten(self.account)

    def jump(self, wait: timedelta) -> None:
        """Time passes for the mirror and the market alike."""
        self.life.enter_context(clock.shifted(wait))

    def slice(self) -> bool:
        """One worker's turn, which may end in a crash; False when nothing was due."""
        due = cursors.due_accounts().filter(pk=self.account.pk).exists()
        if due:
            with self.crashes.possible():
                engine.run_slice(self.account.pk, transport=CrashingTransport(self.crashes))
        return due

    def serve(self) -> None:
        """What is due now, until nothing is; a dead worker's lease is waited for."""
        for key in keys.keys_to_verify():
            keys.verify(key)
        for _ in range(MOST_SLICES):
            deaths = self.crashes.died_at.total()
            if not self.slice():
                return
            if self.crashes.died_at.total() > deaths:
                if self.look:
                    self.look(self)
                self.jump(LEASE_OVER)
        raise AssertionError("the mirror does not come to rest")


@contextmanager
def opened(trades: int, knobs: Mapping[str, object], **wish: object) -> Iterator[Site]:
    """A site of its own, of which the database keeps nothing."""
    with ExitStack() as life:
        life.enter_context(stamina.set_testing(True, attempts=100, cap=True))
        life.enter_context(transaction.atomic())
        life.callback(transaction.set_rollback, True)
        # A slice here takes less than the time after which a lease is renewed.
        life.enter_context(mock.patch.object(lease, "RENEWED_EVERY", timedelta()))
        world = World(clock=lambda: clock.now().timestamp())
        sandbox = life.enter_context(Sandbox(world, knobs=Knobs(**knobs)))  # type: ignore[arg-type]
        server = life.enter_context(SandboxServer(sandbox))
        usual = settings.VPSBOT_URL
        life.callback(setattr, settings, "VPSBOT_URL", usual)
        settings.VPSBOT_URL = server.api_url
        account = make_account(identity="")
        key = make_key(account=account, secret=FIRST_SECRET, trade_link=TRADE_LINK)
        seed_account(world, FIRST_SECRET, trades=trades, statuses=SETTLED, **wish)  # type: ignore[arg-type]
        cursors.ensure(account)
        site = Site(server, account, key, life)
        site.remember_the_first_day()
        yield site
