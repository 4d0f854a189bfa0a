"""What a failed call means for the stream, the account and the key."""

import random
from datetime import timedelta

from django.db.models import F

from accounts.models import Upstream, UpstreamKey
from dashboard import clock
from trades.gates import note_pause
from trades.models import SyncState
from trades.sync import cursors
from trades.sync.key_doubts import REFUSAL_PAUSE, note_accepted, note_refusal
from trades.sync.run import Run
from trades.upstreams.errors import KeyRejected, RateLimited, Unreachable, UpstreamError
from trades.upstreams.sentences import sentence

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)


def backoff(failures: int) -> timedelta:
    """Doubling, capped, with a fifth of jitter so that accounts do not return in step."""
    doubled: int = 2 ** min(failures, 10)
    wait = min(LONGEST_WAIT, FIRST_WAIT * doubled)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, keeps no secret


def note_failure(run: Run, key: UpstreamKey, error: UpstreamError) -> None:
    """Keep what went wrong where a page shows it, and plan the next try."""
    text = sentence(error, Upstream(run.account.upstream).label)
    run.tally.error = text
    now = clock.now()
    wait = _wait(run.state, error)
    SyncState.objects.filter(pk=run.state.pk).update(
        failures=run.state.failures + 1,
        last_error=text[:300],
        last_error_at=now,
        due_at=now + wait,
    )
    if isinstance(error, KeyRejected):
        note_refusal(key, text)
    if isinstance(error, RateLimited | Unreachable):
        note_pause(run.allowance.scopes, error)
    if concerns_all(run, error):
        cursors.postpone(run.account, now + wait)


def concerns_all(run: Run, error: UpstreamError) -> bool:
    """Whether the whole host or key is in trouble, and not one endpoint of it.

    A failure to answer is the host's when it asks for a pause, or when a second stream fails too
    before any other was answered.
    """
    if isinstance(error, KeyRejected | RateLimited):
        return True
    if not isinstance(error, Unreachable):
        return False
    others = [tally for stream, tally in run.tallies.items() if stream != run.state.stream]
    asked = [tally for tally in others if tally.calls]
    return bool(error.retry_after) or (bool(asked) and all(tally.error for tally in asked))


def _wait(state: SyncState, error: UpstreamError) -> timedelta:
    wait = backoff(state.failures)
    if isinstance(error, KeyRejected):
        return REFUSAL_PAUSE
    asked = getattr(error, "retry_after", None)
    return max(wait, timedelta(seconds=asked)) if asked else wait


def note_success(run: Run, key: UpstreamKey) -> None:
    SyncState.objects.filter(pk=run.state.pk).update(
        failures=0, last_error="", last_error_at=None, last_good_at=clock.now()
    )
    note_accepted(key)


def note_broken_seal(account_id: int) -> None:
    """This machine does not open what another one sealed; that one may still do the work."""
    now = clock.now()
    SyncState.objects.filter(account=account_id, due_at__lte=now).update(
        failures=F("failures") + 1,
        last_error="The stored key cannot be opened: this machine's ENCRYPTION_KEYS are others.",
        last_error_at=now,
        due_at=now + REFUSAL_PAUSE,
    )
