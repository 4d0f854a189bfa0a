"""How a key stands, in a sentence that says what happens next."""

from datetime import timedelta

import pytest

from accounts.models import KeyState, UpstreamKey
from dashboard import clock
from trades.views.key_cards import key_sentence


@pytest.mark.parametrize(
    ("state", "columns", "expected"),
    [
        (KeyState.ACTIVE, {}, "The market accepts it."),
        (KeyState.ACTIVE, {"refusals": 1, "last_error": "No."}, "only a second refusal"),
        (KeyState.UNVERIFIED, {"last_error": "It is down."}, "It is down. It is tried again"),
        (KeyState.UNVERIFIED, {}, "by itself in a moment."),
        (KeyState.REJECTED, {"last_error": "Not known"}, "Not known. What is mirrored stays."),
        (KeyState.PAUSED, {}, "until it is resumed."),
        (KeyState.REMOVED, {}, "erased, the trades stay."),
    ],
)
def test_every_state_is_a_sentence(
    state: KeyState, columns: dict[str, str | int], expected: str
) -> None:
    sentence = key_sentence(UpstreamKey(state=state, **columns))
    assert expected in sentence
    assert ".." not in sentence


def test_the_next_try_is_told() -> None:
    soon = clock.now() + timedelta(minutes=51, seconds=5)
    key = UpstreamKey(state=KeyState.REJECTED, try_again_at=soon)
    assert "It is tried again by itself in 51 min." in key_sentence(key)
