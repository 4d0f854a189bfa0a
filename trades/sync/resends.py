"""What the newest list says about resends whose answer was lost."""

from datetime import timedelta

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import ResendRequest, ResendState
from trades.upstreams.records import Page, TradeRecord

# A call that was sent and whose answer was lost may still arrive for a while.
MAY_ARRIVE_FOR = timedelta(minutes=2)


def settle_resends(account: MarketAccount, page: Page) -> None:
    """Code and status decide: a new one was sent, an old one was not, once it can come no more."""
    rows = {record.upstream_id: record for record in page.trades}
    unknown = ResendRequest.objects.filter(
        trade__account=account, state=ResendState.UNKNOWN
    ).select_related("trade")
    for request in unknown:
        row = rows.get(request.trade.upstream_id)
        if row and request.sent_at and page.asked_at > request.sent_at:
            _settle(request, row, page)


def _settle(request: ResendRequest, row: TradeRecord, page: Page) -> None:
    mine = ResendRequest.objects.filter(pk=request.pk, state=ResendState.UNKNOWN)
    over = {"is_live": False, "due_at": None, "state_at": clock.now()}
    if (row.status, row.code) != (request.status_before, request.code_before):
        mine.update(
            state=ResendState.RESENT, code=row.code, **over,
            reason="The answer was lost; the market's list shows the new code.",
        )  # fmt: skip
    elif request.sent_at and page.asked_at - request.sent_at >= MAY_ARRIVE_FOR:
        mine.update(
            state=ResendState.REFUSED, **over,
            reason="The answer was lost, and the market's list still shows the old code:"
            " nothing was sent again.",
        )  # fmt: skip
