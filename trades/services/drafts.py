"""What a person chose of a draft, and the prices below which nothing is sold."""

import uuid
from collections.abc import Collection, Mapping

from django.db import transaction

from accounts import access, audit
from accounts.access import Can
from accounts.models import KeyState, Team, UpstreamKey, User
from dashboard import clock
from dashboard.errors import UserError
from trades.models import DraftItem, QuoteLine, SellDefaults, SellDraft

LONGEST_MESSAGE = 128
CHANGED_COLUMNS = ["is_chosen", "floor_milli", "matched", "reviewed"]
State = SellDraft.State


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
    if "\0" in message:
        raise UserError("A message holds no null characters.")
    return message


def refuse_sold(draft: SellDraft) -> None:
    if draft.state == State.SOLD:
        raise UserError("This selection was sold already.")


def lock(draft: SellDraft) -> SellDraft:
    """The row as it is now, ours until the transaction ends; ``UserError`` once it is sold."""
    locked = SellDraft.objects.select_for_update().get(pk=draft.pk)
    refuse_sold(locked)
    return locked


def default_floor(team: Team) -> int | None:
    return SellDefaults.objects.filter(team=team).values_list("floor_milli", flat=True).first()


def floor_of(item: DraftItem, default: int | None) -> int | None:
    return default if item.floor_milli is None else item.floor_milli


def is_below(line: QuoteLine, floor: int | None) -> bool:
    return floor is not None and line.price_milli < floor


def has_buyer(line: QuoteLine | None) -> bool:
    return line is not None and line.amount > 0 and line.price_milli > 0


def is_selected(item: DraftItem) -> bool:
    """What a review found gone is not for sale any more, and still what the person selected."""
    return item.is_chosen or item.reviewed_id is not None


@transaction.atomic
def choose(
    *,
    draft: SellDraft,
    asset_ids: Collection[str],
    floors: Mapping[str, int | None] | None = None,
    message: str | None = None,
) -> bool:
    """From now on exactly these assets are selected; True when items or floors changed.

    ``floors`` names assets (None = the team's default); others keep theirs, as does the message
    that is None. After a change what was reviewed has to be reviewed again.
    """
    locked = lock(draft)
    if message is not None:
        locked.message = checked_message(message)
        locked.save(update_fields=["message"])
    wanted, floors = set(asset_ids), floors or {}
    items = list(locked.items.select_related("matched"))
    changed = False
    for item in items:
        selected = item.asset_id in wanted and _may_select(locked, item)
        floor = floors.get(item.asset_id, item.floor_milli)
        changed |= (selected, floor) != (is_selected(item), item.floor_milli)
        item.is_chosen, item.floor_milli, item.reviewed = selected, floor, None
    if changed:
        store(locked, items, State.MATCHED if locked.state == State.REVIEWED else locked.state)
    return changed


def store(draft: SellDraft, items: list[DraftItem], state: str) -> None:
    """The caller holds the draft's lock. A yes to what was shown before is good no more."""
    DraftItem.objects.bulk_update(items, CHANGED_COLUMNS, batch_size=100)
    draft.state, draft.yes_token = state, uuid.uuid4()
    draft.save(update_fields=["state", "yes_token", "message"])


def save_defaults(*, team: Team, by: User, floor_milli: int | None, message: str) -> None:
    """What the team's next sells start from."""
    access.require(access.holds(by, team, Can.PEOPLE))
    values = {"floor_milli": floor_milli, "message": checked_message(message)}
    with transaction.atomic():
        SellDefaults.objects.update_or_create(
            team=team, defaults={**values, "updated_at": clock.now()}
        )
        audit.record(
            "sell-defaults.changed", team=team, actor=by, detail={"floor_milli": floor_milli}
        )


def _may_select(draft: SellDraft, item: DraftItem) -> bool:
    return draft.state == State.CHOSEN or has_buyer(item.matched)
