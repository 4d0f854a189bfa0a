"""Is this offer what a market announced, or somebody's hand in the seller's pocket?

A pure function. An offer that gives nothing away harms nobody. One that gives something must bear
the id of a market trade, come from its bot and take exactly its items. Where the mirror does not
know it the market itself is asked, so that a trade read late is no theft. What no market knows and
nobody has explained is an alarm.
"""

from collections.abc import Iterator, Sized
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from trades.sync.guard.facts import (
    CALLED_OFF_STATES,
    EXCHANGED_STATES,
    Assets,
    Known,
    OfferFacts,
    SellFacts,
    Sight,
    TradeFacts,
)

TWIN_WITHIN = timedelta(minutes=10)
RECENT = timedelta(days=2)  # what was accepted without a trade is an alarm for so long
LOOK_AGAIN = timedelta(seconds=4)  # a bot's offer may stand on Steam before the market names it
ASKED_ENOUGH = 2
UNNAMED_FOR = timedelta(minutes=2)


class Verdict(StrEnum):
    MATCHED = "matched"  # a market trade by id, bot and items
    HARMLESS = "harmless"  # takes nothing
    WAITING = "waiting"  # the market has not been heard yet
    UNCHECKED = "unchecked"  # nothing to compare it with, or the key is blind
    ALARM = "alarm"
    PAST = "past"  # over, and never explained


@dataclass(frozen=True, slots=True)
class Judgement:
    """``reasons`` are sentences. ``asks_market``: ask for the offer's id, then judge again."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    asks_market: bool = False
    trade_id: str = ""  # the market trade that it belongs to


def judge(offer: OfferFacts, known: Known) -> Judgement:
    """A verdict from what is known now; it may change with the next answer, an alarm included."""
    found = _judged(offer, known)
    calming = found.verdict in (Verdict.MATCHED, Verdict.HARMLESS)
    if calming and offer.is_live and known.sight is Sight.BLIND:
        blind = "The key is blind now, so what is shown of this offer may be old."
        return Judgement(Verdict.UNCHECKED, (blind,), trade_id=found.trade_id)
    return found


def _judged(offer: OfferFacts, known: Known) -> Judgement:
    named = [trade for trade in known.trades if trade.offer_id == offer.offer_id]
    if named:
        return _compared(offer, named)
    if not offer.gives:
        return Judgement(Verdict.HARMLESS, ("It takes nothing from you.",))
    if not _still_matters(offer, known):
        return Judgement(Verdict.PAST)
    if offer.is_ours:
        return Judgement(Verdict.ALARM, tuple(_reasons(offer, known)))
    if not known.has_market:
        return _without_market(offer)
    return _after_asking(offer, known)


def _still_matters(offer: OfferFacts, known: Known) -> bool:
    if offer.is_live:
        return True
    moment = offer.updated_at or offer.created_at or offer.seen_at
    return offer.state in EXCHANGED_STATES and known.now - moment <= RECENT


def _without_market(offer: OfferFacts) -> Judgement:
    if not offer.receives:
        why = f"It takes {_items(offer.gives)} and gives nothing, and no market account is here "
        return Judgement(Verdict.ALARM, (f"{why}that could explain it.",))
    nothing = "No market account is connected, so nothing tells which offers to expect."
    return Judgement(Verdict.UNCHECKED, (nothing,))


def _after_asking(offer: OfferFacts, known: Known) -> Judgement:
    unnamed = _may_be_unnamed(offer, known)
    evident = offer.partner not in known.bots and bool(_related(offer, known))
    if known.asked is None:
        if evident:
            return Judgement(Verdict.ALARM, tuple(_reasons(offer, known)))
        mute = "The market cannot be asked right now. Do not accept this offer before it answered."
        return Judgement(Verdict.WAITING, (mute,), asks_market=True)
    if known.asked == 0:
        asking = "The mirror does not know this offer; the market is being asked."
        return Judgement(Verdict.WAITING, (asking,), asks_market=True)
    if unnamed:
        return Judgement(
            Verdict.WAITING,
            ("The market has not named the offer of this trade yet; its bot and items fit.",),
            asks_market=True,
            trade_id=unnamed.trade_id,
        )
    if known.asked < ASKED_ENOUGH and offer.partner in known.bots:
        once = "The market does not know this offer; it is asked once more."
        return Judgement(Verdict.WAITING, (once,), asks_market=True)
    return Judgement(Verdict.ALARM, tuple(_reasons(offer, known)))


def _may_be_unnamed(offer: OfferFacts, known: Known) -> TradeFacts | None:
    """An open trade over these items by this bot, to which the market has given no offer yet."""
    if known.now - offer.seen_at > UNNAMED_FOR:
        return None
    fitting = (
        trade
        for trade in known.trades
        if not trade.offer_id and trade.bot == offer.partner and _same(offer.gives, trade.gives)
    )
    return next(fitting, None)


def _compared(offer: OfferFacts, named: list[TradeFacts]) -> Judgement:
    """The trades that bear the offer's id; one of them must agree in everything."""
    judgements = [_against(offer, trade) for trade in named]
    best = (Verdict.MATCHED, Verdict.UNCHECKED, Verdict.PAST, Verdict.ALARM)
    return min(judgements, key=lambda each: best.index(each.verdict))


