from datetime import UTC, datetime

import pytest

from trades.upstreams.records import Phase
from trades.upstreams.vpsbot.phase import phase_of

SETTLES = datetime(2026, 1, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "summary", "steam_status", "game_id", "settles_at", "expected"),
    [
        ("processing", "InProgress", 2, 730, None, Phase.OPEN),
        ("processing", "InProgress", 11, 570, None, Phase.OPEN),
        ("processing", "", None, None, None, Phase.OPEN),
        ("accepted", "Accepted", 3, 730, SETTLES, Phase.FROZEN),
        ("accepted", "Accepted", 3, 730, None, Phase.FROZEN),
        ("accepted", "Accepted", 3, None, None, Phase.FROZEN),
        ("accepted", "Accepted", 3, 570, None, Phase.OPEN),
        ("accepted", "Accepted", 3, 440, None, Phase.OPEN),
        ("accepted", "Accepted", 3, 252490, SETTLES, Phase.FROZEN),
        ("completed", "Accepted", 3, 730, SETTLES, Phase.DONE),
        ("completed", "Accepted", 3, 570, None, Phase.DONE),
        ("declined", "CanceledByBuyer", 6, 730, None, Phase.FAILED),
        ("declined", "DeclinedBySeller", 7, 730, None, Phase.FAILED),
        ("cancelled", "DeclinedBySeller", 7, 730, None, Phase.FAILED),
        ("cancelled", "Failed", 8, 440, None, Phase.FAILED),
        ("rolled_back_by_user", "RolledBackBySeller", 12, 730, None, Phase.REVERTED),
        ("rolled_back_by_bot", "RolledBackByBuyer", 12, 730, None, Phase.REVERTED),
        ("rolled_back_by_user", "Accepted", 3, 730, SETTLES, Phase.REVERTED),
        ("rolled_back_by_steam", "", None, 730, None, Phase.REVERTED),
        ("accepted", "RolledBackByBuyer", 3, 730, SETTLES, Phase.REVERTED),
        ("completed", "RolledBackBySeller", 3, 730, SETTLES, Phase.REVERTED),
        ("declined", "RolledBackByBuyer", 3, 730, None, Phase.REVERTED),
        ("something", "RolledBackByBuyer", 3, 730, None, Phase.REVERTED),
        ("accepted", "Accepted", "RolledBack", 730, SETTLES, Phase.REVERTED),
        ("accepted", "Accepted", 12, 730, SETTLES, Phase.REVERTED),
        ("completed", "Accepted", 12, 730, SETTLES, Phase.REVERTED),
        ("processing", "InProgress", 12, 730, None, Phase.OPEN),
        ("declined", "Failed", 12, 730, None, Phase.FAILED),
        ("accepted", "Accepted", 13, 730, SETTLES, Phase.FROZEN),
        ("completed", "InProgress", 2, 730, None, Phase.DONE),
        ("error", "Failed", 1, 730, None, Phase.UNKNOWN),
        ("on_hold", "InProgress", 2, 730, None, Phase.UNKNOWN),
        ("Accepted", "Accepted", 3, 730, SETTLES, Phase.UNKNOWN),
        ("", "", None, None, None, Phase.UNKNOWN),
    ],
)
def test_phase(
    status: str,
    summary: str,
    steam_status: int | str | None,
    game_id: int | None,
    settles_at: datetime | None,
    expected: Phase,
) -> None:
    assert phase_of(status, summary, steam_status, game_id, settles_at) is expected
