"""When a market's "I do not know this key" is believed: wherever it was said, by the same rule."""

from datetime import timedelta

from django.db import transaction

from accounts.models import KeyState, UpstreamKey
from dashboard import clock

REFUSAL_PAUSE = timedelta(minutes=1)  # a second refusal this much later marks a key rejected
PROBE_EVERY = timedelta(hours=1)
_COLUMNS = ["refusals", "state", "try_again_at", "last_error", "last_error_at"]


@transaction.atomic
def note_refusal(key: UpstreamKey, text: str) -> None:
    """The first refusal may be a hiccup; one a minute later is believed.

    ``key`` is brought up to date. One that was paused, removed or put in doubt meanwhile stays so.
    """
    key.refresh_from_db(fields=_COLUMNS, from_queryset=UpstreamKey.objects.select_for_update())
    if key.state != KeyState.ACTIVE:
        return
    now = clock.now()
    if not key.refusals:
        key.refusals, key.last_error_at = 1, now
    elif key.last_error_at and now - key.last_error_at >= REFUSAL_PAUSE * 0.9:
        key.refusals += 1
        key.state, key.try_again_at = KeyState.REJECTED, now + PROBE_EVERY
    key.last_error = text[:300]
    key.save(update_fields=_COLUMNS)


def note_accepted(key: UpstreamKey) -> None:
    if key.refusals:
        key.refusals, key.last_error, key.last_error_at = 0, "", None
        key.save(update_fields=["refusals", "last_error", "last_error_at"])
