"""One asset, one live sell: claims are rows that the database allows once."""

from collections.abc import Sequence

from accounts.models import UpstreamKey
from dashboard.errors import UserError
from trades.models import Phase, SellItem, SellRequest, Trade, TradeItem


def scope_of(key: UpstreamKey) -> str:
    """The Steam account where an upstream proved it, else what the team's own link says.

    An unproven link must not let one team block another, so it counts inside its team alone.
    """
    if key.account.steamid64:
        return f"steam:{key.account.steamid64}"
    return f"team:{key.account.team_id}:{key.trade_link_partner}"


def take(items: Sequence[SellItem]) -> None:
    """Insert in sorted order, so that two that want the same assets wait instead of deadlocking.

    IntegrityError when one of them is claimed already; the caller's transaction is then void.
    """
    ordered = sorted(items, key=_place)
    SellItem.objects.bulk_create(ordered)


def release(request: SellRequest) -> None:
    SellItem.objects.filter(request=request, is_live=True).update(is_live=False)


def refuse_open_trades(key: UpstreamKey, game_id: int, asset_ids: Sequence[str]) -> None:
    """An open trade that we only mirror holds the asset as surely as a sell of ours."""
    moving = Trade.objects.in_team(key.account.team).filter(phase__in=[Phase.OPEN, Phase.UNKNOWN])
    held = TradeItem.objects.filter(
        asset_id__in=asset_ids, app_id=game_id, side=TradeItem.Side.GIVEN, trade__in=moving
    ).first()
    if held:
        raise UserError(
            f"{held.name or held.asset_id} is in an open trade already ({held.trade.upstream_id})."
        )


def sentence_for_loser(key: UpstreamKey, items: Sequence[SellItem]) -> str:
    """Names the winner's request when it is the same team's, and tells nothing of others."""
    wanted = {_place(item) for item in items}
    live = SellItem.objects.filter(
        is_live=True, claim_scope=scope_of(key), asset_id__in=[item.asset_id for item in items]
    )
    for held in live.select_related("request"):
        if _place(held) in wanted and held.request.team_id == key.account.team_id:
            return f"{held.name} is in another sell already: {held.request.custom_id}."
    return "One of these items is in another sell already."


def _place(item: SellItem) -> tuple[str, int, str, str]:
    return item.claim_scope, item.app_id, item.context_id, item.asset_id
