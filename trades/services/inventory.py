"""What Steam shows of a seller's items: asked for by a person, read by a worker, kept with its age.

A read that fails in any way leaves the items of the last good one where they are.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet

from accounts import audit
from accounts.models import KeyState, Team, UpstreamKey, User
from dashboard import clock
from dashboard.errors import UserError
from trades.connect import open_inventory
from trades.filters import KNOWN_GAMES
from trades.models import Inventory, InventoryItem
from trades.services.abilities import able
from trades.sync import places
from trades.sync.places import Work
from trades.upstreams.errors import PrivateInventory, RateLimited, Refused, UpstreamError
from trades.upstreams.records import InventoryItem as ItemRecord
from trades.upstreams.records import InventoryPage
from trades.upstreams.registry import Capability
from trades.upstreams.sentences import sentence
from trades.upstreams.steam.inventory import COUNT, InventoryClient

PLAIN_CONTEXT = "2"
PROTECTED_CONTEXT = "16"  # CS2 keeps items under trade protection apart
LEASE_TIME = timedelta(seconds=90)  # longer than a page with its retries and the storing of all
REST = timedelta(minutes=1)  # Steam counts by address: an inventory just read is not read again
REST_AFTER_TROUBLE = timedelta(seconds=15)
WHEN_THROTTLED = timedelta(minutes=5)  # where Steam does not say how long
LONGEST_WAIT = timedelta(hours=1)
COUNTS = (COUNT, 1000, 75)  # the most a page gives has changed; beyond it Steam says 400
MOST_ITEMS = 200_000
LONGEST_SENTENCE = 300


class _LeaseLostError(Exception):
    """Another worker reads it now: what we have in hand must not be written."""


class _UnendingError(Exception):
    """The pages go round in circles, or do not end."""


@dataclass(frozen=True, slots=True)
class Source:
    """A Steam account that the team's active trade links name, and the keys that carry them."""

    steamid64: str
    keys: tuple[UpstreamKey, ...]

    def keys_for(self, user: User) -> list[UpstreamKey]:
        """Those that this person may sell with."""
        return [key for key in self.keys if key.team_may_sell or key.owner_id == user.pk]


def sources(team: Team) -> list[Source]:
    """One query; in the order in which the keys were added."""
    found: dict[str, list[UpstreamKey]] = {}
    for key in _selling_keys(team):
        found.setdefault(key.trade_link_partner, []).append(key)
    return [Source(steamid64, tuple(keys)) for steamid64, keys in found.items()]


def _selling_keys(team: Team) -> QuerySet[UpstreamKey]:
    keys = UpstreamKey.objects.filter(
        account__team=team,
        account__is_active=True,
        account__upstream__in=able(Capability.CREATES),
        state=KeyState.ACTIVE,
    )
    return keys.exclude(trade_link_partner="").select_related("account").order_by("id")


def contexts_of(app_id: int) -> tuple[str, ...]:
    return (PLAIN_CONTEXT, PROTECTED_CONTEXT) if app_id == 730 else (PLAIN_CONTEXT,)


def request_refresh(*, team: Team, steamid64: str, app_id: int, by: User) -> None:
    """The inventory becomes due for a worker; asking while it is due or being read adds nothing.

    ``UserError`` for what no key of the team sells from, and for what was read just now.
    """
    if app_id not in KNOWN_GAMES or steamid64 not in {one.steamid64 for one in sources(team)}:
        raise UserError("No key of the team sells from this Steam account.")
    with transaction.atomic():
        rows = [
            Inventory.objects.get_or_create(
                team=team, steamid64=steamid64, app_id=app_id, context_id=context_id
            )[0]
            for context_id in contexts_of(app_id)
        ]
        _refuse_haste(rows)
        idle = Inventory.objects.filter(pk__in=[row.pk for row in rows], due_at=None)
        if idle.update(due_at=_throttled_until() or clock.now()):
            audit.record("inventory.refresh", team=team, actor=by, obj=rows[0])


def _refuse_haste(rows: Sequence[Inventory]) -> None:
    if any(row.due_at or not row.asked_at for row in rows):
        return
    waits = [_seconds_to_rest(row) for row in rows]
    if max(waits) > 0:
        raise UserError(
            f"Steam was asked a moment ago, and it counts how often. Ask again in {max(waits)} s."
        )


def _seconds_to_rest(row: Inventory) -> int:
    rest = REST if row.state == Inventory.State.READ else REST_AFTER_TROUBLE
    left = (row.asked_at or clock.now()) + rest - clock.now()
    return int(left.total_seconds())


def _throttled_until() -> datetime | None:
    """Steam slows an address down, so that one inventory's wait is the wait of all."""
    waiting = Inventory.objects.filter(state=Inventory.State.THROTTLED, due_at__gt=clock.now())
    until: datetime | None = waiting.aggregate(until=Max("due_at"))["until"]
    return until


def due() -> QuerySet[Inventory]:
    """What a worker should read now, the longest waiting first."""
    return Inventory.objects.filter(_is_free(), due_at__lte=clock.now()).order_by("due_at", "pk")


def read(inventory_id: int) -> str | None:
    """Read one inventory whole, then replace its items in one transaction.

    Returns the state it is in now; None when it is not due, another reads it, or took it from us,
    or this process is reading enough of them.
    """
    with places.taken(Work.INVENTORIES, settings.STEAM_COMMUNITY_URL) as is_ours:
        inventory = _take(inventory_id) if is_ours else None
        return _read(inventory) if inventory else None


