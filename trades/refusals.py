"""What a market's "no" to a sell means, what to do next, and which click mends it. Pure.

The texts are those of the seed page Sell API, "Create Trade Errors". They are foreign text: what is
not known is shown as it came, and nothing is ever decided by it but the words on the page.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    BODY = "body"
    BUYER = "buyer"
    NO_ORDER = "no order"
    PRICE = "price"
    NO_VALUE = "no value"
    BALANCE = "balance"
    ROOM = "room"
    BOT = "bot"
    GAME = "game"
    TAKEN = "taken"  # 409: not a failure, it may be our own trade
    BROKEN = "broken"  # 500: the outcome is unknown
    OTHER = "other"


class Mend(StrEnum):
    """What one click can do with the items of a request that came to nothing."""

    SAME = "same"  # match all of them again
    WITHOUT = "without"  # leave out the item that the market named, match the rest
    SPLIT = "split"  # two selections of about half the value each


@dataclass(frozen=True, slots=True)
class Refusal:
    """``item`` is the name that the market's text bears, "" where it bears none."""

    kind: Kind
    sentence: str
    next_step: str
    mends: tuple[Mend, ...] = ()  # the likeliest first
    item: str = ""


@dataclass(frozen=True, slots=True)
class _Known:
    pattern: re.Pattern[str]
    kind: Kind
    sentence: str
    next_step: str
    mends: tuple[Mend, ...] = ()


def _known(pattern: str, kind: Kind, sentence: str, next_step: str, *mends: Mend) -> _Known:
    return _Known(
        re.compile(rf"\s*{pattern}\.?\s*", re.IGNORECASE | re.DOTALL),
        kind,
        sentence,
        next_step,
        mends,
    )


_KNOWN = (
    _known(
        "Invalid request body",
        Kind.BODY,
        "The market could not read the request.",
        "That is a fault of Sellside or of an item's data, so the same items would be refused"
        " again. Tell whoever runs Sellside, with the custom id.",
    ),
    _known(
        "Buyer mismatch",
        Kind.BUYER,
        "Another buyer pays best for these items now.",
        "Match again to see who buys them and at which prices.",
        Mend.SAME,
    ),
    _known(
        r"No buy order found for item:?\s*(?P<item>.*?)",
        Kind.NO_ORDER,
        "One of the items has no buyer any more.",
        "Leave it out and match the rest again, or match all of them again.",
        Mend.WITHOUT,
        Mend.SAME,
    ),
    _known(
        r"Item\s+(?P<item>.*?)\s+price exceeds buy order price",
        Kind.PRICE,
        "The buyer pays less now than what was agreed.",
        "Match again to see the new price, or leave the item out.",
        Mend.SAME,
        Mend.WITHOUT,
    ),
    _known(
        "Trade value must be positive",
        Kind.NO_VALUE,
        "The items were worth nothing to the market.",
        "Match again: only items with a price can be sold.",
        Mend.SAME,
    ),
    _known(
        "Insufficient balance",
        Kind.BALANCE,
        "The buyer does not have the money for all of it.",
        "Try later, or split it: a smaller sell may fit.",
        Mend.SAME,
        Mend.SPLIT,
    ),
    _known(
        "No suitable purchase room found",
        Kind.ROOM,
        "The market has no room for a trade of this value.",
        "Split it in two, or try later.",
        Mend.SPLIT,
        Mend.SAME,
    ),
    _known(
        "No suitable bot found",
        Kind.BOT,
        "The market has no bot free for this trade.",
        "Wait a few minutes, then match again.",
        Mend.SAME,
    ),
    _known(
        "Game not supported",
        Kind.GAME,
        "The market does not buy items of this game.",
        "Nothing mends that here: these items cannot be sold at this market.",
    ),
    _known(
        "A trade with this custom_id already exists",
        Kind.TAKEN,
        "The market already has a trade under this request's id.",
        "It is most likely this very sell. We are asking the market.",
    ),
    _known(
        "Internal error",
        Kind.BROKEN,
        "The market failed while it worked on the request.",
        "It may have made the trade all the same. We are asking the market.",
    ),
)


def read(text: str) -> Refusal:
    """Tell a market's refusal by its text."""
    for known in _KNOWN:
        if found := known.pattern.fullmatch(text):
            item = found.groupdict().get("item") or ""
            return Refusal(known.kind, known.sentence, known.next_step, known.mends, item)
    return Refusal(
        Kind.OTHER,
        "The market refused for a reason that its documents do not name.",
        "Read its words, then match again or sell elsewhere.",
        (Mend.SAME,),
    )
