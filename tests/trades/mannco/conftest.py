"""A Mannco account of the test's own, its key, and its pretended market on a real socket."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import MarketAccount, UpstreamKey
from tests.factories import Cast, make_account, make_cast, make_key
from trades.models import SyncState, Trade
from trades.sandbox.manncobook import ManncoBook
from trades.sandbox.server import SandboxServer
from trades.services.rounds import AccountReport, serve_until_idle
from trades.sync import cursors

SECRET = "mannco-key-of-the-test"
OWNER = "76561198000000042"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Desk:
    server: SandboxServer
    cast: Cast
    account: MarketAccount
    key: UpstreamKey

    @property
    def book(self) -> ManncoBook:
        return self.server.sandbox.world.mannco

    def knobs(self, **values: object) -> None:
        self.server.sandbox.knobs.change(values)

    def insert(self, number: int = 1, *, begin: datetime = START, **columns: object) -> list[str]:
        """Some trades, a minute after one another."""
        with self.server.sandbox.world.store.write():
            return [
                str(self.book.insert(OWNER, **{"created_ms": _ms(begin, minute), **columns}))
                for minute in range(number)
            ]

    def sync(self) -> AccountReport:
        cursors.ensure(self.account)
        cursors.hasten(self.account)
        return serve_until_idle([self.account.pk])[self.account.pk]

    def mirrored(self) -> dict[str, str]:
        held = Trade.objects.filter(account=self.account)
        return dict(held.values_list("upstream_id", "status"))

    def truth(self) -> dict[str, str]:
        return {number: str(status) for number, status in self.book.truth(OWNER).items()}

    def trade(self, upstream_id: str) -> Trade:
        return Trade.objects.get(account=self.account, upstream_id=upstream_id)

    def state(self, stream: str) -> SyncState:
        return SyncState.objects.get(account=self.account, stream=stream)

    def asked(self, path: str = "") -> int:
        return sum(path in seen.path for seen in self.server.sandbox.requests)


def _ms(begin: datetime, minute: int) -> int:
    return int((begin + timedelta(minutes=minute)).timestamp() * 1000)


@pytest.fixture
def desk(db: None, market: SandboxServer) -> Desk:
    cast = make_cast()
    market.sandbox.world.mannco.add_key(SECRET, OWNER)
    account = make_account(team=cast.team, upstream="mannco", identity=OWNER)
    return Desk(market, cast, account, make_key(account=account, owner=cast.bob, secret=SECRET))