def _against(offer: OfferFacts, trade: TradeFacts) -> Judgement:
    differences = tuple(disagreements(offer, trade))
    if differences:
        harms = bool(offer.gives) and (offer.is_live or offer.state in EXCHANGED_STATES)
        return Judgement(
            Verdict.ALARM if harms else Verdict.PAST, differences, trade_id=trade.trade_id
        )
    if offer.gives and not (trade.bot and trade.gives):
        silent = f"{trade.market} names no {'items' if trade.bot else 'bot'} for this trade yet."
        return Judgement(Verdict.UNCHECKED, (silent,), trade_id=trade.trade_id)
    agrees = f"{trade.market} knows this offer by its id, its bot and its items."
    return Judgement(Verdict.MATCHED, (agrees,), trade_id=trade.trade_id)


def disagreements(offer: OfferFacts, trade: TradeFacts) -> Iterator[str]:
    """What the offer has otherwise than the market's trade, a sentence each."""
    if trade.bot and offer.partner != trade.bot:
        yield (
            f"It bears the id of a trade of {trade.market}, but it is with {offer.partner} and "
            f"not with the market's bot {trade.bot}. A name and an avatar can be copied; a Steam "
            "id cannot."
        )
    if trade.gives and not _same(offer.gives, trade.gives):
        yield from _item_differences(offer.gives, trade)


def _item_differences(gives: Assets, trade: TradeFacts) -> Iterator[str]:
    more = [asset for asset in gives if asset not in trade.gives]
    less = [asset for asset in trade.gives if asset not in gives]
    if more:
        yield f"It takes {_items(more)} that the trade of {trade.market} does not name."
    if less:
        yield f"It leaves out {_items(less)} of the trade of {trade.market}."
    if not more and not less:
        yield f"It takes more of an item than the trade of {trade.market} names."


def _same(gives: Assets, named: Assets) -> bool:
    """The same assets; amounts only where both tell them."""
    if gives.keys() != named.keys():
        return False
    pairs = ((gives[asset], named[asset]) for asset in gives)
    return all(None in (ours, theirs) or ours == theirs for ours, theirs in pairs)


def _related(offer: OfferFacts, known: Known) -> list[TradeFacts | SellFacts | OfferFacts]:
    """What else is about one of the offer's items."""
    return [
        *(trade for trade in known.trades if trade.gives.keys() & offer.gives.keys()),
        *(sell for sell in known.sells if sell.assets & offer.gives.keys()),
        *(other for other in known.others if other.gives.keys() & offer.gives.keys()),
    ]


def _reasons(offer: OfferFacts, known: Known) -> Iterator[str]:
    took = "took" if offer.state in EXCHANGED_STATES else "takes"
    if offer.is_ours:
        yield (
            f"It was sent in your name and gives away {_items(offer.gives)}. Sellside never sends "
            "offers and no market asks you to: whoever sent it can use your Steam account."
        )
    else:
        yield f"It {took} {_items(offer.gives)}, and no market knows an offer with this id."
    for related in _related(offer, known):
        yield _about(offer, related)
    if not offer.receives:
        yield "You would get nothing for it." if offer.is_live else "You got nothing for it."


def _about(offer: OfferFacts, related: TradeFacts | SellFacts | OfferFacts) -> str:
    if isinstance(related, TradeFacts):
        return _about_trade(offer, related)
    if isinstance(related, SellFacts):
        return (
            f"Your sell {related.custom_id} ({related.state}) holds items of it, and the market "
            "has announced no offer for that sell."
        )
    return _about_twin(offer, related)


def _about_trade(offer: OfferFacts, trade: TradeFacts) -> str:
    if trade.bot and trade.bot != offer.partner:
        return (
            f"Items of it belong to a trade of {trade.market} whose bot is {trade.bot}; this offer "
            f"is with {offer.partner}."
        )
    announced = f"under the offer id {trade.offer_id}" if trade.offer_id else "without an offer"
    return f"Items of it belong to a trade of {trade.market}, {announced}."


def _about_twin(offer: OfferFacts, other: OfferFacts) -> str:
    began = offer.created_at or offer.seen_at
    ended = other.updated_at or other.seen_at
    whose = "the same partner" if other.partner == offer.partner else "another partner"
    if other.state not in CALLED_OFF_STATES:
        return f"Offer {other.offer_id}, with {whose}, is over the same items."
    if abs(began - ended) <= TWIN_WITHIN:
        return (
            f"Offer {other.offer_id}, with {whose} and over the same items, was called off within "
            "ten minutes of this one: this is how offers are swapped."
        )
    return f"Offer {other.offer_id}, with {whose} and over the same items, was called off before."


def _items(assets: Sized) -> str:
    number = len(assets)
    return "1 item" if number == 1 else f"{number} items"
