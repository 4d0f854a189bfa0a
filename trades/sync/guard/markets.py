"""Asking the markets of a team for offers that the mirror does not know."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from accounts.models import KeyState, MarketAccount, Team, UpstreamKey
from trades.connect import open_client
from trades.models import Stream
from trades.sync import cursors
from trades.upstreams.errors import UpstreamError
from trades.upstreams.http import Patience
from trades.upstreams.mannco.client import ManncoClient
from trades.upstreams.records import Page, TradeQuery, TradeRecord
from trades.upstreams.registry import UPSTREAMS, Capability
from trades.upstreams.vpsbot.client import VpsbotClient

logger = logging.getLogger(__name__)
AT_ONCE = 100
HASTY = Patience(attempts=1, total_seconds=4.0)


@dataclass(slots=True)
class Heard:
    """What markets said. ``is_whole``: every one of them answered."""

    trades: dict[int, list[TradeRecord]] = field(default_factory=dict)
    is_whole: bool = True


def markets_of(team: Team | int) -> list[MarketAccount]:
    """The team's accounts that trades are mirrored from."""
    listing = [
        one.slug for one in UPSTREAMS.values() if Capability.LISTS_TRADES in one.capabilities
    ]
    return list(MarketAccount.objects.filter(team=team, is_active=True, upstream__in=listing))


def ask(markets: Sequence[MarketAccount], offer_ids: Sequence[str]) -> Heard:
    """Each market for these offers; what it knows will be mirrored next, too."""
    heard = Heard()
    for account in markets:
        key = _key_of(account)
        if key is None:
            continue  # a market without a key announces nothing that could be asked for
        try:
            heard.trades[account.pk] = _asked(key, offer_ids)
        except UpstreamError as error:
            logger.info("account=%s could not be asked for offers: %s", account.pk, error)
            heard.is_whole = False
    for account in markets:
        if heard.trades.get(account.pk):
            cursors.wake(account, [Stream.OPEN, Stream.RECENT, Stream.ACTIVE])
    return heard


def _key_of(account: MarketAccount) -> UpstreamKey | None:
    keys = account.keys.filter(state=KeyState.ACTIVE).select_related("account")
    return keys.order_by("refusals", "id").first()


def _asked(key: UpstreamKey, offer_ids: Sequence[str]) -> list[TradeRecord]:
    found: list[TradeRecord] = []
    with open_client(key, patience=HASTY) as client:
        if isinstance(client, ManncoClient):
            return _among(client.active(), offer_ids)
        if not isinstance(client, VpsbotClient):
            return found
        for start in range(0, len(offer_ids), AT_ONCE):
            ids = offer_ids[start : start + AT_ONCE]
            query = TradeQuery(steam_trade_offer_ids=ids, limit=max(len(ids), 50))
            found += client.trades(query).trades
    return found


def _among(page: Page, offer_ids: Sequence[str]) -> list[TradeRecord]:
    """Mannco cannot be asked for single offers; its active trades are few."""
    wanted = set(offer_ids)
    return [trade for trade in page.trades if trade.offer_id in wanted]
