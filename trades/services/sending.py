"""What becomes of a yes: sent once, and when its answer is lost, the market is asked.

States: queued -> sending -> created | refused | unknown; unknown -> created | refused;
queued -> expired. Every step is committed before the call that follows it, so a worker may die
anywhere: a request found in ``sending`` by another worker may have reached the market and is
unknown. From the first lost answer on, no 400 proves anything; only the market's own list does.
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts.crypto import SealBroken
from accounts.models import KeyState, Upstream, UpstreamKey
from dashboard import clock
from trades.connect import open_seller
from trades.models import SellRequest, SellState, Stream
from trades.services import claims
from trades.services.payloads import whole_payload
from trades.sync import cursors, places
from trades.sync.own_sells import Found, compare
from trades.sync.places import Work
from trades.upstreams.errors import (
    Conflict,
    KeyRejected,
    NotFound,
    RateLimited,
    Refused,
    Unreachable,
    UpstreamError,
)
from trades.upstreams.http import Patience
from trades.upstreams.records import SellReceipt
from trades.upstreams.sentences import sentence
from trades.upstreams.vpsbot.client import VpsbotClient

logger = logging.getLogger(__name__)
LEASE_BEYOND_A_SEND = timedelta(seconds=30)
MOST_RESENDS = 2


def _soon() -> timedelta:
    """Waits follow one setting, so that a test can scale them all."""
    return timedelta(seconds=settings.SELL_RESEND_SECONDS / 30)


def _later() -> timedelta:
    return timedelta(seconds=settings.SELL_RESEND_SECONDS / 3)


def _after_nothing_was_sent() -> timedelta:
    return timedelta(seconds=settings.SELL_RESEND_SECONDS / 12)


def requests_due() -> QuerySet[SellRequest]:
    now = clock.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    return SellRequest.objects.filter(free, due_at__lte=now).order_by("due_at", "pk")


def step(request_id: int) -> None:
    """One step of one request, under its lease; a request that another worker holds is left.

    So is one whose market holds up enough of this process's threads.
    """
    request = SellRequest.objects.select_related("account").filter(pk=request_id).first()
    if request is None:
        return
    with places.taken(Work.SELLS, request.account.upstream) as is_ours:
        token = _take(request_id) if is_ours else None
        if token:
            _step_under(request_id, token)


def _step_under(request_id: int, token: uuid.UUID) -> None:
    try:
        request = SellRequest.objects.select_related("account__team", "key").get(pk=request_id)
        _STEPS[SellState(request.state)](_Turn(request, token))
    finally:
        _held(request_id, token).update(lease_token=None, lease_until=None)


@dataclass(frozen=True)
class _Turn:
    """A request and the lease under which it may be changed."""

    request: SellRequest
    token: uuid.UUID

    def write(self, **columns: Any) -> bool:
        """False when the lease is no longer ours: then nothing is written."""
        if columns.get("state"):
            columns["state_at"] = clock.now()
        return bool(_held(self.request.pk, self.token).update(**columns))

    def end(self, state: SellState, reason: str, market_text: str = "") -> None:
        """Refused or expired: the assets are free in the same transaction."""
        with transaction.atomic():
            if self.write(
                state=state,
                reason=reason[:300],
                market_text=market_text[:300],
                due_at=None,
                trade_link_sealed=b"",
            ):
                claims.release(self.request)


def _take(request_id: int) -> uuid.UUID | None:
    token = uuid.uuid4()
    until = clock.now() + timedelta(seconds=settings.SELL_SEND_SECONDS) + LEASE_BEYOND_A_SEND
    taken = requests_due().filter(pk=request_id).update(lease_token=token, lease_until=until)
    return token if taken else None


def _held(request_id: int, token: uuid.UUID) -> QuerySet[SellRequest]:
    return SellRequest.objects.filter(pk=request_id, lease_token=token)


def _send_first(turn: _Turn) -> None:
    request = turn.request
    expires = request.created_at + timedelta(seconds=settings.SELL_EXPIRE_SECONDS)
    if clock.now() >= expires:
        turn.end(SellState.EXPIRED, "It could not be sent in time, so it was not sent at all.")
        return
    key = UpstreamKey.objects.select_related("account").get(pk=request.key_id)
    if key.state in {KeyState.REMOVED, KeyState.REJECTED}:
        turn.end(SellState.REFUSED, f"The key {key} was {key.get_state_display().lower()}.")
        return
    if key.state != KeyState.ACTIVE:
        turn.write(
            due_at=clock.now() + _after_nothing_was_sent(),
            reason=f"The key {key} is not active now.",
        )
        return
    turn.write(state=SellState.SENDING, sends=F("sends") + 1, last_sent_at=clock.now(), reason="")
    _send(turn, key, first=True)


def _send(turn: _Turn, key: UpstreamKey, *, first: bool) -> None:
    request = turn.request
    try:
        payload = whole_payload(bytes(request.payload), request.open_trade_link())
        with open_seller(key, patience=_while_sending()) as client:
            receipt = client.send(payload, request.custom_id)
    except SealBroken:
        _note_broken_seal(turn, first=first)
    except UpstreamError as error:
        logger.info("sell=%s %s", request.custom_id, error)
        _note_failure(turn, key, error, first=first)
    else:
        _note_receipt(turn, receipt)


def _note_broken_seal(turn: _Turn, *, first: bool) -> None:
    text = "The key or its trade link cannot be opened any more."
    if first:
        turn.end(SellState.REFUSED, text)
    else:
        _stay_unknown(turn, text, _later())


def _while_sending() -> Patience:
    seconds = settings.SELL_SEND_SECONDS
    return Patience(attempts=1, total_seconds=seconds, read_seconds=seconds)


def _note_receipt(turn: _Turn, receipt: SellReceipt) -> None:
    turn.write(
        state=SellState.CREATED,
        due_at=None,
        reason="",
        trade_link_sealed=b"",
        upstream_trade_id=receipt.trade_id,
        bot_steamid=receipt.bot_steamid,
        bot_name=receipt.bot_name,
        market_items_count=receipt.items_count,
        market_total_milli=receipt.total_value_milli,
    )
    cursors.wake(turn.request.account, [Stream.RECENT, Stream.OPEN])


def _note_failure(turn: _Turn, key: UpstreamKey, error: UpstreamError, *, first: bool) -> None:
    """On a first send some answers prove that nothing happened; later ones prove nothing."""
    text = sentence(error, Upstream(turn.request.account.upstream).label)
    if not first:
        _stay_unknown(turn, text, _soon())
    elif isinstance(error, RateLimited | Unreachable):
        wait = timedelta(seconds=getattr(error, "retry_after", None) or 0)
        turn.write(
            state=SellState.QUEUED, sends=F("sends") - 1, last_sent_at=None, reason=text[:300],
            due_at=clock.now() + max(wait, _after_nothing_was_sent()),
        )  # fmt: skip
    elif isinstance(error, KeyRejected):
        turn.end(SellState.REFUSED, text)
        _flag(key, text)
    elif isinstance(error, Refused) and not isinstance(error, Conflict):
        turn.end(SellState.REFUSED, text, market_text=error.text)
    else:
        words = error.text[:300] if isinstance(error, Refused) else ""
        turn.write(state=SellState.UNKNOWN, answer_lost=True, market_text=words)
        _stay_unknown(turn, text, _soon())


def _flag(key: UpstreamKey, text: str) -> None:
    """The probe of unverified keys finds out whether the key is dead or was refused once."""
    UpstreamKey.objects.filter(pk=key.pk, state=KeyState.ACTIVE).update(
        state=KeyState.UNVERIFIED, last_error=text[:300], last_error_at=clock.now(),
        try_again_at=clock.now(),
    )  # fmt: skip


def _find_dead_sender(turn: _Turn) -> None:
    """Its worker died between the commit and the answer: it may have reached the market."""
    turn.write(state=SellState.UNKNOWN, answer_lost=True)
    _stay_unknown(turn, "The worker that sent it ended before the answer came.", timedelta())


def _stay_unknown(turn: _Turn, reason: str, wait: timedelta) -> None:
    turn.write(reason=reason[:300], due_at=clock.now() + wait)


def _resolve(turn: _Turn) -> None:
    """Ask the market for our id: adopt what it has, or find twice that it has none."""
    key = _any_key(turn.request)
    if key is None:
        _stay_unknown(turn, "No key of this account works now, so it cannot be asked.", _later())
        return
    asked_at = clock.now()
    try:
        with open_seller(key) as client:
            found = _look_for(client, turn.request)
    except UpstreamError as error:
        text = sentence(error, Upstream(turn.request.account.upstream).label)
        _stay_unknown(turn, text, _later())
        return
    _take_finding(turn, key, found, asked_at)


def _look_for(client: VpsbotClient, request: SellRequest) -> Found:
    """One lookup; raises UpstreamError other than NotFound."""
    try:
        record = client.trade_by_custom_id(request.custom_id)
    except NotFound:
        return Found.NOT_THERE
    return compare(request, record.items)


def _take_finding(turn: _Turn, key: UpstreamKey, found: Found, asked_at: datetime) -> None:
    match found:
        case Found.OURS:
            turn.write(state=SellState.CREATED, reason="", due_at=None, trade_link_sealed=b"")
            cursors.wake(turn.request.account, [Stream.RECENT, Stream.OPEN])
        case Found.NO_ITEMS_YET:
            _stay_unknown(turn, "The market has it, its items are not listed yet.", _later())
        case Found.OTHER_ITEMS:
            text = "The market has a trade under this id with other items: compare them by hand."
            _stay_unknown(turn, text, timedelta(hours=1))
        case Found.NOT_THERE:
            _take_absence(turn, key, asked_at)


def _take_absence(turn: _Turn, key: UpstreamKey, asked_at: datetime) -> None:
    request = turn.request
    since_send = asked_at - (request.last_sent_at or request.created_at)
    settled = since_send >= timedelta(seconds=settings.SELL_SETTLE_SECONDS)
    if settled and request.not_found_at:
        turn.end(SellState.REFUSED, "The market never made this trade: it was asked twice.")
        return
    turn.write(not_found_at=request.not_found_at or asked_at)
    may_resend = since_send >= timedelta(seconds=settings.SELL_RESEND_SECONDS)
    if may_resend and not settled and request.sends <= MOST_RESENDS and key.pk == request.key_id:
        _send_again(turn, key)
        return
    _stay_unknown(turn, "The market does not have it so far; it is asked again.", _later())


def _send_again(turn: _Turn, key: UpstreamKey) -> None:
    """The same id and bytes: the market makes one trade of them, however often they come."""
    if _commit_repetition(turn):
        _send(turn, key, first=False)
    else:
        _stay_unknown(turn, "Its items were freed by hand, so it is only looked for.", _later())


def _commit_repetition(turn: _Turn) -> bool:
    """False when its items were freed: somebody else may be selling them already."""
    with transaction.atomic():
        request = SellRequest.objects.select_for_update().get(pk=turn.request.pk)
        if request.items.filter(is_live=False).exists():
            return False
        return turn.write(
            sends=F("sends") + 1,
            last_sent_at=clock.now(),
            not_found_at=None,
            due_at=clock.now() + _soon(),  # should this worker die now, the next one asks again
        )


def _any_key(request: SellRequest) -> UpstreamKey | None:
    """The request's own key if it works, else any that opens the same account."""
    keys = UpstreamKey.objects.filter(account=request.account_id, state=KeyState.ACTIVE)
    own = keys.filter(pk=request.key_id)
    return own.first() or keys.first()


def _nothing(turn: _Turn) -> None:
    turn.write(due_at=None)


_STEPS = {
    SellState.QUEUED: _send_first,
    SellState.SENDING: _find_dead_sender,
    SellState.UNKNOWN: _resolve,
    SellState.CREATED: _nothing,
    SellState.REFUSED: _nothing,
    SellState.EXPIRED: _nothing,
}
