"""The same market account behind two keys must be mirrored, and counted, once."""

from collections.abc import Sequence

from django.db import connection, transaction

from accounts.models import MarketAccount, Team, UpstreamKey
from trades.models import StatusChange, Trade, TradeItem, TradeRaw
from trades.upstreams.records import Page, TradeRecord


class SameAccountError(Exception):
    """These trades are another account's of the same team."""

    def __init__(self, elder: MarketAccount) -> None:
        super().__init__(elder.pk)
        self.elder = elder


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


def may_be_a_twin(account: MarketAccount, page: Page) -> bool:
    """These would be the first rows of an account that the market does not name."""
    if account.identity or not page.trades:
        return False
    newest_first = Trade.objects.filter(account=account).order_by("-sort_at", "-id")
    return newest_first.values("pk").first() is None  # in any order it reads the other accounts'


def refuse_twin(account: MarketAccount, page: Page) -> None:
    """Inside the transaction that would store an account's first rows.

    One such transaction of a team at a time: of two new accounts the second sees the first's rows.
    Raises ``SameAccountError`` when another account has these trades already.
    """
    no_key = connection.features.has_select_for_no_key_update
    Team.objects.select_for_update(no_key=no_key).get(pk=account.team_id)
    elder = find_twin(siblings(account), page.trades)
    if elder:
        raise SameAccountError(elder)


def absorb(younger: MarketAccount, elder: MarketAccount) -> None:
    """Move the keys to ``elder`` and drop the second mirror of the very same trades.

    Whoever works on ``younger`` loses its lease first, so that nothing is stored behind our back.
    """
    with transaction.atomic():
        younger.is_active, younger.lease_token, younger.lease_until = False, None, None
        younger.save(update_fields=["is_active", "lease_token", "lease_until"])
        UpstreamKey.objects.filter(account=younger).update(account=elder)
        younger.sell_requests.update(account=elder)  # else no mirror would ever settle them
        younger.quotes.update(account=elder)
        for model in (TradeItem, TradeRaw, StatusChange):
            model.objects.filter(trade__account=younger).delete()
        Trade.objects.filter(account=younger).delete()
        younger.day_stats.all().delete()
        younger.market_statistics.all().delete()
        younger.differences.all().delete()
        younger.offers.all().delete()  # the elder reads them itself
        younger.sync_states.all().delete()
