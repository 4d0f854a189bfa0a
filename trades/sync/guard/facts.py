"""What the guard knows of one offer: plain values, free of database and network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from trades.upstreams.records import Phase

ACTIVE, ACCEPTED, COUNTERED, CANCELLED, DECLINED = 2, 3, 4, 6, 7
CONFIRMING, CANCELLED_BY_CODE, IN_ESCROW, REVERTED = 9, 10, 11, 12
LIVE_STATES = frozenset({ACTIVE, CONFIRMING})
EXCHANGED_STATES = frozenset({ACCEPTED, IN_ESCROW})
CALLED_OFF_STATES = frozenset({COUNTERED, CANCELLED, DECLINED, CANCELLED_BY_CODE})
NAMED_STATES = frozenset(range(1, 13))

Assets = Mapping[str, int | None]  # asset id -> amount, None where the market does not tell it


class Sight(StrEnum):
    """What a Steam credential lets us see of an account's offers."""

    UNKNOWN = "unknown"  # not asked yet
    SEES = "sees"
    PART = "part"  # single offers are shown that the list leaves out
    BLIND = "blind"


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """One offer; ``gives`` is what leaves the account."""

    offer_id: str
    partner: str
    is_ours: bool
    state: int
    seen_at: datetime  # when we first saw it
    gives: Assets = field(default_factory=dict)
    receives: Assets = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Can still be accepted; a state that no document names may be."""
        return self.state in LIVE_STATES or self.state not in NAMED_STATES


@dataclass(frozen=True, slots=True)
class TradeFacts:
    """One market trade as the mirror has it, or as the market just told it."""

    trade_id: str
    market: str  # for people
    offer_id: str
    bot: str
    phase: Phase
    gives: Assets = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SellFacts:
    """A sell of ours whose trade the market has not told yet."""

    custom_id: str
    state: str
    assets: frozenset[str]


@dataclass(frozen=True, slots=True)
class Known:
    """All that bears on one offer.

    ``trades`` bear its id or hold one of its assets. ``others`` are other offers of the account
    over the same assets. ``asked`` says how often a market was asked for the id and did not know
    it; None where no market could be asked.
    """

    now: datetime
    sight: Sight = Sight.SEES
    has_market: bool = True
    asked: int | None = 0
    trades: tuple[TradeFacts, ...] = ()
    sells: tuple[SellFacts, ...] = ()
    others: tuple[OfferFacts, ...] = ()
    bots: frozenset[str] = frozenset()  # bots that the team's markets have used
