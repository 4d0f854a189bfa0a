"""A trade that Steam has reversed is reverted at once, whatever its market still says of it."""

from collections.abc import Collection, Sequence

from django.db import connection
from django.db.models import QuerySet
from msgspec import structs

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import SteamOffer, Trade
from trades.sync.day_stats import Counted, DayDeltas
from trades.upstreams.records import Phase, TradeRecord

HELD_MONEY = (Phase.OPEN, Phase.FROZEN, Phase.DONE)


def reverse(team_id: int, offer: SteamOffer) -> int:
    """Inside a transaction: move the market trades of a reversed offer; returns how many.

    Their account's row is locked as each page of theirs locks it, so the day figures stay whole.
    """
    trades = Trade.objects.filter(team=team_id, offer_id=offer.offer_id, phase__in=HELD_MONEY)
    account_ids = sorted(set(trades.values_list("account_id", flat=True)))
    for account_id in account_ids:
        account = _locked(account_id)
        deltas = DayDeltas(account)
        for trade in trades.filter(account=account):
            deltas.remove(_counted(trade, trade.phase))
            deltas.add(_counted(trade, Phase.REVERTED))
            changed = Trade.objects.filter(pk=trade.pk)
            changed.update(phase=Phase.REVERTED, changed_at=clock.now())
        deltas.write()
    return len(account_ids)


def _locked(account_id: int) -> MarketAccount:
    accounts = MarketAccount.objects.filter(pk=account_id)
    if connection.features.has_select_for_update:
        no_key = connection.features.has_select_for_no_key_update
        accounts = accounts.select_for_update(no_key=no_key)
    return accounts.get()


def _counted(trade: Trade, phase: str) -> Counted:
    return Counted(
        trade.direction, trade.sort_at, trade.game_id, trade.status, phase, trade.value_milli,
        trade.settles_at,
    )  # fmt: skip


def reversed_offers(account: MarketAccount) -> QuerySet[SteamOffer, tuple[str]]:
    """The ids of the offers that Steam has reversed."""
    offers = SteamOffer.objects.filter(team=account.team_id, is_reverted=True)
    return offers.values_list("offer_id")


def with_reversals(
    records: Sequence[TradeRecord], reversed_ids: Collection[str]
) -> Sequence[TradeRecord]:
    """The records as they are, but for those whose offer Steam has reversed."""
    if not reversed_ids:
        return records
    return [
        structs.replace(record, phase=Phase.REVERTED)
        if record.offer_id in reversed_ids and record.phase in HELD_MONEY
        else record
        for record in records
    ]
