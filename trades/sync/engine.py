"""One slice of an account: take the lease, serve what is due, most urgent first, note, release."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Coalesce

from accounts.crypto import SealBroken
from accounts.models import KeyState, MarketAccount, UpstreamKey
from dashboard import clock
from trades.connect import open_client
from trades.models import Stream, SyncRun, SyncState
from trades.sync import cursors, places, troubles, watching
from trades.sync import lease as leases
from trades.sync.allowance import Allowance, share_of
from trades.sync.flight import Flight
from trades.sync.item_names import KnownNames
from trades.sync.lease import Lease, LeaseLostError
from trades.sync.places import Work
from trades.sync.run import Run, Tally
from trades.sync.streams import STEPS, backfill
from trades.sync.twins import SameAccountError, absorb
from trades.upstreams.errors import OverBudget, Unreachable, UpstreamError
from trades.upstreams.http import Patience, Transport

logger = logging.getLogger(__name__)
SLICE_SECONDS = 10.0


@dataclass(slots=True)
class SliceReport:
    """What a slice did, a tally a stream."""

    tallies: dict[Stream, Tally] = field(default_factory=dict)

    @property
    def errors(self) -> list[str]:
        return [tally.error for tally in self.tallies.values() if tally.error]


def run_slice(
    account_id: int, *, seconds: float = SLICE_SECONDS, transport: Transport | None = None
) -> SliceReport | None:
    """Work on an account for at most ``seconds``; None when somebody else is at it.

    None as well where this process is busy enough with the account's upstream.
    """
    account = MarketAccount.objects.filter(pk=account_id).first()
    if account is None:
        return None
    with places.taken(Work.SLICES, account.upstream) as is_ours:
        return _work(account_id, seconds, transport) if is_ours else None


def _work(account_id: int, seconds: float, transport: Transport | None) -> SliceReport | None:
    lease = leases.take(account_id)
    if lease is None:
        return None
    report = SliceReport()
    try:
        _serve(lease, report, seconds, transport)
    except SealBroken:
        logger.warning("account=%s has a key that cannot be opened here", account_id)
        troubles.note_broken_seal(account_id)
    except LeaseLostError:
        logger.warning("account=%s lost its lease, the page in hand was dropped", account_id)
    except SameAccountError as found:
        absorb(MarketAccount.objects.get(pk=account_id), found.elder)
        logger.info("account=%s is another of the team, its keys moved there", account_id)
    finally:
        cursors.queue_again(account_id)
        leases.release(lease)
        _keep_runs(account_id, report)
    return report


def usable_key(account: MarketAccount) -> UpstreamKey | None:
    """The key to work with: one that was not refused and is not blind, if there is a choice."""
    keys = account.keys.filter(state=KeyState.ACTIVE).select_related("account")
    ranked = keys.annotate(rank=Coalesce("sight__rank", 1))
    return ranked.order_by("refusals", "rank", "id").first()


def _serve(lease: Lease, report: SliceReport, seconds: float, transport: Transport | None) -> None:
    account = MarketAccount.objects.get(pk=lease.account_id)
    key = usable_key(account)
    ends = time.monotonic() + seconds
    if key is None:
        return
    allowance, flight, names = Allowance.of(account), Flight(), KnownNames(account.team_id)
    patience = Patience(gate=allowance.gate)
    with open_client(key, patience=patience, transport=transport) as client, allowance, flight:

        def step(state: SyncState, work: Callable[[Run], None]) -> bool:
            run = Run(account, lease, client, state, allowance, flight, names, report.tallies, key)
            return _step(run, key, work)

        while time.monotonic() < ends:
            state = cursors.next_due(account)
            if state is None or not step(state, STEPS[Stream(state.stream)]):
                break
        while flight:  # what was asked ahead is stored before the lease is given back
            step(account.sync_states.get(stream=Stream.BACKFILL), backfill.land)


def _step(run: Run, key: UpstreamKey, work: Callable[[Run], None]) -> bool:
    """One step of one stream; False when the account should be left alone for now."""
    calls = run.tally.calls
    try:
        work(run)
    except OverBudget as error:
        _hold(run, error)
        return True
    except UpstreamError as error:
        logger.info("account=%s stream=%s %s", run.account.pk, run.state.stream, error)
        if isinstance(error, Unreachable):
            places.note_trouble(run.account.upstream)
        troubles.note_failure(run, key, error)
        return not troubles.concerns_all(run, error)
    if run.tally.calls > calls:  # a step that asked nothing proves nothing
        places.note_answer(run.account.upstream)
        troubles.note_success(run, key)
    return True


def _hold(run: Run, error: OverBudget) -> None:
    """What may not be asked now waits, still due, and with it whatever may be asked even less."""
    at_work = Stream(run.state.stream)
    held = {stream for stream in Stream if share_of(stream) <= share_of(at_work)}
    wait = timedelta(seconds=error.retry_after or 1)
    if watching.is_watched(run.account):  # what is looked at may be asked longer than the rest
        wait = min(wait, watching.EVERY)
        held -= {Stream.OPEN} - {at_work}
    cursors.hold(run.account, held, wait)


def _keep_runs(account_id: int, report: SliceReport) -> None:
    """A run that changed or failed something is a row; the others are counted."""
    kept, idle = [], []
    for stream, tally in report.tallies.items():
        did = tally.outcome
        if did.wrote or did.bad or tally.error:
            kept.append(_as_row(account_id, stream, tally))
        else:
            idle.append(stream)
    SyncRun.objects.bulk_create(kept)
    if idle:
        states = SyncState.objects.filter(account=account_id, stream__in=idle)
        states.update(idle_runs=F("idle_runs") + 1)


def _as_row(account_id: int, stream: Stream, tally: Tally) -> SyncRun:
    did = tally.outcome
    return SyncRun(
        account_id=account_id,
        stream=stream,
        started_at=tally.started_at,
        ended_at=clock.now(),
        calls=tally.calls,
        new=did.new,
        changed=did.changed,
        unchanged=did.unchanged,
        bad=did.bad,
        error=tally.error[:300],
    )
