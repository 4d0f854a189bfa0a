"""Rows that bear one of our ids: their sell gets its trade, its value and its end with the page."""

from collections.abc import Iterable, Sequence
from enum import Enum

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import SellItem, SellRequest, SellState, Trade
from trades.models.sell import CUSTOM_ID_PREFIX
from trades.upstreams.records import ItemRecord, Phase, Side, TradeRecord

OVER = {Phase.DONE, Phase.FAILED, Phase.REVERTED}


class Found(Enum):
    OURS = "ours"
    NO_ITEMS_YET = "no items yet"
    OTHER_ITEMS = "other items"
    NOT_THERE = "not there"


def compare(request: SellRequest, items: Iterable[ItemRecord]) -> Found:
    """The market's items against the assets of the request."""
    theirs = {item.asset_id for item in items if item.side == Side.GIVEN}
    if not theirs:
        return Found.NO_ITEMS_YET
    ours = {item.asset_id for item in request.items.all()}
    return Found.OURS if theirs == ours else Found.OTHER_ITEMS


class OwnSells:
    """The requests that a page's rows name; no query when none is named."""

    def __init__(self, account: MarketAccount, records: Sequence[TradeRecord]) -> None:
        self._account = account
        named = {
            record.custom_id: record
            for record in records
            if record.custom_id and record.custom_id.startswith(CUSTOM_ID_PREFIX)
        }
        self._records = named
        self._requests = {each.custom_id: each for each in _requests(account, named)}

    def values(self, records: Sequence[TradeRecord]) -> dict[str, int]:
        """Milli-dollars that were agreed on, by upstream id; of trades that are ours alone."""
        if not self._requests:
            return {}
        found = {record.upstream_id: self._value_of(record) for record in records}
        return {named: milli for named, milli in found.items() if milli is not None}

    def _value_of(self, record: TradeRecord) -> int | None:
        request = self._requests.get(record.custom_id or "")
        if request is None or compare(request, record.items) is Found.OTHER_ITEMS:
            return None
        return request.total_milli

    def settle(self) -> None:
        """In the page's transaction, after its rows are written."""
        for custom_id in sorted(self._requests):
            self._settle(self._requests[custom_id], self._records[custom_id])

    def _settle(self, request: SellRequest, record: TradeRecord) -> None:
        if compare(request, record.items) is Found.OTHER_ITEMS:
            return
        self._link(request, record)
        if record.phase in OVER:
            SellItem.objects.filter(request=request, is_live=True).update(is_live=False)

    def _link(self, request: SellRequest, record: TradeRecord) -> None:
        mine = SellRequest.objects.filter(pk=request.pk)
        if request.trade_id is None:
            trade = Trade.objects.get(account=self._account, upstream_id=record.upstream_id)
            mine.update(trade=trade, upstream_trade_id=record.upstream_id)
        # A send under way hears its own answer; whatever else we thought, the market has it.
        thought_otherwise = [SellState.UNKNOWN, SellState.REFUSED, SellState.EXPIRED]
        if compare(request, record.items) is Found.OURS:
            mine.filter(state__in=thought_otherwise).update(
                state=SellState.CREATED, state_at=clock.now(), reason="", due_at=None,
                bot_steamid=record.bot_steamid, bot_name=record.bot_name, trade_link_sealed=b"",
            )  # fmt: skip


def _requests(account: MarketAccount, custom_ids: Iterable[str]) -> Iterable[SellRequest]:
    wanted = list(custom_ids)
    if not wanted:
        return []
    requests = SellRequest.objects.filter(account=account, custom_id__in=wanted)
    return requests.prefetch_related("items")
