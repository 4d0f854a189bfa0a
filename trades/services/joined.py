"""A market trade and the Steam offer of the same id: one exchange, seen from two sides."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import Upstream
from trades.models import SteamOffer, Trade
from trades.sync.guard.facts import TradeFacts
from trades.sync.guard.judge import disagreements
from trades.sync.guard.knowledge import offer_facts
from trades.upstreams.records import Phase, Side


@dataclass(frozen=True, slots=True)
class SteamSide:
    """``differences`` are sentences; none = Steam and the market agree on bot and items."""

    offer: SteamOffer
    differences: Sequence[str]


def steam_side(trade: Trade) -> list[SteamSide]:
    """What Steam shows under the trade's offer id; nothing where no key of the team saw it."""
    if not trade.offer_id:
        return []
    found = SteamOffer.objects.filter(team=trade.team_id, offer_id=trade.offer_id)
    offers = list(found.select_related("account").order_by("id"))
    facts = offer_facts(offers)
    told = _facts(trade) if offers else None
    return [
        SteamSide(one, list(disagreements(facts[one.pk], told)) if told else []) for one in offers
    ]


def is_watched(trade: Trade) -> bool:
    """Whether the team has a Steam account that could have shown the offer."""
    return trade.team.market_accounts.filter(upstream=Upstream.STEAM, is_active=True).exists()


def _facts(trade: Trade) -> TradeFacts:
    items = trade.items.filter(side=Side.GIVEN).values_list("asset_id", "amount")
    return TradeFacts(
        trade_id=trade.upstream_id,
        market=trade.account.get_upstream_display(),
        offer_id=trade.offer_id,
        bot=trade.bot_steamid,
        phase=Phase(trade.phase),
        gives=dict(items),
    )
