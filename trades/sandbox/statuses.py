"""The words of the two seed pages and which of them go together.

The pages name the statuses, the summaries and the Steam statuses, but not which go with which.
The pairs here follow the pages' descriptions: ``cancelled`` is a failure of the seller's side and
``declined`` one of the buyer's, while Steam's words speak of who sent the offer (the bot).
"""

from typing import NamedTuple

GAMES = (730, 570, 440, 252490)
FREEZING_GAME = 730  # the one game whose money is frozen until settlement

LISTED_STATUSES = (
    "processing",
    "accepted",
    "completed",
    "declined",
    "cancelled",
    "rolled_back_by_user",
    "rolled_back_by_bot",
)
EXCHANGED_STATUSES = ("accepted", "completed", "rolled_back_by_user", "rolled_back_by_bot")
LOOKED_UP_BY_STEAM_TRADE = ("accepted", "rolled_back_by_user", "rolled_back_by_bot")

STEAM_ACTIVE = 2
STEAM_ACCEPTED = 3
STEAM_NEEDS_CONFIRMATION = 9
STEAM_IN_ESCROW = 11
STEAM_ROLLED_BACK = 12  # named by the seed page without a number; 12 is what clients have seen
STEAM_MISSING_ITEMS = 13  # named by the seed page without a number


class Ending(NamedTuple):
    """How a trade looks when it is over."""

    status: str
    summary: str
    steam_status: int
    error: str | None


COMPLETED = Ending("completed", "Accepted", STEAM_ACCEPTED, None)
ACCEPTED = Ending("accepted", "Accepted", STEAM_ACCEPTED, None)
ROLLBACKS = {
    "user": Ending("rolled_back_by_user", "RolledBackBySeller", STEAM_ROLLED_BACK, None),
    "bot": Ending("rolled_back_by_bot", "RolledBackByBuyer", STEAM_ROLLED_BACK, None),
}
FAILURES = {
    "cancelled": Ending(
        "cancelled", "DeclinedBySeller", 7, "Trade offer was declined by the seller"
    ),
    "expired": Ending("cancelled", "Failed", 5, "Trade offer expired before it was accepted"),
    "countered": Ending("cancelled", "Failed", 4, "Seller made a counter offer"),
    "invalid_items": Ending("cancelled", "Failed", 8, "Items are no longer available for trade"),
    "missing_items": Ending(
        "cancelled", "Failed", STEAM_MISSING_ITEMS, "Items are missing from the inventory"
    ),
    "declined": Ending("declined", "CanceledByBuyer", 6, "Trade offer was canceled by the buyer"),
    "second_factor": Ending("declined", "Failed", 10, "Mobile confirmation of the bot failed"),
    "error": Ending("error", "Failed", 1, "Steam error 15: access denied"),
}
OUTCOMES = (
    *("completed",) * 88,
    *("cancelled",) * 4,
    *("expired",) * 2,
    *("declined",) * 2,
    *("rolled_back_by_user",) * 2,
    *("rolled_back_by_bot",) * 2,
)


def ending_of(status: str) -> Ending:
    """The usual summary, Steam status and error of a status; a word no page names is kept."""
    known = {"processing": Ending("processing", "InProgress", STEAM_ACTIVE, None)}
    known |= {ending.status: ending for ending in (COMPLETED, ACCEPTED, *ROLLBACKS.values())}
    known |= {word: FAILURES[word] for word in ("cancelled", "declined", "error")}
    return known.get(status, Ending(status, "Failed", 1, None))
