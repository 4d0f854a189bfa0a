"""What an inventory holds, grouped by name in the database: how many, and how many can be sold."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Length, Lower

from accounts.models import Team
from trades.models import Inventory, InventoryItem, SellItem
from trades.services import claims
from trades.services.inventory import PLAIN_CONTEXT, Source

MOST_WORDS = 8
BY_NAME, BY_COUNT = "name", "count"
_ORDERS: Mapping[str, tuple[Any, ...]] = {
    BY_NAME: (Lower("name"), "name"),
    BY_COUNT: ("-total", Lower("name"), "name"),
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """One game of one source, as a team sees it."""

    team: Team
    source: Source
    app_id: int


class Group(NamedTuple):
    """Equal items. What is not ``free`` is counted under exactly one reason."""

    name: str
    total: int
    free: int
    claimed: int  # in a live sell
    protected: int
    untradable: int
    stacked: int
    icon: str
    rarity_colour: str


class Totals(NamedTuple):
    names: int
    total: int
    free: int


class Claimed(NamedTuple):
    """``request_id`` None = the sell is another team's."""

    name: str
    request_id: int | None
    number: int


class Asset(NamedTuple):
    context_id: str
    asset_id: str
    name: str


def inventories_of(team: Team, steamid64: str) -> list[Inventory]:
    return list(
        Inventory.objects.filter(team=team, steamid64=steamid64).order_by("app_id", "-context_id")
    )


def counts_by_game(team: Team, steamid64: str) -> dict[int, int]:
    held = InventoryItem.objects.filter(inventory__team=team, inventory__steamid64=steamid64)
    found = held.order_by().values_list("inventory__app_id").annotate(Count("pk"))
    return dict(found)


def matching(shelf: Shelf, text: str = "") -> QuerySet[InventoryItem]:
    """Items whose name holds every word of ``text``, in any order and case."""
    items = InventoryItem.objects.filter(
        inventory__team=shelf.team,
        inventory__steamid64=shelf.source.steamid64,
        inventory__app_id=shelf.app_id,
    ).order_by()
    for word in text.split()[:MOST_WORDS]:
        items = items.filter(name__icontains=word)
    return items


def groups(shelf: Shelf, items: QuerySet[InventoryItem], order: str = BY_NAME) -> Any:
    """Rows like ``Group``, unsliced: one query however many items there are."""
    plain, held = Q(is_protected=False), Q(asset_id__in=_claimed_ids(shelf))
    tradable, single = Q(is_tradable=True), Q(amount=1)
    found = items.values("name").annotate(
        total=Count("pk"),
        free=Count("pk", filter=_sellable(shelf)),
        claimed=Count("pk", filter=plain & held),
        protected=Count("pk", filter=~plain),
        untradable=Count("pk", filter=plain & ~held & ~tradable),
        stacked=Count("pk", filter=plain & ~held & tradable & ~single),
        icon=Max("icon"),
        rarity_colour=Max("rarity_colour"),
    )
    return found.order_by(*_ORDERS[order]).values_list(*Group._fields, named=True)


def icons(team: Team, goods: Collection[tuple[int, str]]) -> dict[tuple[int, str], str]:
    """What Steam calls the pictures of these games and names, as far as the team's items tell."""
    if not goods:
        return {}
    held = InventoryItem.objects.filter(
        inventory__team=team,
        inventory__app_id__in={app_id for app_id, _ in goods},
        name__in={name for _, name in goods},
    ).exclude(icon="")
    rows = held.values_list("inventory__app_id", "name").annotate(icon=Max("icon")).order_by()
    return {(app_id, name): icon for app_id, name, icon in rows}


def totals(shelf: Shelf, items: QuerySet[InventoryItem]) -> Totals:
    found = items.aggregate(
        names=Count("name", distinct=True),
        total=Count("pk"),
        free=Count("pk", filter=_sellable(shelf)),
    )
    return Totals(**found)


def free_by_name(shelf: Shelf, items: QuerySet[InventoryItem]) -> dict[str, int]:
    """How many of each name can be sold now, by name; what cannot be sold is left out."""
    sellable = items.filter(_sellable(shelf))
    found = sellable.values_list("name").annotate(Count("pk"))
    return dict(found.order_by(*_ORDERS[BY_NAME]))


def held_by_name(items: QuerySet[InventoryItem]) -> dict[str, int]:
    """How many there are of each name, whether they can be sold or not."""
    return dict(items.exclude(name="").values_list("name").annotate(Count("pk")))


def pick(shelf: Shelf, wanted: Mapping[str, int]) -> list[Asset]:
    """Concrete assets for the wanted numbers, the oldest first; as many as there are."""
    sellable = matching(shelf).filter(_sellable(shelf), name__in=list(wanted))
    rows = sellable.order_by("name", Length("asset_id"), "asset_id")
    left = dict(wanted)
    picked = []
    for asset in _assets(rows):
        if left[asset.name] > 0:
            left[asset.name] -= 1
            picked.append(asset)
    return picked


def _assets(rows: QuerySet[InventoryItem]) -> Iterable[Asset]:
    found = rows.values_list("inventory__context_id", "asset_id", "name")
    return (Asset(*row) for row in found)


def claimed_among(shelf: Shelf, names: Sequence[str]) -> list[Claimed]:
    """Which live sells hold items of these names."""
    held = matching(shelf).filter(name__in=names, is_protected=False)
    rows = (
        _claims(shelf)
        .filter(asset_id__in=held.values("asset_id"))
        .order_by("name", "request_id")
        .values_list("name", "request_id", "request__team_id")
        .annotate(Count("pk"))
    )
    return [
        Claimed(name, request_id if team_id == shelf.team.pk else None, number)
        for name, request_id, team_id, number in rows
    ]


def _sellable(shelf: Shelf) -> Q:
    """The market takes single, named, tradable items; a stack would go for the price of one."""
    can_move = Q(is_tradable=True, is_protected=False, amount=1)
    return can_move & ~Q(name="") & ~Q(asset_id__in=_claimed_ids(shelf))


def _claimed_ids(shelf: Shelf) -> QuerySet[SellItem, Any]:
    return _claims(shelf).values("asset_id")


def _claims(shelf: Shelf) -> QuerySet[SellItem]:
    scopes = {claims.scope_of(key) for key in shelf.source.keys}
    ours = Q(claim_scope__in=scopes) | Q(request__team=shelf.team)
    return SellItem.objects.filter(
        ours, is_live=True, app_id=shelf.app_id, context_id=PLAIN_CONTEXT
    )
