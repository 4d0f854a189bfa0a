"""What the keys page says of an account: its keys and streams, in words ready to print."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget, trigger_client_event

from accounts.access import Can, may, may_change_key, may_stop_key
from accounts.models import KeyState, MarketAccount, Membership, Team, UpstreamKey
from dashboard import clock
from dashboard.htmx import wants_partial
from dashboard.templatetags.ui import age_text, ago_html, count_text
from trades import queries
from trades.models import BadRecord, Difference, DifferenceKind, Stream, SyncState
from trades.models.sync import HISTORY
from trades.services.abilities import deed_of, sells
from trades.services.allowances import Allowed, allowed
from trades.views import budget_lines
from trades.views.budget_lines import BudgetLine
from trades.views.drift_state import DriftState, drift_state
from trades.views.reach import Gap, gaps_in, reach
from trades.views.sync_health import FINISHES, health, is_unfinished
from trades.views.time_left import time_left

PAGE = "trades/keys.html"
BUSY_SECONDS = 2
SOON_SECONDS = 5  # something is due, or failed and is tried again
CALM_SECONDS = 30
ASKS_BY_ITSELF = {KeyState.ACTIVE, KeyState.UNVERIFIED, KeyState.REJECTED}
CAN_TRY_AGAIN = {KeyState.UNVERIFIED, KeyState.REJECTED}
MANY_RENEWALS = 3  # of refused sessions, each within the hour of the one before
ADDRESSES_DIFFER = (
    "Its sessions keep being refused and renewed: a session counts for one internet address, so let"
    " all machines of this installation reach the market through the same one"
)
STATE_CLASSES = {
    KeyState.ACTIVE: "is-good",
    KeyState.UNVERIFIED: "is-wait",
    KeyState.REJECTED: "is-bad",
}


@dataclass(frozen=True, slots=True)
class KeyRow:
    pk: int
    label: str
    last_four: str
    owner: str
    state: str
    state_class: str
    state_word: str
    sentence: str
    partner: str
    team_may_sell: bool
    may_change: bool
    may_stop: bool
    may_try_again: bool
    sells: bool
    deed: str  # what teammates may do with it, "" for nothing but reading


@dataclass(frozen=True, slots=True)
class StreamRow:
    name: str
    word: str
    word_class: str
    last_good: str
    next_due: str
    done: int
    total: int | None
    shows_bar: bool
    left: str  # how long the rest takes, a sentence


@dataclass(frozen=True, slots=True)
class Trouble:
    streams: str
    sentence: str
    at: str
    again: str


@dataclass(frozen=True, slots=True)
class SyncCard:
    account_id: int
    poll_seconds: int | None  # None = nothing will change by itself
    word: str
    word_class: str
    is_busy: bool
    sentence: str
    may_sync: bool
    may_acknowledge: bool
    streams: Sequence[StreamRow]
    troubles: Sequence[Trouble]
    budget: Sequence[BudgetLine]
    bad: int
    unknown: int  # statuses that no document names
    drift: DriftState | None
    gaps: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class AccountCard:
    pk: int
    label: str
    market: str
    identity: str
    keys: Sequence[KeyRow]
    removed: Sequence[KeyRow]
    sync: SyncCard


def accounts_of(team: Team) -> QuerySet[MarketAccount]:
    """Three queries, however many accounts the team has."""
    standing = Difference.objects.filter(mended_at__isnull=True)
    unknown = standing.filter(kind=DifferenceKind.UNKNOWN_STATUS)
    keys = UpstreamKey.objects.select_related("owner", "account")
    return (
        queries.with_lately(team.market_accounts.filter(is_active=True))
        .annotate(
            bad_rows=_rows_of(BadRecord.objects.all()),
            differences_standing=_rows_of(standing.exclude(kind=DifferenceKind.UNKNOWN_STATUS)),
            unknown_statuses=_rows_of(unknown),
        )
        .prefetch_related(Prefetch("keys", keys), "sync_states")
        .order_by("id")
    )


def _rows_of(rows: QuerySet[Any]) -> Coalesce:
    """How many of these an account has."""
    mine = rows.filter(account=OuterRef("pk")).order_by().values("account")
    return Coalesce(Subquery(mine.annotate(rows=Count("pk")).values("rows")), 0)


def cards(membership: Membership) -> list[AccountCard]:
    accounts = list(accounts_of(membership.team))
    calls = allowed(accounts)
    return [_account_card(membership, account, calls) for account in accounts]


def card(membership: Membership, account_id: int) -> AccountCard:
    """One account of the team; ``MarketAccount.DoesNotExist`` where it is not the team's."""
    account = accounts_of(membership.team).get(pk=account_id)
    return _account_card(membership, account, allowed([account]))


