"""Steam's offer states (seed: ETradeOfferState; 9 to 11 from later editions of the page)."""

from trades.upstreams.records import Phase

_PHASES = {
    2: Phase.OPEN,
    9: Phase.OPEN,  # waits for the sender's confirmation
    11: Phase.FROZEN,  # accepted by both, the items are on hold
    3: Phase.DONE,  # of the offer: a protected trade can still be reversed, its state stays 3
    **dict.fromkeys((1, 4, 5, 6, 7, 8, 10), Phase.FAILED),
}


def phase_of_offer_state(state: int) -> Phase:
    return _PHASES.get(state, Phase.UNKNOWN)
