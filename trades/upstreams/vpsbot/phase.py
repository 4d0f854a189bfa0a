"""How far a VPSBot trade is (seed: Trade Statuses, Game-Specific Flow, Trade Summary)."""

from datetime import datetime

from trades.upstreams.records import Phase

CS2 = 730
STEAM_ROLLED_BACK = 12  # twelfth in the seed's list of Steam statuses, whose first eleven are 1-11

_PHASES = {
    "processing": Phase.OPEN,
    "completed": Phase.DONE,
    "declined": Phase.FAILED,
    "cancelled": Phase.FAILED,
    "rolled_back_by_user": Phase.REVERTED,
    "rolled_back_by_bot": Phase.REVERTED,
}
_MONEY_COUNTED = frozenset({"accepted", "completed"})


def phase_of(
    status: str,
    summary: str = "",
    steam_status: int | str | None = None,
    game_id: int | None = None,
    settles_at: datetime | None = None,
) -> Phase:
    """A rollback told anywhere wins: money must leave "frozen" at once, whatever the status says.

    The words are compared exactly: an unknown spelling is UNKNOWN, which is read again.
    """
    if _is_rolled_back(status, summary, steam_status):
        return Phase.REVERTED
    if status == "accepted":
        return _accepted(game_id, settles_at)
    return _PHASES.get(status, Phase.UNKNOWN)


def _is_rolled_back(status: str, summary: str, steam_status: int | str | None) -> bool:
    if status.startswith("rolled_back") or summary.startswith("RolledBack"):
        return True
    if steam_status == "RolledBack":
        return True
    return steam_status == STEAM_ROLLED_BACK and status in _MONEY_COUNTED


def _accepted(game_id: int | None, settles_at: datetime | None) -> Phase:
    """Money is held in CS2, or where a settlement is named; elsewhere it is still on its way."""
    if settles_at is not None or game_id in (CS2, None):
        return Phase.FROZEN
    return Phase.OPEN
