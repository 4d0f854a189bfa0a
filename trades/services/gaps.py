"""Gaps in what a market's list told: who has seen that trades may be missing."""

from django.db import transaction

from accounts import audit
from accounts.models import MarketAccount, User
from dashboard import clock
from trades.models import Stream, SyncState


def acknowledge(*, account: MarketAccount, begin: str, by: User) -> bool:
    """Of the gap that begins there; False when there is none, or somebody did so before.

    The gap stays on record: only the noise ends.
    """
    with transaction.atomic():
        states = SyncState.objects.select_for_update().filter(account=account)
        for state in states.filter(stream=Stream.NEWEST):
            known = {seen[0] for seen in state.gaps_seen}
            for since, until in state.gaps:
                if since == begin and since not in known:
                    _note(state, since, until, account, by)
                    return True
    return False


def _note(state: SyncState, since: str, until: str, account: MarketAccount, by: User) -> None:
    state.gaps_seen.append([since, until, clock.now().isoformat(), by.email])
    state.save(update_fields=["gaps_seen"])
    detail = {"from": since, "until": until}
    audit.record("account.gap-seen", team=account.team, actor=by, obj=account, detail=detail)
