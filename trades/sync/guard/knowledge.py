"""From rows to facts: what mirror, markets and sells know of some offers of one account."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from accounts.models import MarketAccount, Upstream
from dashboard import clock
from trades.models import (
    OfferVerdict,
    SellItem,
    SellState,
    SteamOffer,
    SteamOfferItem,
    Trade,
    TradeItem,
)
from trades.sync.guard.facts import Known, OfferFacts, SellFacts, Sight, TradeFacts
from trades.sync.guard.markets import Heard
from trades.upstreams.records import Phase, Side, TradeRecord

CHUNK = 500
V = TypeVar("V")
NEWEST_TRADES = 1000  # whose bots are known to be bots
TWINS_OF = timedelta(days=2)
UNTOLD_SELLS = (SellState.QUEUED, SellState.SENDING, SellState.UNKNOWN, SellState.CREATED)


@dataclass(slots=True)
class Knowledge:
    """What bears on some offers, by offer id and by asset."""

    has_market: bool
    bots: frozenset[str] = frozenset()
    trades: dict[str, TradeFacts] = field(default_factory=dict)  # by account and upstream id
    by_offer: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_asset: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    sells: dict[str, list[SellFacts]] = field(default_factory=lambda: defaultdict(list))
    others: dict[str, list[OfferFacts]] = field(default_factory=lambda: defaultdict(list))

    def take(self, key: str, trade: TradeFacts) -> None:
        """In place of what was known of the same trade before."""
        old = self.trades.get(key)
        if old:
            self.by_offer[old.offer_id].discard(key)
        self.trades[key] = trade
        if trade.offer_id:
            self.by_offer[trade.offer_id].add(key)
        for asset in trade.gives:
            self.by_asset[asset].add(key)

    def hear(self, heard: Heard, markets: Sequence[MarketAccount]) -> None:
        labels = {account.pk: Upstream(account.upstream).label for account in markets}
        for account_id, records in heard.trades.items():
            for record in records:
                facts = _facts_of_record(record, str(labels[account_id]))
                self.take(f"{account_id} {record.upstream_id}", facts)

    def about(self, offer: OfferFacts, *, asked: int | None, sight: Sight) -> Known:
        keys = set(self.by_offer.get(offer.offer_id, ()))
        for asset in offer.gives:
            keys |= self.by_asset.get(asset, set())
        sells = {
            sell.custom_id: sell for asset in offer.gives for sell in self.sells.get(asset, ())
        }
        others = {one.offer_id: one for asset in offer.gives for one in self.others.get(asset, ())}
        others.pop(offer.offer_id, None)
        return Known(
            now=clock.now(),
            sight=sight,
            has_market=self.has_market,
            asked=asked,
            trades=tuple(self.trades[key] for key in sorted(keys)),
            sells=tuple(sells.values()),
            others=tuple(others.values()),
            bots=self.bots,
        )


def offer_facts(rows: Sequence[SteamOffer]) -> dict[int, OfferFacts]:
    """By primary key, with their items: one query."""
    sides: dict[tuple[int, str], dict[str, int | None]] = defaultdict(dict)
    for chunk in _chunks([row.pk for row in rows]):
        items = SteamOfferItem.objects.filter(offer__in=chunk)
        for pk, side, asset, currency, app, amount in items.values_list(
            "offer_id", "side", "asset_id", "currency_id", "app_id", "amount"
        ):
            sides[pk, side][asset or f"currency {app} {currency}"] = amount
    return {row.pk: _offer(row, sides) for row in rows}


def _offer(row: SteamOffer, sides: dict[tuple[int, str], dict[str, int | None]]) -> OfferFacts:
    return OfferFacts(
        offer_id=row.offer_id,
        partner=row.partner_steamid,
        is_ours=row.is_ours,
        state=row.state,
        seen_at=row.first_seen_at,
        gives=sides.get((row.pk, Side.GIVEN), {}),
        receives=sides.get((row.pk, Side.RECEIVED), {}),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def knowledge_of(
    account: MarketAccount, offers: Collection[OfferFacts], markets: Sequence[MarketAccount]
) -> Knowledge:
    """What the mirror holds that bears on these offers."""
    known = Knowledge(has_market=bool(markets))
    offer_ids = [offer.offer_id for offer in offers]
    assets = sorted({asset for offer in offers for asset in offer.gives})
    trade_ids = set(_trades_named(account, offer_ids)) | set(_trades_holding(account, assets))
    _take_trades(known, trade_ids)
    _take_sells(known, account, assets)
    _take_others(known, account, assets)
    known.bots = _bots(account, known)
    return known


def _trades_named(account: MarketAccount, offer_ids: Sequence[str]) -> Iterable[int]:
    for chunk in _chunks(offer_ids):
        named = Trade.objects.filter(team=account.team_id, offer_id__in=chunk)
        yield from named.values_list("pk", flat=True)


def _trades_holding(account: MarketAccount, assets: Sequence[str]) -> Iterable[int]:
    for chunk in _chunks(assets):
        held = TradeItem.objects.filter(asset_id__in=chunk, side=Side.GIVEN)
        yield from held.filter(trade__team=account.team_id).values_list("trade_id", flat=True)


def _take_trades(known: Knowledge, trade_ids: Collection[int]) -> None:
    gives: dict[int, dict[str, int | None]] = defaultdict(dict)
    for chunk in _chunks(sorted(trade_ids)):
        items = TradeItem.objects.filter(trade__in=chunk, side=Side.GIVEN)
        for trade_id, asset, amount in items.values_list("trade_id", "asset_id", "amount"):
            gives[trade_id][asset] = amount
        trades = Trade.objects.filter(pk__in=chunk).values_list(
            "pk", "account_id", "upstream_id", "account__upstream", "offer_id", "bot_steamid",
            "phase",
        )  # fmt: skip
        for pk, account_id, upstream_id, upstream, offer_id, bot, phase in trades:
            facts = TradeFacts(
                trade_id=upstream_id,
                market=str(Upstream(upstream).label),
                offer_id=offer_id,
                bot=bot,
                phase=Phase(phase),
                gives=gives.get(pk, {}),
            )
            known.take(f"{account_id} {upstream_id}", facts)


def _facts_of_record(record: TradeRecord, market: str) -> TradeFacts:
    return TradeFacts(
        trade_id=record.upstream_id,
        market=market,
        offer_id=record.offer_id,
        bot=record.bot_steamid,
        phase=record.phase,
        gives={item.asset_id: item.amount for item in record.items if item.side == Side.GIVEN},
    )


def _take_sells(known: Knowledge, account: MarketAccount, assets: Sequence[str]) -> None:
    """Sells of the team whose trade is not mirrored yet."""
    for chunk in _chunks(assets):
        items = SellItem.objects.filter(
            asset_id__in=chunk,
            request__team=account.team_id,
            request__trade=None,
            request__state__in=UNTOLD_SELLS,
        )
        for asset, custom_id, state in items.values_list(
            "asset_id", "request__custom_id", "request__state"
        ):
            known.sells[asset].append(SellFacts(custom_id, state, frozenset([asset])))


def _take_others(known: Knowledge, account: MarketAccount, assets: Sequence[str]) -> None:
    """Recent or live offers of the account over the same assets."""
    since = clock.now() - TWINS_OF
    pks: set[int] = set()
    for chunk in _chunks(assets):
        items = SteamOfferItem.objects.filter(
            asset_id__in=chunk,
            side=Side.GIVEN,
            offer__account=account,
            offer__updated_at__gte=since,
        )
        pks |= set(items.values_list("offer_id", flat=True))
    rows = [
        row for chunk in _chunks(sorted(pks)) for row in SteamOffer.objects.filter(pk__in=chunk)
    ]
    for facts in offer_facts(rows).values():
        for asset in facts.gives:
            known.others[asset].append(facts)


def _bots(account: MarketAccount, known: Knowledge) -> frozenset[str]:
    newest = Trade.objects.filter(team=account.team_id).order_by("-sort_at", "-id")
    bots = set(newest.values_list("bot_steamid", flat=True)[:NEWEST_TRADES])
    expected = SteamOffer.objects.filter(account=account, verdict=OfferVerdict.MATCHED)
    newest_partners = expected.order_by("-updated_at").values_list("partner_steamid", flat=True)
    bots |= set(newest_partners[:NEWEST_TRADES])
    bots |= {trade.bot for trade in known.trades.values()}
    return frozenset(bots - {""})


def _chunks(values: Sequence[V]) -> Iterable[Sequence[V]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
