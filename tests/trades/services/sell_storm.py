"""Many yes, each with one thing going wrong, and what must hold when the weather has cleared."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dashboard import clock
from tests.trades.services.seller import BUYER, GAME, RIVAL, Seller
from trades.models import DraftItem, Quote, QuoteLine, SellDraft, SellRequest, SellState
from trades.sandbox.faults import Fault
from trades.services.selling import agree

CREATE = "POST /api/sell/trades/create"
PRICE = 9_000
OPEN = (SellState.QUEUED, SellState.SENDING, SellState.UNKNOWN)
KINDS = (
    "none", "lost before commit", "lost after commit", "late", "500 after commit", "409", "429",
    "502", "cut off", "unreadable 201", "buyer changed between two sends",
    "late commit of the first send with a 400 on the second",
)  # fmt: skip


@dataclass
class Storm:
    """``scale`` is how many times faster than in life the waits are."""

    seller: Seller
    scale: float
    seed: int
    drawn: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.seller.server.sandbox.world.market.set_buyer(BUYER, balance=10**15)
        self.seller.server.sandbox.world.market.set_buyer(RIVAL, balance=10**15)

    def agree(self, number: int) -> SellRequest:
        """One yes over an asset and a good of its own, with the fault that is its turn."""
        asset, goods = str(70_000_000_000 + number), f"Good {number}"
        market = self.seller.server.sandbox.world.market
        market.set_order(GAME, goods, BUYER, price=PRICE)
        kind = KINDS[number % len(KINDS)]
        self.drawn[kind] += 1
        for fault in self._faults(kind, asset):
            self.seller.server.sandbox.faults.add(fault)
        draft = self._draft(asset, goods)
        (request,) = agree(
            draft=draft, by=self.seller.by, yes_token=draft.yes_token, accepts_lower=False
        )
        if kind == "buyer changed between two sends":
            market.set_order(GAME, goods, RIVAL, price=PRICE + 1)
        return request

    def _faults(self, kind: str, asset: str) -> Sequence[Fault]:
        def one(kind: str, **more: object) -> Fault:
            return Fault(kind, path=CREATE, body=asset, **more)  # type: ignore[arg-type]

        late = self.dice.uniform(0, 40) / self.scale
        return {
            "none": [],
            "lost before commit": [one("lost")],
            "lost after commit": [one("lost", commit=True)],
            "late": [one("slow", seconds=late, commit=self.dice.random() < 0.5)],
            "500 after commit": [one("status", status=500, commit=True)],
            "409": [one("status", status=409)],
            "429": [one("rate_limited")],
            "502": [one("html", status=502, commit=self.dice.random() < 0.5)],
            "cut off": [one("cut")],
            "unreadable 201": [one("html", status=201, commit=True)],
            "buyer changed between two sends": [one("lost")],
            KINDS[-1]: [one("slow", seconds=80 / self.scale), one("status", status=400)],
        }[kind]

    def _draft(self, asset: str, goods: str) -> SellDraft:
        """As a review a moment ago would have left it."""
        seller = self.seller
        draft = SellDraft.objects.create(
            team=seller.team, by=seller.by, key=seller.key, game_id=GAME,
            steamid64=seller.key.trade_link_partner, state=SellDraft.State.REVIEWED,
        )  # fmt: skip
        quote = Quote.objects.create(
            team=seller.team, account=seller.key.account, by=seller.by, draft=draft, game_id=GAME,
            buyer_id=BUYER, asked_at=clock.now(), is_review=True,
        )  # fmt: skip
        line = QuoteLine.objects.create(
            quote=quote, name=goods, asked_amount=1, amount=1, price_milli=PRICE
        )
        DraftItem.objects.create(
            draft=draft, asset_id=asset, name=goods, matched=line, reviewed=line
        )
        return draft

    def wait_until_resolved(self, seconds: float, serve: Callable[[], object]) -> None:
        ends = time.monotonic() + seconds
        while unresolved() and time.monotonic() < ends:
            serve()

    def check(self) -> None:
        """Nothing unresolved, nothing doubled, and the market has exactly what was created."""
        assert unresolved() == 0
        made = self.seller.made_at_market()
        assert len(made) == len(set(made))
        created = SellRequest.objects.filter(state=SellState.CREATED)
        assert set(made) == set(created.values_list("custom_id", flat=True))
        assert all(self.drawn[kind] for kind in KINDS)

    def report(self) -> str:
        states = Counter(SellRequest.objects.values_list("state", flat=True))
        return f"{dict(sorted(states.items()))}; faults {dict(self.drawn)}"


def unresolved() -> int:
    return SellRequest.objects.filter(state__in=OPEN).count()
