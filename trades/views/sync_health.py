"""How an account's sync stands: a word, its colour and a sentence."""

from collections.abc import Sequence

from accounts.models import KeyState
from trades.models import Stream, SyncState
from trades.models.sync import HISTORY

FINISHES = {*HISTORY, Stream.UNDATED}


def is_unfinished(state: SyncState) -> bool:
    """A stream that has an end and is on its way to it."""
    return state.stream in FINISHES and state.finished_at is None and state.due_at is not None


def health(
    states: Sequence[SyncState], key_states: set[KeyState], *, is_busy: bool
) -> tuple[str, str, str]:
    """A word, its colour, and what it means."""
    if KeyState.ACTIVE not in key_states:
        return _stopped(key_states)
    failing = [state for state in states if state.failures]
    if failing:
        return "Having trouble", "is-wait", "What was read before stays and is shown with its age."
    history = next((state for state in states if state.stream in HISTORY), None)
    if history is None:
        return _without_history(states)
    if history.finished_at is None and history.started_at is None:
        return "Starting", "is-wait", "The history starts to arrive in a moment."
    if is_unfinished(history):
        return "History arriving", "is-wait", "New and open trades are read in between."
    if is_busy:
        return "Syncing", "is-good", "Asking the market for what changed."
    return "Up to date", "is-good", "Whatever changes at the market arrives by itself."


def _without_history(states: Sequence[SyncState]) -> tuple[str, str, str]:
    if any(state.last_good_at for state in states):
        return "Up to date", "is-good", "Whatever changes there arrives by itself."
    return "Starting", "is-wait", "It is asked for the first time in a moment."


def _stopped(key_states: set[KeyState]) -> tuple[str, str, str]:
    if KeyState.REJECTED in key_states:
        return "Stopped", "is-bad", "The market refuses the key. The trades read so far stay."
    if KeyState.UNVERIFIED in key_states:
        return "Waiting", "is-wait", "Nothing is read before the market has accepted the key."
    if KeyState.PAUSED in key_states:
        return "Paused", "is-none", "Resume a key to go on. The trades read so far stay."
    return "Stopped", "is-none", "No key is left to ask with. The trades stay; add a key to go on."
