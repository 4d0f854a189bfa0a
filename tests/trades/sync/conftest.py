"""A market of the test's own, a key for it, and the comparison that every mirror test ends with."""

from dataclasses import dataclass

import pytest

from accounts.models import MarketAccount, UpstreamKey
from tests.factories import make_account, make_key
from trades.models import Trade
from trades.sandbox.seeding import seed_account
from trades.sandbox.server import SandboxServer
from trades.sandbox.world import World
from trades.services.rounds import AccountReport, serve_until_idle
from trades.sync import cursors

SECRET = "sandbox-key-of-the-test"


@dataclass
class Desk:
    """One mirrored account and the market it is mirrored from."""

    server: SandboxServer
    account: MarketAccount
    key: UpstreamKey

    @property
    def world(self) -> World:
        return self.server.sandbox.world

    def knobs(self, **values: object) -> None:
        self.server.sandbox.knobs.change(values)

    def seed(self, trades: int, **wish: object) -> None:
        seed_account(self.world, SECRET, trades=trades, **wish)  # type: ignore[arg-type]

    def sync(self) -> AccountReport:
        cursors.ensure(self.account)
        cursors.hasten(self.account)
        return serve_until_idle([self.account.pk])[self.account.pk]

    def mirrored(self) -> dict[str, str]:
        rows = Trade.objects.filter(account=self.account)
        return dict(rows.values_list("upstream_id", "status"))

    def truth(self) -> dict[str, str]:
        """Purchases too, where the market lists them."""
        return dict(self.world.store.rows("SELECT trade_id, status FROM trade", ()))

    def asked(self) -> int:
        return len(self.server.sandbox.requests)


@pytest.fixture
def desk(db: None, market: SandboxServer) -> Desk:
    account = make_account(identity="")
    return Desk(market, account, make_key(account=account, secret=SECRET))
