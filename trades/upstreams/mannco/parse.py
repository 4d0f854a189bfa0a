"""Mannco's status numbers (seed: Get active trades, Get all trades, Resend trade offer)."""

from trades.upstreams.records import Phase

_PHASES = {
    0: Phase.OPEN,
    3: Phase.DONE,
    -1: Phase.FAILED,
    **dict.fromkeys((4, 5, 6, 7, 10), Phase.FAILED),  # listed as resendable, not explained
    -12: Phase.REVERTED,  # by an admin, items returned (other editions of the pages)
}


def phase_of_status(status: int) -> Phase:
    """-11 (hidden) does not say how the trade ended: UNKNOWN, like every unnamed number."""
    return _PHASES.get(status, Phase.UNKNOWN)
