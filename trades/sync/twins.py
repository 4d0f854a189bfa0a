"""The same market account behind two keys must be mirrored, and counted, once."""

from collections.abc import Sequence

from django.db import transaction

from accounts.models import MarketAccount, UpstreamKey
from trades.models import StatusChange, Trade, TradeItem, TradeRaw
from trades.upstreams.records import Page, TradeRecord


class SameAccountError(Exception):
    """These trades are another account's of the same team; its keys have been moved there."""


def siblings(account: MarketAccount) -> list[MarketAccount]:
    """The team's other active accounts at the same upstream."""
    same_place = MarketAccount.objects.filter(
        team_id=account.team_id, upstream=account.upstream, is_active=True
    )
    return list(same_place.exclude(pk=account.pk))


def find_twin(
    others: Sequence[MarketAccount], records: Sequence[TradeRecord]
) -> MarketAccount | None:
    """Which of ``others`` holds one of these trades already.

    The direction must agree: a buyer and a seller of one team see the same trade from both sides.
    """
    directions = {record.upstream_id: str(record.direction) for record in records}
    held = Trade.objects.filter(account__in=others, upstream_id__in=directions)
    for trade in held.only("upstream_id", "direction", "account_id"):
        if directions[trade.upstream_id] == trade.direction:
            return next(other for other in others if other.pk == trade.account_id)
    return None


def refuse_twin(account: MarketAccount, page: Page) -> None:
    """Before the first rows of an account that the market does not name are stored.

    Raises ``SameAccountError`` after its keys were moved to the account that has them already.
    """
    if account.identity or not page.trades:
        return
    if Trade.objects.filter(account=account).exists():
        return
    elder = find_twin(siblings(account), page.trades)
    if elder:
        absorb(account, elder)
        raise SameAccountError


def absorb(younger: MarketAccount, elder: MarketAccount) -> None:
    """Move the keys to ``elder`` and drop the second mirror of the very same trades."""
    with transaction.atomic():
        UpstreamKey.objects.filter(account=younger).update(account=elder)
        for model in (TradeItem, TradeRaw, StatusChange):
            model.objects.filter(trade__account=younger).delete()
        Trade.objects.filter(account=younger).delete()
        younger.day_stats.all().delete()
        younger.market_statistics.all().delete()
        younger.sync_states.all().delete()
        younger.is_active = False
        younger.save(update_fields=["is_active"])
