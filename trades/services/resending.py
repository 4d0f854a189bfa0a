"""Sending a failed withdrawal again: who may, which trades, and what became of each yes.

States: queued -> sending -> resent | refused | unknown; unknown -> resent | refused. The call is a
GET that changes something and gives a new code each time, so it is committed before it is made and
made once. A request found in ``sending`` by another worker may have reached the market: it is
unknown and never sent again, and the next list decides (``sync/resends.py``).
"""

import logging
import uuid
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from accounts import audit
from accounts.crypto import SealBroken
from accounts.models import KeyState, Upstream, UpstreamKey, User
from dashboard import clock
from dashboard.errors import UserError
from trades.connect import base_url, open_resender
from trades.models import ResendParameter, ResendRequest, ResendState, Stream, SyncState, Trade
from trades.models.trade import TradeItem
from trades.services.abilities import resends
from trades.sync import cursors
from trades.upstreams.errors import OutcomeUnknown, Refused, UpstreamError
from trades.upstreams.http import Patience
from trades.upstreams.mannco.client import RESEND_PARAMETERS, ManncoClient
from trades.upstreams.records import ResendReceipt, TradeRecord
from trades.upstreams.sentences import sentence

logger = logging.getLogger(__name__)
RESENDABLE = frozenset({"-1", "4", "5", "6", "7", "10"})  # seed: Resend trade offer
CALL = Patience(attempts=1, total_seconds=15.0)
DEAD_AFTER = timedelta(seconds=90)  # longer than the call, and its one repetition, may take
EXPIRES_AFTER = timedelta(minutes=10)


def may_be_resent(trade: Trade) -> bool:
    """Failed, and with items on their way to the user: a withdrawal."""
    if trade.status not in RESENDABLE or not resends(trade.account.upstream):
        return False
    has_items = trade.items.filter(side=TradeItem.Side.RECEIVED).exists()
    return has_items and trade.account.is_active


def latest(trade: Trade) -> ResendRequest | None:
    return trade.resends.order_by("-created_at", "-id").first()


def awaits_the_list(trade: Trade) -> bool:
    """It was sent again, and what that changed is not read yet: another yes would be a second."""
    last = latest(trade)
    if last is None or last.state != ResendState.RESENT or trade.asked_at > last.state_at:
        return False
    lists = SyncState.objects.filter(account=trade.account_id, stream=Stream.NEWEST)
    return not lists.filter(last_good_at__gt=last.state_at).exists()


def usable_key(trade: Trade, by: User) -> UpstreamKey | None:
    keys = UpstreamKey.objects.filter(
        Q(owner=by) | Q(team_may_sell=True), account=trade.account_id, state=KeyState.ACTIVE
    )
    return keys.order_by("id").first()


def request_resend(*, trade: Trade, by: User, yes_token: uuid.UUID) -> ResendRequest:
    """One yes, kept before anything is sent; the same yes again is the request that it made."""
    known = ResendRequest.objects.filter(yes_token=yes_token, trade=trade).first()
    if known:
        return known
    _refuse(trade)
    key = usable_key(trade, by)
    if key is None:
        raise UserError("No key of this account that you may use is active: see Keys and syncs.")
    try:
        with transaction.atomic():
            request = ResendRequest.objects.create(
                team=trade.team, trade=trade, key=key, by=by, yes_token=yes_token
            )
            audit.record(
                "trade.resend", team=trade.team, actor=by, obj=trade,
                detail={"trade": trade.upstream_id, "account": trade.account_id},
            )  # fmt: skip
    except IntegrityError:
        raise UserError("This trade is being sent again already.") from None
    return request


def _refuse(trade: Trade) -> None:
    if trade.resends.filter(is_live=True).exists():
        raise UserError("This trade is being sent again already.")
    if not may_be_resent(trade):
        raise UserError("Only a withdrawal of yours that failed can be sent again.")
    if awaits_the_list(trade):
        raise UserError("It was sent again a moment ago; wait until the market's list is read.")


def requests_due() -> QuerySet[ResendRequest]:
    waiting = ResendRequest.objects.filter(state__in=[ResendState.QUEUED, ResendState.SENDING])
    return waiting.filter(due_at__lte=clock.now())


def step(request_id: int) -> None:
    request = requests_due().select_related("trade__account", "key__account").filter(pk=request_id)
    found = request.first()
    if found is None:
        return
    if found.state == ResendState.SENDING:
        _give_up_hope(found)
    else:
        _begin(found)


