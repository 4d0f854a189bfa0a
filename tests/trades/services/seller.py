"""A seller with goods, a key and a market of the test's own, up to the point of a yes."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import Team, UpstreamKey, User
from tests.factories import make_account, make_key
from trades.connect import open_client
from trades.models import DraftItem, Quote, QuoteLine, SellDraft, SellRequest
from trades.sandbox.server import SandboxServer
from trades.services.selling import agree
from trades.upstreams.records import MatchAnswer, MatchAsk

SECRET = "key-of-the-seller-01"
GAME, GOODS, PRICE = 730, "Sticker of the test", 14_500
BUYER, RIVAL = "76561198012345678", "76561198012345679"
_assets = itertools.count(50_000_000_000)


@dataclass
class Seller:
    server: SandboxServer
    team: Team
    by: User
    key: UpstreamKey

    def offer(self, price: int, *, buyer: str = BUYER, amount: int = 100_000) -> None:
        market = self.server.sandbox.world.market
        market.set_buyer(buyer, balance=10**12)
        market.set_order(GAME, GOODS, buyer, price=price, amount=amount)

    def impoverish(self) -> None:
        self.server.sandbox.world.market.set_buyer(BUYER, balance=0)

    def withdraw(self) -> None:
        self.server.sandbox.world.market.drop_orders(GAME, GOODS)

    def reviewed(
        self, assets: Sequence[str] = (), *, matched_price: int | None = None
    ) -> SellDraft:
        """A draft whose prices were asked a moment ago; without assets it is one fresh asset."""
        assets = assets or [str(next(_assets))]
        draft = SellDraft.objects.create(
            team=self.team, by=self.by, key=self.key, game_id=GAME,
            steamid64=self.key.trade_link_partner, state=SellDraft.State.REVIEWED,
        )  # fmt: skip
        with open_client(self.key) as client:
            answer = client.match(GAME, [MatchAsk(GOODS, len(assets))])
        line = self._quoted(draft, answer, len(assets))
        matched = QuoteLine.objects.create(
            quote=line.quote, name=GOODS, asked_amount=len(assets), amount=len(assets),
            price_milli=line.price_milli if matched_price is None else matched_price,
        )  # fmt: skip
        for asset_id in assets:
            DraftItem.objects.create(
                draft=draft, asset_id=asset_id, name=GOODS, matched=matched, reviewed=line
            )
        return draft

    def _quoted(self, draft: SellDraft, answer: MatchAnswer, asked: int) -> QuoteLine:
        quote = Quote.objects.create(
            team=self.team, account=self.key.account, by=self.by, draft=draft, game_id=GAME,
            buyer_id=answer.buyer_id, asked_at=answer.asked_at, is_review=True,
        )  # fmt: skip
        (item,) = answer.items
        return QuoteLine.objects.create(
            quote=quote, name=item.name, asked_amount=asked, amount=item.amount,
            price_milli=item.price_milli, error=item.error,
        )  # fmt: skip

    def agree(self, draft: SellDraft, *, accepts_lower: bool = False) -> SellRequest:
        (request,) = agree(
            draft=draft, by=self.by, yes_token=draft.yes_token, accepts_lower=accepts_lower
        )
        return request

    def made_at_market(self) -> list[str]:
        """The custom ids of the trades that the market has."""
        rows = self.server.sandbox.world.store.rows(
            "SELECT custom_id FROM trade WHERE custom_id LIKE 'sellside-%'", ()
        )
        return [custom_id for (custom_id,) in rows]


def make_seller(server: SandboxServer, *, team: Team, by: User) -> Seller:
    account = server.sandbox.world.accounts.add("seller", key=SECRET)
    key = make_key(
        account=make_account(team=team, identity=""), owner=by, secret=SECRET,
        trade_link=account.tradelink,
    )  # fmt: skip
    seller = Seller(server, team, by, key)
    seller.offer(PRICE)
    return seller
