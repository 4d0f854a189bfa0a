"""What one click makes of a sell that came to nothing: new selections, to be matched again."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q

from accounts.models import KeyState, UpstreamKey, User
from dashboard.errors import UserError
from trades.models import Phase, SellDraft, SellItem, SellRequest, SellState
from trades.refusals import Mend, read
from trades.services.matching import DraftAsset, make_draft

ENDED_FOR_NOTHING = frozenset({Phase.FAILED, Phase.REVERTED})


def is_over(request: SellRequest) -> bool:
    """Nothing was sold and nothing is reserved by it any more."""
    if request.state == SellState.CREATED:
        return request.trade is not None and request.trade.phase in ENDED_FOR_NOTHING
    return request.state in {SellState.REFUSED, SellState.EXPIRED}


@transaction.atomic
def sell_again(*, request: SellRequest, by: User, mend: Mend) -> list[SellDraft]:
    """New drafts of the request's assets, floors and message kept; nothing is sold by it."""
    if not is_over(request):
        raise UserError("This sell is not over: its items are reserved until it is.")
    key = _usable_key(request, by)
    return [
        make_draft(
            team=request.team,
            by=by,
            key=key,
            steamid64=key.trade_link_partner,
            game_id=request.game_id,
            items=_assets(request, part),
            message=_message(request),
        )
        for part in _parts(request, mend)
    ]


def halves(items: Sequence[SellItem]) -> list[list[SellItem]]:
    """Two parts of about the same value, dearest first; neither is empty from two items on."""
    parts: list[list[SellItem]] = [[], []]
    worth = [0, 0]
    for item in sorted(items, key=lambda item: (-item.price_milli, item.pk)):
        lighter = min((0, 1), key=lambda part: (worth[part], len(parts[part])))
        parts[lighter].append(item)
        worth[lighter] += item.price_milli
    return parts


def _parts(request: SellRequest, mend: Mend) -> list[list[SellItem]]:
    items = list(request.items.order_by("id"))
    if mend == Mend.SAME:
        return [items]
    if mend == Mend.SPLIT:
        if len(items) < 2:
            raise UserError("A single item cannot be split.")
        return halves(items)
    name = read(request.market_text).item
    rest = [item for item in items if item.name != name]
    if not name or len(rest) == len(items):
        raise UserError("The market did not say which item to leave out: match all of them again.")
    if not rest:
        raise UserError(f"Nothing is left without {name}.")
    return [rest]


def _usable_key(request: SellRequest, by: User) -> UpstreamKey:
    """The request's own key; when it does not work now, another one of the same Steam account."""
    keys = UpstreamKey.objects.select_related("account").filter(
        Q(owner=by) | Q(team_may_sell=True),
        account__team=request.team_id,
        account__upstream=request.account.upstream,
        state=KeyState.ACTIVE,
    )
    draft = request.quote.draft
    holder = draft.steamid64 if draft else request.key.trade_link_partner
    of_holder = keys.filter(trade_link_partner=holder).exclude(trade_link_partner="")
    own = of_holder.filter(pk=request.key_id).first()
    if found := own or of_holder.order_by("id").first():
        return found
    raise UserError("No key of this Steam account may be used now: look at Keys and syncs.")


def _assets(request: SellRequest, items: Sequence[SellItem]) -> list[DraftAsset]:
    draft = request.quote.draft
    floors: dict[tuple[str, str], int | None] = {}
    if draft:
        floors = {
            (context, asset): floor
            for context, asset, floor in draft.items.values_list(
                "context_id", "asset_id", "floor_milli"
            )
        }
    return [
        DraftAsset(
            context_id=item.context_id,
            asset_id=item.asset_id,
            name=item.name,
            floor_milli=floors.get((item.context_id, item.asset_id)),
        )
        for item in items
    ]


def _message(request: SellRequest) -> str:
    return request.quote.draft.message if request.quote.draft else ""