def answer(
    request: HttpRequest, membership: Membership, account_id: int, sentence: str, *, done: bool
) -> HttpResponse:
    """After a deed: the changed account for htmx, else the page again."""
    (messages.success if done else messages.error)(request, sentence)
    if not wants_partial(request):
        return redirect("keys", membership.team.slug)
    try:
        found = card(membership, account_id)
    except MarketAccount.DoesNotExist:  # found to be the same as another of the team
        return HttpResponseClientRedirect(reverse("keys", args=[membership.team.slug]))
    context = {"membership": membership, "account": found, "says": True}
    response = render(request, f"{PAGE}#account-card", context)
    retarget(response, f"#account-{account_id}")
    reswap(response, "outerHTML")
    trigger_client_event(response, "close-dialog")
    return response


def _account_card(
    membership: Membership, account: MarketAccount, calls: Mapping[int, list[Allowed]]
) -> AccountCard:
    rows = [(key.state, _key_row(membership, key)) for key in account.keys.all()]
    identity = account.identity_name or account.identity
    return AccountCard(
        pk=account.pk,
        label=account.label,
        market=account.get_upstream_display(),
        identity=identity,
        keys=[row for state, row in rows if state != KeyState.REMOVED],
        removed=[row for state, row in rows if state == KeyState.REMOVED],
        sync=sync_card(membership, account, calls[account.pk]),
    )


def _key_row(membership: Membership, key: UpstreamKey) -> KeyRow:
    state = KeyState(key.state)
    return KeyRow(
        pk=key.pk,
        label=key.label,
        last_four=key.last_four,
        owner="you" if key.owner_id == membership.user_id else key.owner.email,
        state=state.value,
        state_class=STATE_CLASSES.get(state, "is-none"),
        state_word=str(state.label),
        sentence=key_sentence(key),
        partner=key.trade_link_partner,
        team_may_sell=key.team_may_sell,
        may_change=may_change_key(membership, key),
        may_stop=may_stop_key(membership, key),
        may_try_again=state in CAN_TRY_AGAIN and may(membership, Can.SYNC),
        sells=sells(key.account.upstream),
        deed=deed_of(key.account.upstream),
    )


def key_sentence(key: UpstreamKey) -> str:
    """How the key stands and what happens next."""
    match key.state:
        case KeyState.ACTIVE:
            return _active_sentence(key)
        case KeyState.UNVERIFIED:
            return _joined("Stored, not verified yet.", key.last_error, _again(key))
        case KeyState.REJECTED:
            advice = "What is mirrored stays. If it was revoked, replace it by a new one."
            return _joined(key.last_error, advice, _again(key))
        case KeyState.PAUSED:
            return "Nothing is asked with it until it is resumed."
        case _:
            when = f" {age_text(key.removed_at)}" if key.removed_at else ""
            return f"Removed{when}: its secret and trade link are erased, the trades stay."


def _active_sentence(key: UpstreamKey) -> str:
    if key.refusals:
        doubt = "That may pass: only a second refusal a minute later is believed."
        return _joined(key.last_error, doubt)
    if key.session_renewals >= MANY_RENEWALS:
        return _joined("The market accepts it", ADDRESSES_DIFFER)
    checked = f", last checked {age_text(key.verified_at)}" if key.verified_at else ""
    return f"The market accepts it{checked}."


def _again(key: UpstreamKey) -> str:
    if key.try_again_at is None or key.try_again_at <= clock.now():
        return "It is tried again by itself in a moment."
    return f"It is tried again by itself {age_text(key.try_again_at)}."


def _joined(*texts: str) -> str:
    """Sentences one after another, each with one full stop at its end."""
    stripped = [text.strip().rstrip(".") for text in texts]
    return " ".join(f"{text}." for text in stripped if text)


