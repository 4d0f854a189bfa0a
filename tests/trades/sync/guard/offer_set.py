"""The set that the guard is measured with: 10,000 offers, 200 of them hostile in ten shapes.

A case holds the offer, and what mirror and market know of it and when. The shapes are those of
thefts that sellers have met; the clean ones are what a seller's account holds on an ordinary day,
with everything that looks odd and is not.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from trades.sync.guard.facts import (
    ACCEPTED,
    ACTIVE,
    CANCELLED,
    CONFIRMING,
    COUNTERED,
    DECLINED,
    OfferFacts,
    SellFacts,
    TradeFacts,
)
from trades.upstreams.records import Phase

START = datetime(2026, 3, 13, tzinfo=UTC)
BOTS = tuple(str(76561198000000001 + number) for number in range(18))
KNOWN_BOTS = BOTS[:16]  # the others have never traded with the team before
STRANGERS = tuple(str(76561198700000001 + 7919 * number) for number in range(500))
A_MINUTE = timedelta(minutes=1)
HOSTILE = 200
ALL = 10_000


@dataclass(frozen=True, slots=True)
class Told:
    """A trade, and when mirror and market know it so."""

    trade: TradeFacts
    mirrored_at: datetime = START - timedelta(days=400)
    market_at: datetime = START - timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Case:
    kind: str
    is_hostile: bool
    offer: OfferFacts
    appears_at: datetime
    trades: tuple[Told, ...] = ()
    sells: tuple[SellFacts, ...] = ()
    others: tuple[OfferFacts, ...] = ()


@dataclass
class Maker:
    dice: random.Random
    number: int = 0
    at: datetime = START
    bot: str = field(default="", init=False)

    def fresh(self) -> None:
        self.number += 1
        self.at = START + timedelta(seconds=self.dice.randrange(30 * 86_400))
        self.bot = self.dice.choice(KNOWN_BOTS)

    def assets(self, most: int = 4) -> dict[str, int | None]:
        first = 40_000_000_000 + self.number * 100
        return {str(first + place): 1 for place in range(self.dice.randint(1, most))}

    def offer(self, gives: dict[str, int | None], **more: object) -> OfferFacts:
        made = OfferFacts(
            offer_id=self.offer_id(), partner=self.bot, is_ours=False, state=ACTIVE,
            seen_at=self.at, gives=gives, created_at=self.at, updated_at=self.at,
        )  # fmt: skip
        return replace(made, **more)  # type: ignore[arg-type]  # fields of OfferFacts

    def offer_id(self, place: int = 0) -> str:
        return str(6_100_000_000 + self.number * 10 + place)

    def trade(self, gives: dict[str, int | None], **more: object) -> TradeFacts:
        made = TradeFacts(
            trade_id=f"trade-{self.number}", market="VPSBot Market", offer_id=self.offer_id(),
            bot=self.bot, phase=Phase.OPEN, gives=gives,
        )  # fmt: skip
        return replace(made, **more)  # type: ignore[arg-type]  # fields of TradeFacts

    def stranger(self) -> str:
        return self.dice.choice(STRANGERS)

    def earlier(self, **span: float) -> datetime:
        return self.at - timedelta(**span)

    def case(
        self, kind: str, offer: OfferFacts, *trades: Told | TradeFacts, hostile: bool = False,
        sells: Sequence[SellFacts] = (), others: Sequence[OfferFacts] = (),
    ) -> Case:  # fmt: skip
        told = tuple(one if isinstance(one, Told) else Told(one) for one in trades)
        return Case(kind, hostile, offer, self.at, told, tuple(sells), tuple(others))


# The ten shapes. Each has a real trade that the thief knows of, or none.


def strangers_bot(make: Maker) -> Case:
    """1: a stranger asks for the assets of an open trade whose real offer is there too."""
    gives = make.assets()
    real = make.offer(gives, offer_id=make.offer_id(1), created_at=make.earlier(seconds=40))
    trade = make.trade(gives, offer_id=real.offer_id)
    offer = make.offer(gives, partner=make.stranger())
    return make.case("1 stranger's bot", offer, trade, others=[real], hostile=True)


def _twin(make: Maker, kind: str, real_state: int, ended: datetime) -> Case:
    gives = make.assets()
    real = make.offer(gives, offer_id=make.offer_id(1), state=real_state, updated_at=ended,
                      created_at=make.earlier(minutes=30))  # fmt: skip
    trade = make.trade(gives, offer_id=real.offer_id)
    offer = make.offer(gives, partner=make.stranger())
    return make.case(kind, offer, trade, others=[real], hostile=True)


def twin_after_cancel(make: Maker) -> Case:
    """2: the real offer was cancelled within the last ten minutes."""
    ended = make.earlier(seconds=make.dice.randrange(1, 600))
    return _twin(make, "2 twin after a cancel", make.dice.choice((CANCELLED, DECLINED)), ended)


def other_items(make: Maker) -> Case:
    """3: the id of the real offer, other items."""
    gives = make.assets()
    others = {f"9{asset}": amount for asset, amount in gives.items()}
    return make.case("3 other items", make.offer(others), make.trade(gives), hostile=True)


def one_more(make: Maker) -> Case:
    """4: the right items plus one, or a bigger stack of one of them."""
    gives = make.assets()
    more = {**gives, f"9{next(iter(gives))}": 1}
    if make.number % 2:
        more = dict.fromkeys(gives, 5)
    return make.case("4 one more", make.offer(more), make.trade(gives), hostile=True)


def unknown_id(make: Maker) -> Case:
    """5: a bot of the market, an id that the market does not know."""
    gives = make.assets()
    trade = make.trade(gives, offer_id=make.offer_id(1))
    known = [trade] if make.number % 2 else []
    return make.case("5 unknown id", make.offer(gives), *known, hostile=True)


def same_name(make: Maker) -> Case:
    """6: the real offer's id is shown under a partner who only looks like the bot."""
    gives = make.assets()
    offer = make.offer(gives, partner=make.stranger())
    return make.case("6 same name", offer, make.trade(gives), hostile=True)


