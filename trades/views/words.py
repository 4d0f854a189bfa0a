"""What the upstreams' words and numbers mean, for people.

Statuses: seed page Trades API, "Trade Statuses". Steam numbers: Steam's own offer states; a number
that no document names is shown as it came.
"""

STATUS_MEANINGS = {
    "processing": "The market is still working on it.",
    "accepted": "Accepted; the money is frozen until settlement.",
    "completed": "Completed successfully.",
    "declined": "Failed on the buyer's side.",
    "cancelled": "Failed on the seller's side.",
    "rolled_back_by_user": "Rolled back by the user.",
    "rolled_back_by_bot": "Rolled back by the bot.",
}
STEAM_STATES = {
    1: "Invalid",
    2: "Active",
    3: "Accepted",
    4: "Countered",
    5: "Expired",
    6: "Canceled",
    7: "Declined",
    8: "InvalidItems",
    9: "NeedsConfirmation",
    10: "CanceledBy2FA",
    11: "InEscrow",
}


# Mannco's numbers. 4 to 7 and 10 are only listed as resendable (seed: Resend trade offer).
NUMBER_MEANINGS = {
    "0": "Pending.",
    "3": "Completed.",
    "-1": "Failed.",
    **dict.fromkeys(
        ("4", "5", "6", "7", "10"),
        "Ended without an exchange; the market's documents do not say how.",
    ),
    "-11": "Hidden by the market.",
    "-12": "Taken back by the market, the items were returned.",
}


def meaning_of_status(status: str) -> str:
    unnamed = "The market's documents do not name this status; it is shown as it came."
    return STATUS_MEANINGS.get(status) or NUMBER_MEANINGS.get(status) or unnamed


def status_text(status: str) -> str:
    """A bare number says nothing by itself."""
    return f"status {status}" if status.removeprefix("-").isdigit() else status


def steam_status_text(number: int | None) -> str:
    if number is None:
        return ""
    name = STEAM_STATES.get(number)
    return f"{name} ({number})" if name else str(number)
