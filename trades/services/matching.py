"""From a selection to prices: what is in it, and with which key it may be sold."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.models import KeyState, Team, UpstreamKey, User
from dashboard import clock
from dashboard.errors import UserError
from trades.models import DraftItem, SellDraft

MOST_ITEMS = 1000
LONGEST_MESSAGE = 128


@dataclass(frozen=True, slots=True)
class DraftAsset:
    """One asset to sell; ``floor_milli`` None = the team's default floor."""

    context_id: str
    asset_id: str
    name: str
    floor_milli: int | None = None


@transaction.atomic
def make_draft(
    *,
    team: Team,
    by: User,
    key: UpstreamKey,
    steamid64: str,
    game_id: int,
    items: Sequence[DraftAsset],
    message: str = "",
) -> SellDraft:
    """Keep a selection, every item chosen; ``UserError`` when it cannot be sold with this key."""
    require_sellable(key, by)
    if key.account.team_id != team.pk or key.trade_link_partner != steamid64:
        raise UserError("This key has no trade link of the Steam account that holds the items.")
    assets = {(item.context_id, item.asset_id): item for item in items}
    if not assets:
        raise UserError("Choose at least one item.")
    if len(assets) > MOST_ITEMS:
        raise UserError(f"At most {MOST_ITEMS} items can be matched at once; choose fewer.")
    draft = SellDraft.objects.create(
        team=team,
        by=by,
        key=key,
        steamid64=steamid64,
        game_id=game_id,
        message=checked_message(message),
        created_at=clock.now(),
    )
    DraftItem.objects.bulk_create(
        DraftItem(
            draft=draft,
            context_id=item.context_id,
            asset_id=item.asset_id,
            name=item.name,
            floor_milli=item.floor_milli,
        )
        for item in assets.values()
    )
    return draft


def require_sellable(key: UpstreamKey, by: User) -> None:
    """A key sells for its owner, and for teammates while its owner allows it."""
    if key.owner_id != by.pk and not key.team_may_sell:
        raise UserError("The owner of this key keeps it for their own sells.")
    if key.state != KeyState.ACTIVE:
        raise UserError(f"The key “{key.label}” cannot be used: {key.get_state_display()}.")


def checked_message(message: str) -> str:
    message = " ".join(message.split())
    if len(message) > LONGEST_MESSAGE:
        raise UserError(f"A message has at most {LONGEST_MESSAGE} characters.")
    return message