def _read(inventory: Inventory) -> str | None:
    try:
        state = _read_and_store(inventory)
    except UpstreamError as error:
        state = _note_failure(inventory, error)
    except _UnendingError:
        state = _note(inventory, Inventory.State.FAILED, "Steam's pages of it do not end.")
    except _LeaseLostError:
        return None
    return str(state)


def _read_and_store(inventory: Inventory) -> Inventory.State:
    items, total = _read_whole(inventory)
    if items or total == 0:
        _store(inventory, items, total)
        return Inventory.State.READ
    if total is None:
        nothing = "Steam answered with neither items nor a count of them."
        return _note(inventory, Inventory.State.FAILED, nothing)
    things = "1 item" if total == 1 else f"{total:,} items"
    hidden = f"Steam counts {things} and shows none of them to strangers."
    return _note(inventory, Inventory.State.HIDDEN, hidden)


def _read_whole(inventory: Inventory) -> tuple[list[ItemRecord], int | None]:
    """Every asset once, and how many Steam counts; it is no snapshot, so pages may overlap."""
    found: dict[str, ItemRecord] = {}
    total: int | None = None
    with open_inventory() as client:
        for page in _pages(client, inventory):
            before = len(found)
            found.update((item.asset_id, item) for item in page.items)
            total = page.total if page.total is not None else total
            if page.last_asset_id and (len(found) == before or len(found) > MOST_ITEMS):
                raise _UnendingError
            _note_progress(inventory, len(found), total)
    return [item for item in found.values() if _belongs(item, inventory)], total


def _belongs(item: ItemRecord, inventory: Inventory) -> bool:
    return (item.app_id, item.context_id) == (inventory.app_id, inventory.context_id)


def _pages(client: InventoryClient, inventory: Inventory) -> Iterator[InventoryPage]:
    page, count = _first_page(client, inventory)
    yield page
    while page.last_asset_id:
        page = client.page(*_place(inventory), after_asset_id=page.last_asset_id, count=count)
        yield page


def _first_page(client: InventoryClient, inventory: Inventory) -> tuple[InventoryPage, int]:
    *larger, smallest = COUNTS
    for count in larger:
        try:
            return client.page(*_place(inventory), count=count), count
        except Refused as refusal:
            if refusal.status != 400:
                raise
    return client.page(*_place(inventory), count=smallest), smallest


def _place(inventory: Inventory) -> tuple[str, int, str]:
    return inventory.steamid64, inventory.app_id, inventory.context_id


def _is_free() -> Q:
    return Q(lease_until=None) | Q(lease_until__lte=clock.now())


def _take(inventory_id: int) -> Inventory | None:
    now, token = clock.now(), uuid.uuid4()
    taken = Inventory.objects.filter(_is_free(), pk=inventory_id, due_at__lte=now).update(
        lease_token=token, lease_until=now + LEASE_TIME, asked_at=now, progress_done=0
    )
    return Inventory.objects.get(pk=inventory_id) if taken else None


def _held(inventory: Inventory) -> QuerySet[Inventory]:
    return Inventory.objects.filter(pk=inventory.pk, lease_token=inventory.lease_token)


def _note_progress(inventory: Inventory, done: int, total: int | None) -> None:
    kept = _held(inventory).update(
        progress_done=done, total=total, lease_until=clock.now() + LEASE_TIME
    )
    if not kept:
        raise _LeaseLostError


def _store(inventory: Inventory, items: Sequence[ItemRecord], total: int | None) -> None:
    with transaction.atomic():
        held = _held(inventory)
        if connection.features.has_select_for_update:
            held = held.select_for_update()
        if not held.values_list("pk").first():
            raise _LeaseLostError
        InventoryItem.objects.filter(inventory=inventory).delete()
        InventoryItem.objects.bulk_create(_row(inventory, item) for item in items)
        _held(inventory).update(
            state=Inventory.State.READ,
            read_at=inventory.asked_at,
            last_error="",
            total=total,
            due_at=None,
            lease_token=None,
            lease_until=None,
        )


def _row(inventory: Inventory, item: ItemRecord) -> InventoryItem:
    return InventoryItem(
        inventory=inventory,
        asset_id=item.asset_id,
        class_id=item.class_id,
        instance_id=item.instance_id,
        name=item.name,
        amount=item.amount,
        is_tradable=item.tradable,
        is_protected=inventory.context_id == PROTECTED_CONTEXT,
        icon=item.icon,
        rarity_colour=item.rarity_colour,
    )


def _note_failure(inventory: Inventory, error: UpstreamError) -> Inventory.State:
    match error:
        case PrivateInventory():
            words = "Steam shows nobody this inventory: its owner keeps it private."
            return _note(inventory, Inventory.State.PRIVATE, words)
        case RateLimited():
            return _note_throttled(inventory, error)
        case _:
            return _note(inventory, Inventory.State.FAILED, sentence(error, "Steam"))


def _note_throttled(inventory: Inventory, error: RateLimited) -> Inventory.State:
    asked = WHEN_THROTTLED if error.retry_after is None else timedelta(seconds=error.retry_after)
    until = clock.now() + min(max(asked, REST_AFTER_TROUBLE), LONGEST_WAIT)
    state = _note(inventory, Inventory.State.THROTTLED, sentence(error, "Steam"), again_at=until)
    Inventory.objects.filter(due_at__lt=until).update(due_at=until)
    return state


def _note(
    inventory: Inventory,
    state: Inventory.State,
    words: str,
    *,
    again_at: datetime | None = None,
) -> Inventory.State:
    """How the read ended; items, their age and their number stay as they were."""
    _held(inventory).update(
        state=state,
        last_error=words[:LONGEST_SENTENCE],
        due_at=again_at,
        lease_token=None,
        lease_until=None,
    )
    return state