def counter(make: Maker) -> Case:
    """7: the real offer was countered, by whoever holds the account's key."""
    gives = make.assets()
    real = make.offer(gives, offer_id=make.offer_id(1), state=COUNTERED, updated_at=make.at)
    trade = make.trade(gives, offer_id=real.offer_id)
    partner = make.bot if make.number % 2 else make.stranger()
    offer = make.offer(gives, partner=partner, is_ours=bool(make.number % 3))
    return make.case("7 counter-offer", offer, trade, others=[real], hostile=True)


def sell_on_its_way(make: Maker) -> Case:
    """8: items of a sell that the market has not confirmed."""
    gives = make.assets()
    state = make.dice.choice(("queued", "sending", "unknown"))
    sell = SellFacts(f"sellside-{make.number}", state, frozenset(gives))
    partner = make.bot if make.number % 4 == 0 else make.stranger()
    offer = make.offer(gives, partner=partner)
    return make.case("8 sell on its way", offer, sells=[sell], hostile=True)


def twin_at_another_time(make: Maker) -> Case:
    """9: eleven minutes after the cancel, or just before it."""
    if make.number % 2:
        return _twin(make, "9 twin later", CANCELLED, make.earlier(minutes=11))
    return _twin(make, "9 twin before", ACTIVE, make.earlier(minutes=20))


def sent_by_us(make: Maker) -> Case:
    """10: an offer in our own name that gives items away."""
    gives = make.assets()
    offer = make.offer(
        gives, is_ours=True, partner=make.stranger(), state=make.dice.choice((ACTIVE, CONFIRMING))
    )
    return make.case("10 sent by us", offer, hostile=True)


SHAPES: tuple[Callable[[Maker], Case], ...] = (
    strangers_bot, twin_after_cancel, other_items, one_more, unknown_id, same_name, counter,
    sell_on_its_way, twin_at_another_time, sent_by_us,
)  # fmt: skip


# What is clean, however it looks.


def ordinary(make: Maker) -> Case:
    gives = make.assets()
    return make.case("ordinary", make.offer(gives), make.trade(gives))


def finished(make: Maker) -> Case:
    gives = make.assets()
    state = make.dice.choice((ACCEPTED, 5, CANCELLED, DECLINED, 8, 10, 1))
    phase = Phase.DONE if state == ACCEPTED else Phase.FAILED
    return make.case("finished", make.offer(gives, state=state), make.trade(gives, phase=phase))


