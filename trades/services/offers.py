"""What a match answer may be taken for. Pure: never more than asked, never a price that is none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trades.upstreams.records import MatchAnswer, MatchedItem

HIGHEST_PRICE = 1_000_000_000_000  # a billion dollars: beyond it is a mistake, not an offer
LONGEST_ERROR = 300
NOT_ANSWERED = "The market's answer leaves this item out."
NO_BUYER_NAMED = "The market named a price and no buyer."
IMPOSSIBLE_PRICE = "The market named an impossible price."
SAME_ORDER = "The buyer takes no more of it than was matched above."
OUR_WORDS = frozenset({NOT_ANSWERED, NO_BUYER_NAMED, IMPOSSIBLE_PRICE, SAME_ORDER})

# How many of a name each buyer takes already: (buyer, name) -> amount.
Promised = Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What one buyer takes of one name. ``price_milli`` is per item; nothing is taken at 0."""

    name: str
    asked: int
    amount: int
    price_milli: int
    error: str = ""


def offers_in(asked: Mapping[str, int], answer: MatchAnswer, promised: Promised) -> list[Offer]:
    """One offer for each asked name; what was not asked for is left alone.

    A buyer who takes fewer than were asked names the same order again when asked about the rest:
    that one is in ``promised`` already, and is not counted twice.
    """
    told: dict[str, MatchedItem] = {}
    for item in answer.items:
        told[item.name] = _poorer(told.get(item.name), item)
    return [
        _offer(name, amount, told.get(name), answer.buyer_id, promised[answer.buyer_id, name])
        for name, amount in asked.items()
    ]


def shares(names: Sequence[str], offers: Sequence[Offer]) -> list[Offer | None]:
    """The offer that takes each of these assets, by its name; None for those nobody takes."""
    left = {offer.name: offer.amount for offer in offers}
    by_name = {offer.name: offer for offer in offers}
    shared: list[Offer | None] = []
    for name in names:
        takes = left.get(name, 0) > 0
        left[name] = left.get(name, 0) - takes
        shared.append(by_name[name] if takes else None)
    return shared


def _poorer(one: MatchedItem | None, other: MatchedItem) -> MatchedItem:
    """Of two rows about the same name the one that promises less."""
    if one is None:
        return other
    return min(one, other, key=lambda item: (item.price_milli, item.amount))


def _offer(name: str, asked: int, told: MatchedItem | None, buyer: str, promised: int) -> Offer:
    if told is None:
        return Offer(name, asked, 0, 0, NOT_ANSWERED)
    error = told.error[:LONGEST_ERROR]
    if told.price_milli <= 0 or told.amount <= 0:
        return Offer(name, asked, 0, 0, error)
    if told.price_milli > HIGHEST_PRICE:
        return Offer(name, asked, 0, 0, IMPOSSIBLE_PRICE)
    if not buyer.strip():
        return Offer(name, asked, 0, 0, NO_BUYER_NAMED)
    amount = min(asked, told.amount - promised)
    if amount <= 0:
        return Offer(name, asked, 0, 0, SAME_ORDER)
    return Offer(name, asked, amount, told.price_milli, error)