def _begin(request: ResendRequest) -> None:
    key = request.key
    if clock.now() - request.created_at >= EXPIRES_AFTER:
        _end(request, ResendState.REFUSED, "It could not be sent in time; nothing was sent.")
    elif key is None or key.state != KeyState.ACTIVE:
        _end(request, ResendState.REFUSED, "Its key is not active any more; nothing was sent.")
    else:
        _begin_with(request, key)


def _begin_with(request: ResendRequest, key: UpstreamKey) -> None:
    label = Upstream(key.account.upstream).label
    try:
        with open_resender(key, patience=CALL) as client:
            row = _row_now(client, request.trade)
            if row and row.status not in RESENDABLE:
                reason = f"{label} does not list it as failed any more; nothing was sent."
                _end(request, ResendState.REFUSED, reason)
            elif _commit_sending(request, row):
                _send(client, request, label)
    except SealBroken:
        _end(request, ResendState.REFUSED, "The stored key cannot be opened; nothing was sent.")
    except UpstreamError as error:  # of the list: no send was committed
        _end(request, ResendState.REFUSED, f"{sentence(error, label)} Nothing was sent.")


def _row_now(client: ManncoClient, trade: Trade) -> TradeRecord | None:
    """How the market lists it at this moment; None where it is older than what is listed."""
    listed = (row for row in client.all().trades if row.upstream_id == trade.upstream_id)
    return next(listed, None)


def _commit_sending(request: ResendRequest, row: TradeRecord | None) -> bool:
    """True for the one worker that may send: before the call everybody can see that it was made."""
    now = clock.now()
    return bool(
        ResendRequest.objects.filter(pk=request.pk, state=ResendState.QUEUED).update(
            state=ResendState.SENDING, state_at=now, sent_at=now, sends=1,
            due_at=now + DEAD_AFTER,
            status_before=row.status if row else request.trade.status,
            code_before=row.code if row else request.trade.code,
        )
    )  # fmt: skip


def _send(client: ManncoClient, request: ResendRequest, label: str) -> None:
    server = base_url(Upstream(request.trade.account.upstream))
    learnt = ResendParameter.objects.filter(base_url=server).values_list("name", flat=True).first()
    name = learnt or RESEND_PARAMETERS[0]
    try:
        try:
            receipt = client.resend(request.trade.upstream_id, parameter=name)
        except Refused as refused:
            other = _asked_for(refused, name)
            if other is None or not _commit_second(request):
                raise
            ResendParameter.objects.update_or_create(base_url=server, defaults={"name": other})
            receipt = client.resend(request.trade.upstream_id, parameter=other)
    except UpstreamError as error:
        logger.info("resend=%s %s", request.pk, error)
        _note_failure(request, error, label)
    else:
        _note_receipt(request, receipt)


def _asked_for(refused: Refused, sent: str) -> str | None:
    """The other name, where the server misses exactly that one: nothing has happened then."""
    others = [name for name in RESEND_PARAMETERS if name != sent]
    return next((name for name in others if refused.text == f"Missing {name} parameter"), None)


def _commit_second(request: ResendRequest) -> bool:
    once = ResendRequest.objects.filter(pk=request.pk, state=ResendState.SENDING, sends=1)
    return bool(once.update(sends=2, sent_at=clock.now()))


def _note_receipt(request: ResendRequest, receipt: ResendReceipt) -> None:
    _end(request, ResendState.RESENT, "", code=receipt.code)
    cursors.wake(request.trade.account, [Stream.ACTIVE, Stream.NEWEST])


def _note_failure(request: ResendRequest, error: UpstreamError, label: str) -> None:
    text = sentence(error, label)
    if isinstance(error, OutcomeUnknown):
        _write(request, state=ResendState.UNKNOWN, due_at=None, reason=text[:300])
        cursors.wake(request.trade.account, [Stream.NEWEST])
        return
    words = error.text[:300] if isinstance(error, Refused) else ""
    reason = "" if words else f"{text} Nothing was sent again."
    _end(request, ResendState.REFUSED, reason, market_text=words)


def _give_up_hope(request: ResendRequest) -> None:
    """Its worker died between the commit and the answer: it may have reached the market."""
    reason = "The worker that sent it ended before the answer came."
    _write(request, state=ResendState.UNKNOWN, due_at=None, reason=reason)
    cursors.wake(request.trade.account, [Stream.NEWEST])


def _end(request: ResendRequest, state: ResendState, reason: str, **columns: Any) -> None:
    _write(request, state=state, reason=reason[:300], due_at=None, is_live=False, **columns)


def _write(request: ResendRequest, **columns: Any) -> None:
    """Unless the market's list has settled it meanwhile."""
    open_ones = ResendRequest.objects.filter(pk=request.pk, is_live=True)
    open_ones.update(state_at=clock.now(), **columns)