def resent(make: Maker) -> Case:
    """The market sent it anew, perhaps by another bot; the mirror still has the first offer."""
    gives = make.assets()
    first = make.offer(gives, offer_id=make.offer_id(1), state=CANCELLED, updated_at=make.at)
    old = make.trade(gives, offer_id=first.offer_id)
    bot = make.dice.choice(BOTS)
    new = replace(old, offer_id=make.offer_id(), bot=bot)
    later = Told(new, mirrored_at=make.at + A_MINUTE, market_at=make.at)
    return make.case("re-sent", make.offer(gives, partner=bot), old, later, others=[first])


def countered(make: Maker) -> Case:
    """The seller countered, so the real offer ended; the new one only asks for something."""
    gives = make.assets()
    if make.number % 2:
        real = make.offer(gives, state=COUNTERED)
        return make.case("countered", real, make.trade(gives, phase=Phase.FAILED))
    asked = make.offer({}, receives={"77": 1}, is_ours=True)
    return make.case("countered", asked)


def delayed_offer(make: Maker) -> Case:
    """The offer comes long after its trade."""
    gives = make.assets()
    told = Told(make.trade(gives), mirrored_at=make.earlier(hours=5))
    return make.case("delayed offer", make.offer(gives), told)


def delayed_mirror(make: Maker) -> Case:
    """A trade made on the market's own site, often by a new bot, mirrored a minute later."""
    make.bot = make.dice.choice(BOTS)
    if make.number % 2:
        make.bot = make.dice.choice(BOTS[16:])
    gives = make.assets()
    told = Told(
        make.trade(gives), mirrored_at=make.at + A_MINUTE, market_at=make.earlier(seconds=1)
    )
    return make.case("mirror a minute late", make.offer(gives), told)


def delayed_market(make: Maker) -> Case:
    """The bot's offer is on Steam three seconds before the market names it."""
    gives = make.assets()
    bare = make.trade(gives, offer_id="")
    named = make.trade(gives)
    after = make.at + timedelta(seconds=3)
    told = Told(named, mirrored_at=make.at + A_MINUTE, market_at=after)
    return make.case("market a moment late", make.offer(gives), bare, told)


def own_sell(make: Maker) -> Case:
    """Ours, its answer lost: the market has it and tells when it is asked for the offer."""
    gives = make.assets()
    sell = SellFacts(f"sellside-{make.number}", "unknown", frozenset(gives))
    told = Told(
        make.trade(gives), mirrored_at=make.at + A_MINUTE, market_at=make.earlier(seconds=1)
    )
    return make.case("own sell, answer lost", make.offer(gives), told, sells=[sell])


def receives_only(make: Maker) -> Case:
    partner = make.dice.choice((make.bot, make.stranger()))
    return make.case("receives only", make.offer({}, receives={"78": 1}, partner=partner))


def old_trade_with_a_friend(make: Maker) -> Case:
    """Years ago, and over."""
    offer = make.offer(
        make.assets(), partner=make.stranger(), state=make.dice.choice((ACCEPTED, DECLINED)),
        created_at=make.earlier(days=300), updated_at=make.earlier(days=299),
        is_ours=make.number % 2 == 0,
    )  # fmt: skip
    return make.case("old and over", offer)


CLEAN: tuple[tuple[Callable[[Maker], Case], int], ...] = (
    (ordinary, 30), (finished, 40), (resent, 5), (countered, 4), (delayed_offer, 4),
    (delayed_mirror, 5), (delayed_market, 2), (own_sell, 2), (receives_only, 4),
    (old_trade_with_a_friend, 4),
)  # fmt: skip


def offer_set(seed: int, *, total: int = ALL, hostile: int = HOSTILE) -> list[Case]:
    """Shuffled; hostile ones in equal parts of the ten shapes."""
    make = Maker(random.Random(seed))
    kinds, weights = zip(*CLEAN, strict=True)
    chosen = [SHAPES[number % len(SHAPES)] for number in range(hostile)]
    chosen += make.dice.choices(kinds, weights, k=total - hostile)
    cases = []
    for shape in chosen:
        make.fresh()
        cases.append(shape(make))
    make.dice.shuffle(cases)
    return cases