def sync_card(
    membership: Membership, account: MarketAccount, calls: Sequence[Allowed] = ()
) -> SyncCard:
    states = sorted(account.sync_states.all(), key=lambda state: _order(state.stream))
    key_states = {KeyState(key.state) for key in account.keys.all()} - {KeyState.REMOVED}
    can_ask = KeyState.ACTIVE in key_states
    is_busy = can_ask and _is_busy(account, states)
    is_whole = not any(is_unfinished(state) for state in states)
    word, word_class, sentence = health(states, key_states, is_busy=is_busy)
    return SyncCard(
        account_id=account.pk,
        poll_seconds=_poll_seconds(states, key_states, is_busy=is_busy),
        word=word,
        word_class=word_class,
        is_busy=is_busy,
        sentence=sentence,
        may_sync=can_ask and may(membership, Can.SYNC),
        may_acknowledge=may(membership, Can.SYNC),
        streams=[_stream_row(state, is_whole=is_whole, can_ask=can_ask) for state in states],
        troubles=_troubles(states, can_ask=can_ask),
        budget=budget_lines.lines(calls) if can_ask else (),
        bad=getattr(account, "bad_rows", 0),
        unknown=getattr(account, "unknown_statuses", 0),
        drift=drift_state(account, getattr(account, "differences_standing", 0)),
        gaps=gaps_in(states),
    )


def _order(stream: str) -> int:
    shown = (
        *(Stream.OFFERS, Stream.EXCHANGES),
        *(*HISTORY, Stream.UNDATED, Stream.RECENT, Stream.ACTIVE, Stream.OPEN),
        *(Stream.STATISTICS, Stream.RECONCILE),
    )
    return shown.index(Stream(stream))


def _is_busy(account: MarketAccount, states: Iterable[SyncState]) -> bool:
    held = account.lease_until is not None and account.lease_until > clock.now()
    return held or not any(True for _ in states) or any(is_unfinished(state) for state in states)


def shows_bar(state: SyncState) -> bool:
    return state.stream in HISTORY and is_unfinished(state)


def _poll_seconds(
    states: Iterable[SyncState], key_states: set[KeyState], *, is_busy: bool
) -> int | None:
    if is_busy:
        return BUSY_SECONDS
    if KeyState.ACTIVE in key_states and any(_changes_soon(state) for state in states):
        return SOON_SECONDS
    return CALM_SECONDS if key_states & ASKS_BY_ITSELF else None


def _changes_soon(state: SyncState) -> bool:
    is_due = state.due_at is not None and state.due_at <= clock.now()
    return is_due or state.failures > 0


def _stream_row(state: SyncState, *, is_whole: bool, can_ask: bool) -> StreamRow:
    word, word_class = _stream_word(state, is_whole=is_whole)
    return StreamRow(
        name=str(Stream(state.stream).label),
        word=word,
        word_class=word_class,
        last_good=ago_html(state.last_good_at),
        next_due=_due_text(max(state.due_at, state.held_until or state.due_at))
        if can_ask and state.due_at
        else "",
        done=state.progress_done,
        total=state.progress_total,
        shows_bar=shows_bar(state),
        left=time_left(state) if can_ask and shows_bar(state) else "",
    )


def _stream_word(state: SyncState, *, is_whole: bool) -> tuple[str, str]:
    if state.failures:
        return "failing", "is-wait"
    if state.stream in HISTORY and state.finished_at:
        count = f"{count_text(state.progress_done)} trades"
        if is_whole:
            return f"{reach(state)}, {count}", "is-good"
        return f"{count}, those without a date follow", "is-wait"
    if state.stream in HISTORY:
        return "arriving" if state.started_at else "starts soon", "is-wait"
    if state.stream in FINISHES and state.finished_at is None and state.due_at is None:
        return "after the history", "is-none"
    if state.last_good_at is None:
        return "starts soon", "is-wait"
    return "good", "is-good"


def _troubles(states: Iterable[SyncState], *, can_ask: bool) -> list[Trouble]:
    """Streams that failed for the same reason share one notice."""
    by_reason: dict[str, list[SyncState]] = {}
    for state in states:
        if state.failures:
            by_reason.setdefault(state.last_error, []).append(state)
    return [_trouble(failed, can_ask=can_ask) for failed in by_reason.values()]


def _trouble(failed: Sequence[SyncState], *, can_ask: bool) -> Trouble:
    latest = max(failed, key=lambda state: (state.last_error_at is not None, state.last_error_at))
    next_due = min((state.due_at for state in failed if state.due_at), default=None)
    return Trouble(
        streams=", ".join(str(Stream(state.stream).label) for state in failed),
        sentence=_joined(latest.last_error or "The market gave no usable answer"),
        at=ago_html(latest.last_error_at, ""),
        again=f"It is tried again by itself {_due_text(next_due)}." if can_ask and next_due else "",
    )


def _due_text(at: datetime) -> str:
    return "now" if at <= clock.now() + timedelta(seconds=2) else age_text(at)
