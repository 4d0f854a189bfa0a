"""A Steam account beside the market account of the test's desk, in the same pretend world."""

from dataclasses import dataclass

import pytest
from django.conf import LazySettings

from accounts.models import MarketAccount, Upstream, UpstreamKey
from tests.factories import make_account, make_key
from tests.trades.sync.conftest import SECRET, Desk
from trades.models import KeySight, OfferVerdict, SteamOffer
from trades.sandbox.offerbook import Asset
from trades.services.rounds import AccountReport, serve_until_idle
from trades.sync import cursors

WEB_KEY = "0F1E2D3C4B5A69788796A5B4C3D2E1F0"
STRANGER = "76561198700000077"


@dataclass
class SteamDesk:
    market: Desk
    account: MarketAccount
    key: UpstreamKey
    owner: str  # steamid64

    @classmethod
    def beside(cls, desk: Desk) -> "SteamDesk":
        world = desk.world
        if not world.accounts.has_key(SECRET):
            world.accounts.add("seller", key=SECRET)
        owner = world.accounts.of_key(SECRET).steamid64
        world.offers.add_key(WEB_KEY, owner)
        account = make_account(
            team=desk.account.team, upstream=Upstream.STEAM, identity=owner, steamid64=owner
        )
        return cls(desk, account, make_key(account=account, secret=WEB_KEY), owner)

    def sync(self) -> AccountReport:
        """A poll and whatever follows at once; no second look at what waits."""
        cursors.ensure(self.account)
        cursors.hasten(self.account)
        return serve_until_idle([self.account.pk])[self.account.pk]

    def trade(self, status: str = "processing", **columns: object) -> str:
        """A sell of the market; returns the id of its offer."""
        trade_id = self.market.world.trades.insert(SECRET, status=status, bot=3, **columns)
        return str(self.market.world.trades.column(trade_id, "offer_id"))

    def plant(self, *assets: str, partner: str = STRANGER, **columns: object) -> str:
        gives = [Asset(asset, "AK-47 | Redline (Field-Tested)") for asset in assets]
        return self.market.world.offers.plant(self.owner, partner=partner, gives=gives, **columns)  # type: ignore[arg-type]  # columns of the planted row

    def offer(self, offer_id: str) -> SteamOffer:
        return SteamOffer.objects.get(account=self.account, offer_id=offer_id)

    def verdict(self, offer_id: str) -> OfferVerdict:
        return OfferVerdict(self.offer(offer_id).verdict)

    def sight(self) -> KeySight:
        return KeySight.objects.get(key=self.key)

    def ids(self) -> set[str]:
        offers = SteamOffer.objects.filter(account=self.account)
        return set(offers.values_list("offer_id", flat=True))


@pytest.fixture
def steam(desk: Desk, stopped_clock: None, settings: LazySettings) -> SteamDesk:
    settings.STEAM_CALLS_A_MINUTE = 0  # any number: no test waits for the next minute
    return SteamDesk.beside(desk)
