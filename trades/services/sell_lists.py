"""Saved selections: names, amounts and floor prices, to be matched and reviewed again.

A list knows names, not assets: each match picks what the inventory holds of them now. Nothing is
sold by it; a match makes a draft, which needs a review and a person's yes like any other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from accounts import access, audit
from accounts.access import Can
from accounts.models import Team, User
from dashboard.errors import UserError
from trades.models import Inventory, SellDraft, SellList, SellListLine, SellRequest
from trades.services.inventory import Source
from trades.services.matching import DraftAsset, make_draft
from trades.services.stock import Shelf, pick

MOST_LISTS = 200
MOST_LINES = 1000
MOST_OF_A_NAME = 1000


@dataclass(frozen=True, slots=True)
class Wish:
    """So many of a name, none below the floor; ``floor_milli`` None = the team's default."""

    name: str
    amount: int = 1
    floor_milli: int | None = None


@dataclass(frozen=True, slots=True)
class Picked:
    """``missing`` tells how many of a name the inventory could not give."""

    draft: SellDraft
    found: int
    missing: tuple[tuple[str, int], ...]


def save_from_draft(*, draft: SellDraft, by: User, name: str) -> SellList:
    """What is chosen in a draft, with its floors."""
    rows = draft.items.filter(is_chosen=True).values_list("name", "floor_milli")
    return _save(draft.team, by, name, draft.game_id, wishes_of(rows))


def save_from_sell(*, request: SellRequest, by: User, name: str) -> SellList:
    """The items of a sell, with the floors of the draft that it came from."""
    draft = request.quote.draft
    floors = dict(draft.items.values_list("asset_id", "floor_milli")) if draft else {}
    rows = request.items.values_list("name", "asset_id")
    wishes = wishes_of((item, floors.get(asset_id)) for item, asset_id in rows)
    return _save(request.team, by, name, request.game_id, wishes)


def wishes_of(rows: Iterable[tuple[str, int | None]]) -> list[Wish]:
    """One wish a name; of different floors the highest holds, as it sells nothing too cheap."""
    found: dict[str, Wish] = {}
    for name, floor in rows:
        before = found.get(name, Wish(name, 0))
        floors = [one for one in (before.floor_milli, floor) if one is not None]
        found[name] = Wish(name, before.amount + 1, max(floors, default=None))
    return sorted(found.values(), key=lambda wish: wish.name)


def change(*, sell_list: SellList, by: User, name: str, wishes: Sequence[Wish]) -> None:
    """The list holds exactly these from now on."""
    access.require(access.holds(by, sell_list.team, Can.SELL))
    if not wishes:
        raise UserError("A list needs at least one item: delete it instead.")
    with transaction.atomic():
        _name(sell_list, name)
        sell_list.lines.all().delete()
        _store_lines(sell_list, wishes)
        _record("sell-list.changed", sell_list, by)


def delete(*, sell_list: SellList, by: User) -> None:
    access.require(access.holds(by, sell_list.team, Can.SELL))
    with transaction.atomic():
        _record("sell-list.deleted", sell_list, by)
        sell_list.delete()


def match(*, sell_list: SellList, by: User, source: Source, key_id: int) -> Picked:
    """A draft of what the source's inventory holds of the list now: tradable and in no sell."""
    key = next((key for key in source.keys_for(by) if key.pk == key_id), None)
    if key is None:
        raise UserError("Choose a key that you may sell with.")
    lines = list(sell_list.lines.all())
    shelf = Shelf(sell_list.team, source, sell_list.game_id)
    assets = pick(shelf, {line.name: line.amount for line in lines})
    if not assets:
        raise UserError(_why_nothing(shelf))
    floors = {line.name: line.floor_milli for line in lines}
    draft = make_draft(
        team=sell_list.team,
        by=by,
        key=key,
        steamid64=source.steamid64,
        game_id=sell_list.game_id,
        items=[
            DraftAsset(one.context_id, one.asset_id, one.name, floors[one.name]) for one in assets
        ],
    )
    return Picked(draft, len(assets), _missing(lines, [one.name for one in assets]))


def _missing(lines: Sequence[SellListLine], names: Sequence[str]) -> tuple[tuple[str, int], ...]:
    short = [(line.name, line.amount - names.count(line.name)) for line in lines]
    return tuple((name, number) for name, number in short if number > 0)


def _why_nothing(shelf: Shelf) -> str:
    was_read = Inventory.objects.filter(
        team=shelf.team,
        steamid64=shelf.source.steamid64,
        app_id=shelf.app_id,
        read_at__isnull=False,
    ).exists()
    if was_read:
        return "The inventory holds nothing of this list that can be sold now."
    return "This inventory was not read yet: open it and refresh it first."


def _save(team: Team, by: User, name: str, game_id: int, wishes: Sequence[Wish]) -> SellList:
    access.require(access.holds(by, team, Can.SELL))
    if not wishes:
        raise UserError("There is nothing to save: choose items first.")
    if SellList.objects.filter(team=team).count() >= MOST_LISTS:
        raise UserError(f"A team keeps at most {MOST_LISTS} lists: delete one first.")
    with transaction.atomic():
        sell_list = SellList(team=team, by=by, game_id=game_id)
        _name(sell_list, name)
        _store_lines(sell_list, wishes)
        _record("sell-list.saved", sell_list, by)
    return sell_list


def _name(sell_list: SellList, name: str) -> None:
    """Store the list under its name; no two of a team bear the same."""
    sell_list.name = " ".join(name.split())
    if not sell_list.name:
        raise UserError("Give the list a name.")
    try:
        with transaction.atomic():
            sell_list.save()
    except IntegrityError:
        raise UserError(f"There is a list named “{sell_list.name}” already.") from None


def _store_lines(sell_list: SellList, wishes: Sequence[Wish]) -> None:
    if len(wishes) > MOST_LINES:
        raise UserError(f"A list holds at most {MOST_LINES} names.")
    SellListLine.objects.bulk_create(
        SellListLine(
            sell_list=sell_list,
            name=wish.name,
            amount=min(wish.amount, MOST_OF_A_NAME),
            floor_milli=wish.floor_milli,
        )
        for wish in wishes
    )


def _record(verb: str, sell_list: SellList, by: User) -> None:
    detail = {"name": sell_list.name, "lines": sell_list.lines.count()}
    audit.record(verb, team=sell_list.team, actor=by, obj=sell_list, detail=detail)
