"""How long a history still takes, where that can be told honestly."""

from datetime import timedelta

from dashboard import clock
from trades.models import SyncState

SHORTEST_LOOK = 5  # seconds of arriving that a guess needs
STALE = 20  # seconds without a row: it may stand still
_UNITS = ((5400, 60, "min"), (129_600, 3600, "h"))


def time_left(state: SyncState) -> str:
    """A sentence for an arriving history, "" where nothing is known."""
    held = state.held_until
    if held and held > clock.now() + timedelta(seconds=1):
        at = _rounded((held - clock.now()).total_seconds())
        return f"This minute's calls are saved for open trades and for people: it goes on in {at}."
    seconds = _seconds_left(state)
    return (
        ""
        if seconds is None
        else f"About {_rounded(seconds)} left, judged by the last two minutes."
    )


def _seconds_left(state: SyncState) -> float | None:
    marks = state.cursor.get("arrived", [])
    if len(marks) < 2 or not state.progress_total or state.failures:
        return None
    (began, before), (ended, after) = marks[0], marks[-1]
    if ended - began < SHORTEST_LOOK or clock.now().timestamp() - ended > STALE or after <= before:
        return None
    left = state.progress_total - state.progress_done
    return left * (ended - began) / (after - before) if left > 0 else None


def _rounded(seconds: float) -> str:
    """Never more exact than such a guess can be."""
    if seconds < 90:
        return f"{max(5, 5 * round(seconds / 5))} s"
    for limit, size, unit in _UNITS:
        if seconds < limit:
            return f"{round(seconds / size)} {unit}"
    return f"{round(seconds / 86_400)} days"
