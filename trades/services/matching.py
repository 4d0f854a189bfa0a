"""From a selection to prices: rounds of questions, one quote and one buyer each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.models import Team, UpstreamKey, User
from dashboard import clock
from dashboard.errors import UserError
from trades.models import DraftItem, QuoteLine, SellDefaults, SellDraft
from trades.services.drafts import (
    checked_message,
    default_floor,
    floor_of,
    has_buyer,
    is_below,
    is_selected,
    lock,
    refuse_sold,
    require_sellable,
    store,
)
from trades.services.quoting import Quoting

MOST_ITEMS = 1000
MOST_ROUNDS = 5


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
    """Keep a selection, every item chosen; ``UserError`` when it cannot be sold with this key.

    Without a message the draft starts from the team's default one.
    """
    require_sellable(key, by)
    if key.account.team_id != team.pk or key.trade_link_partner != steamid64:
        raise UserError("This key has no trade link of the Steam account that holds the items.")
    assets = {item.asset_id: item for item in items}
    if not assets:
        raise UserError("Choose at least one item.")
    if len(assets) > MOST_ITEMS:
        raise UserError(f"At most {MOST_ITEMS:,} items can be matched at once; choose fewer.")
    draft = SellDraft.objects.create(
        team=team,
        by=by,
        key=key,
        steamid64=steamid64,
        game_id=game_id,
        message=checked_message(message) or _default_message(team),
        created_at=clock.now(),
    )
    DraftItem.objects.bulk_create(_row(draft, asset) for asset in assets.values())
    return draft


def match(*, draft: SellDraft, by: User) -> str:
    """Ask who buys the draft's items; returns what went wrong after the first answer, or "".

    The first question is about everything. What came back without a buyer or short is asked about
    again by itself, until nothing more is bought. ``UserError`` when there was no answer at all:
    what was matched before then stands.
    """
    require_sellable(draft.key, by)
    refuse_sold(draft)
    found: dict[int, QuoteLine] = {}
    quoting = Quoting(draft, by)
    left = _in_order(draft)
    for number in range(MOST_ROUNDS):
        try:
            answered = quoting.ask(left)
        except UserError as refusal:
            if number == 0:
                raise
            _keep(draft, found)
            return refusal.sentence
        found |= answered.said()
        left = [item for item in left if item.pk not in answered.taken]
        if not left or not answered.taken:
            break
    _keep(draft, found)
    return ""


def _in_order(draft: SellDraft) -> list[DraftItem]:
    """Where fewer are taken than asked, what the person unticked is left out first."""
    default = default_floor(draft.team)
    items = draft.items.select_related("matched")
    return sorted(items, key=lambda item: (_was_unticked(item, default), item.name, item.pk))


@transaction.atomic
def _keep(draft: SellDraft, found: Mapping[int, QuoteLine]) -> None:
    """Selected is what was and what can be sold only now; an untick of the person stands."""
    locked = lock(draft)
    default = default_floor(draft.team)
    items = list(locked.items.select_related("matched"))
    for item in items:
        line = found.get(item.pk)
        can_be_sold = line is not None and has_buyer(line) and not _is_low(item, line, default)
        item.is_chosen = can_be_sold and not _was_unticked(item, default)
        item.matched, item.reviewed = line, None
    store(locked, items, SellDraft.State.MATCHED)


def _was_unticked(item: DraftItem, default: int | None) -> bool:
    line = item.matched
    could = line is not None and has_buyer(line) and not _is_low(item, line, default)
    return could and not is_selected(item)


def _is_low(item: DraftItem, line: QuoteLine, default: int | None) -> bool:
    return is_below(line, floor_of(item, default))


def _default_message(team: Team) -> str:
    messages = SellDefaults.objects.filter(team=team).values_list("message", flat=True)
    return messages.first() or ""


def _row(draft: SellDraft, asset: DraftAsset) -> DraftItem:
    return DraftItem(
        draft=draft,
        context_id=asset.context_id,
        asset_id=asset.asset_id,
        name=asset.name,
        floor_milli=asset.floor_milli,
    )
