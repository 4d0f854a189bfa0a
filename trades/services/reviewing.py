"""The prices taken again before a yes: what was matched beside what holds now."""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum

from django.db import transaction

from accounts.models import User
from dashboard.errors import UserError
from trades.models import DraftItem, QuoteLine, SellDraft
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
from trades.services.quoting import Answered, Quoting


class Verdict(StrEnum):
    """What became of one item between match and review."""

    SAME = "same"
    UP = "up"
    DOWN = "down"
    GONE = "gone"  # nobody buys it now
    BUYER = "buyer"  # somebody else buys it
    LOW = "low"  # the price is below its floor


NEEDS_NEW_YES = frozenset({Verdict.DOWN, Verdict.GONE, Verdict.BUYER, Verdict.LOW})


def review(*, draft: SellDraft, by: User, message: str) -> None:
    """Take the quote of each chosen item again, one call for each quote that they were matched in.

    Afterwards what can be sold is chosen; what is gone or below its floor keeps its ``reviewed``
    line and is chosen no more. ``UserError`` when any call fails: then nothing changes.
    """
    require_sellable(draft.key, by)
    refuse_sold(draft)
    message = checked_message(message)
    selected = [item for item in _items(draft) if is_selected(item) and has_buyer(item.matched)]
    if not selected:
        raise UserError("Choose at least one item that has a buyer.")
    quoting = Quoting(draft, by, is_review=True)
    _keep(draft, [quoting.ask(items) for items in _by_quote(selected)], message)


def verdict_of(item: DraftItem, floor: int | None) -> Verdict | None:
    """None for what was not reviewed. The item's lines and their quotes should be loaded."""
    then, now = item.matched, item.reviewed
    if now is None or then is None:
        return None
    if has_buyer(now) and is_below(now, floor):
        return Verdict.LOW
    if not item.is_chosen or not has_buyer(now):
        return Verdict.GONE
    if now.quote.buyer_id != then.quote.buyer_id:
        return Verdict.BUYER
    if now.price_milli == then.price_milli:
        return Verdict.SAME
    return Verdict.UP if now.price_milli > then.price_milli else Verdict.DOWN


def needs_new_yes(draft: SellDraft) -> bool:
    """Whether a review found anything worse than what was matched, or another buyer."""
    default = default_floor(draft.team)
    return any(verdict_of(item, floor_of(item, default)) in NEEDS_NEW_YES for item in _items(draft))


def _items(draft: SellDraft) -> Iterable[DraftItem]:
    return draft.items.select_related("matched__quote", "reviewed__quote")


def _by_quote(items: Iterable[DraftItem]) -> list[list[DraftItem]]:
    groups: dict[int, list[DraftItem]] = defaultdict(list)
    for item in items:
        if item.matched:
            groups[item.matched.quote_id].append(item)
    return [groups[pk] for pk in sorted(groups)]


@transaction.atomic
def _keep(draft: SellDraft, answers: Iterable[Answered], message: str) -> None:
    locked = lock(draft)
    default = default_floor(draft.team)
    lines: dict[int, QuoteLine] = {}
    taken: set[int] = set()
    for answered in answers:
        lines |= answered.lines
        taken |= answered.taken
    items = list(locked.items.all())
    for item in items:
        now = lines.get(item.pk)
        item.reviewed = now
        item.is_chosen = bool(
            now and item.pk in taken and not is_below(now, floor_of(item, default))
        )
    locked.message = message
    store(locked, items, SellDraft.State.REVIEWED)
