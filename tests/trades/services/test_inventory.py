"""An inventory is read whole or not at all, and every way to fail is told apart."""

import json
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db.models import Count

from accounts.models import AuditEntry, KeyState, Team, User
from dashboard import clock
from dashboard.errors import UserError
from tests.factories import TRADE_LINK, make_account, make_cast, make_key, make_team
from tests.trades.upstreams.wire import Script, Wire, answer, serving
from trades.models import Inventory, InventoryItem
from trades.services import inventory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]

STEAMID = "76561198000001001"
RECORDED = Path(__file__).parents[4] / "shared" / "fixtures" / "inventory_440_1860.json"
AGO = timedelta(hours=2)
State = Inventory.State


@pytest.fixture
def cast() -> tuple[Team, User]:
    people = make_cast()
    make_key(account=make_account(team=people.team), owner=people.bob, trade_link=TRADE_LINK)
    return people.team, people.bob


@pytest.fixture
def steamid(cast: tuple[Team, User]) -> str:
    return inventory.sources(cast[0])[0].steamid64


def asset(number: int, **columns: Any) -> dict[str, Any]:
    kind = columns.pop("kind", 1)
    return {
        "appid": 440,
        "contextid": "2",
        "assetid": str(number),
        "amount": "1",
        "classid": str(kind),
        "instanceid": "0",
        **columns,
    }


def page(*assets: dict[str, Any], total: int | None = None, last: str = "") -> bytes:
    kinds = {one["classid"] for one in assets}
    looks = [
        {
            "classid": kind,
            "instanceid": "0",
            "market_hash_name": f"Hat {kind}",
            "tradable": 1,
            "icon_url": "icon",
            "name_color": "7D6D00",
        }
        for kind in sorted(kinds)
    ]
    more = {"more_items": 1, "last_assetid": last} if last else {}
    whole = {"success": 1, "assets": assets, "descriptions": looks, **more}
    return json.dumps(whole | {"total_inventory_count": total or len(assets)}).encode()


def saying(*answers: bytes) -> Script:
    """One answer a request, in turn; the last one again and again."""

    def script(connection: socket.socket, number: int) -> bool:
        connection.sendall(answers[min(number, len(answers)) - 1])
        return True

    return script


def ask(cast: tuple[Team, User], steamid: str, app_id: int = 440) -> Inventory:
    team, by = cast
    inventory.request_refresh(team=team, steamid64=steamid, app_id=app_id, by=by)
    return Inventory.objects.filter(app_id=app_id).order_by("pk")[0]


def read(settings: LazySettings, row: Inventory, *answers: bytes) -> tuple[Inventory, Wire]:
    with serving(saying(*answers)) as wire:
        settings.STEAM_COMMUNITY_URL = wire.url
        inventory.read(row.pk)
    row.refresh_from_db()
    return row, wire


def read_before(row: Inventory, *names: str) -> None:
    """As if it had been read well a while ago."""
    then = clock.now() - AGO
    Inventory.objects.filter(pk=row.pk).update(state=State.READ, read_at=then)
    for number, name in enumerate(names):
        InventoryItem.objects.create(inventory=row, asset_id=str(number), name=name)
    row.refresh_from_db()


def test_sources_are_the_partners_of_active_trade_links(cast: tuple[Team, User]) -> None:
    team, _ = cast
    second = TRADE_LINK.replace("39735273", "39735274")
    account = make_account(team=team)
    named = make_key(account=account, trade_link=second)
    make_key(account=account, trade_link=second, state=KeyState.PAUSED)
    make_key(account=account)
    make_key(account=make_account(team=make_team()), trade_link=TRADE_LINK)
    found = inventory.sources(team)
    assert [len(source.keys) for source in found] == [1, 1]
    assert found[1].steamid64 == named.trade_link_partner


def test_a_key_kept_by_its_owner_is_theirs_alone(cast: tuple[Team, User]) -> None:
    team, bob = cast
    other = make_key(account=make_account(team=team), trade_link=TRADE_LINK, team_may_sell=False)
    source = inventory.sources(team)[0]
    assert len(source.keys_for(bob)) == 1
    assert other in source.keys_for(other.owner)


def test_asking_makes_it_due_once(cast: tuple[Team, User], steamid: str) -> None:
    row = ask(cast, steamid)
    ask(cast, steamid)
    assert [one.pk for one in inventory.due()] == [row.pk]
    assert AuditEntry.objects.filter(verb="inventory.refresh").count() == 1


def test_cs2_has_its_protected_items_in_a_context_of_their_own(
    cast: tuple[Team, User], steamid: str
) -> None:
    ask(cast, steamid, 730)
    assert sorted(one.context_id for one in inventory.due()) == ["16", "2"]


@pytest.mark.parametrize(("steamid64", "app_id"), [("76561198000000000", 440), ("", 753)])
def test_what_no_key_sells_from_is_not_read(
    cast: tuple[Team, User], steamid: str, steamid64: str, app_id: int
) -> None:
    team, by = cast
    with pytest.raises(UserError, match="No key of the team"):
        inventory.request_refresh(team=team, steamid64=steamid64 or steamid, app_id=app_id, by=by)
    assert not Inventory.objects.exists()


def test_all_pages_make_one_inventory(
    cast: tuple[Team, User], steamid: str, settings: LazySettings
) -> None:
    first = page(asset(1), asset(2), total=4, last="2")
    second = page(asset(2), asset(3, kind=2), asset(4), total=4)
    row, wire = read(settings, ask(cast, steamid), answer(first), answer(second))
    items = InventoryItem.objects.order_by("asset_id")
    assert [item.asset_id for item in items] == ["1", "2", "3", "4"]
    assert [item.name for item in items] == ["Hat 1", "Hat 1", "Hat 2", "Hat 1"]
    assert f"/inventory/{steamid}/440/2?".encode() in wire.requests[0]
    assert b"start_assetid=2" in wire.requests[1]
    assert (row.state, row.total, row.due_at, row.lease_token) == (State.READ, 4, None, None)
    assert (row.read_at, row.progress_done) == (row.asked_at, 4)


def test_a_new_read_takes_the_place_of_the_old_items(
    cast: tuple[Team, User], steamid: str, settings: LazySettings
) -> None:
    row = ask(cast, steamid)
    read_before(row, "Old hat")
    read(settings, row, answer(page(asset(7))))
    assert [item.asset_id for item in InventoryItem.objects.all()] == ["7"]


NO_ITEMS = json.dumps({"success": 1, "total_inventory_count": 0}).encode()
COUNTED = json.dumps({"success": 1, "total_inventory_count": 12}).encode()
NOTHING_SAID = b'{"success": 1}'


@pytest.mark.parametrize(
    ("answers", "state", "words"),
    [
        ((answer(b"null", status="403 Forbidden"),), State.PRIVATE, "keeps it private"),
        ((answer(b"<p>", status="403 Forbidden"),), State.FAILED, "cannot be reached"),
        ((answer(b"null", status="404 Not Found"),), State.FAILED, "no such profile"),
        ((answer(COUNTED),), State.HIDDEN, "counts 12 items and shows none"),
        ((answer(NOTHING_SAID),), State.FAILED, "neither items nor a count"),
        ((answer(b"<html>"),), State.FAILED, "not its documented JSON"),
        (
            (answer(b"null", "Retry-After: 90", status="429 Too Many Requests"),),
            State.THROTTLED,
            "slow down",
        ),
        (
            (
                answer(page(asset(1), total=2, last="1")),
                answer(b"null", status="403 Forbidden"),
            ),
            State.PRIVATE,
            "keeps it private",
        ),
        (
            (
                answer(page(asset(1), total=2, last="1")),
                answer(page(asset(1), total=2, last="1")),
            ),
            State.FAILED,
            "do not end",
        ),
    ],
)
def test_whatever_fails_keeps_the_last_good_items(
    cast: tuple[Team, User],
    steamid: str,
    settings: LazySettings,
    answers: tuple[bytes, ...],
    state: str,
    words: str,
) -> None:
    row = ask(cast, steamid)
    read_before(row, "Old hat", "Older hat")
    read_at = row.read_at
    row, _ = read(settings, row, *answers)
    assert row.state == state
    assert words in row.last_error
    assert (row.read_at, row.lease_token) == (read_at, None)
    assert InventoryItem.objects.count() == 2


def test_an_empty_inventory_is_a_good_answer(
    cast: tuple[Team, User], steamid: str, settings: LazySettings
) -> None:
    row = ask(cast, steamid)
    read_before(row, "Old hat")
    row, _ = read(settings, row, answer(NO_ITEMS))
    assert (row.state, row.total, row.last_error) == (State.READ, 0, "")
    assert not InventoryItem.objects.exists()


def test_a_throttled_read_comes_back_when_steam_says(
    cast: tuple[Team, User], steamid: str, settings: LazySettings
) -> None:
    other = ask(cast, steamid, 570)
    slow = answer(b"null", "Retry-After: 90", status="429 Too Many Requests")
    row, _ = read(settings, ask(cast, steamid), slow)
    other.refresh_from_db()
    assert row.due_at is not None
    assert timedelta(seconds=60) < row.due_at - clock.now() <= timedelta(seconds=90)
    assert other.due_at == row.due_at  # Steam counts by address
    assert not inventory.due().exists()
    assert ask(cast, steamid, 252490).due_at == row.due_at


@pytest.mark.parametrize(("said", "least", "most"), [("99999", 3000, 3600), ("0", 1, 15)])
def test_how_long_steam_may_send_us_away_has_bounds(
    cast: tuple[Team, User],
    steamid: str,
    settings: LazySettings,
    said: str,
    least: int,
    most: int,
) -> None:
    slow = answer(b"null", f"Retry-After: {said}", status="429 Too Many Requests")
    row, _ = read(settings, ask(cast, steamid), slow)
    assert row.due_at is not None
    assert least < (row.due_at - clock.now()).total_seconds() <= most


def test_a_smaller_page_is_asked_for_where_steam_wants_it(
    cast: tuple[Team, User], steamid: str, settings: LazySettings
) -> None:
    too_large = answer(b"null", status="400 Bad Request")
    row, wire = read(
        settings,
        ask(cast, steamid),
        too_large,
        answer(page(asset(1), total=2, last="1")),
        answer(page(asset(2), total=2)),
    )
    assert row.state == State.READ
    assert [b"count=2000" in wire.requests[0], b"count=1000" in wire.requests[1]] == [True, True]
    assert b"count=1000" in wire.requests[2]


def test_an_asset_of_another_game_is_not_taken_in(
    cast: tuple[Team, User], steamid: str, settings: LazySettings
) -> None:
    answered = page(asset(1), asset(2, appid=730), asset(3, contextid="6"))
    read(settings, ask(cast, steamid), answer(answered))
    assert [item.asset_id for item in InventoryItem.objects.all()] == ["1"]


def test_just_read_is_not_read_again(
    cast: tuple[Team, User], steamid: str, settings: LazySettings
) -> None:
    read(settings, ask(cast, steamid), answer(page(asset(1))))
    with pytest.raises(UserError, match="Ask again in"):
        ask(cast, steamid)
    Inventory.objects.update(asked_at=clock.now() - timedelta(minutes=2))
    assert ask(cast, steamid).due_at


def test_one_worker_at_a_time(cast: tuple[Team, User], steamid: str) -> None:
    row = ask(cast, steamid)
    Inventory.objects.update(lease_until=clock.now() + timedelta(seconds=60))
    assert not inventory.due().exists()
    assert inventory.read(row.pk) is None


def test_a_dead_workers_lease_ends(
    cast: tuple[Team, User], steamid: str, settings: LazySettings
) -> None:
    row = ask(cast, steamid)
    Inventory.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    row, _ = read(settings, row, answer(page(asset(1))))
    assert row.state == State.READ


def test_who_lost_the_lease_stores_nothing(
    cast: tuple[Team, User], steamid: str, settings: LazySettings
) -> None:
    row = ask(cast, steamid)
    read_before(row, "Old hat")

    def script(connection: socket.socket, number: int) -> bool:
        connection.sendall(answer(page(asset(number), total=2, last="1" if number == 1 else "")))
        return True

    with serving(script) as wire:
        settings.STEAM_COMMUNITY_URL = wire.url
        taken = inventory._take(row.pk)
        assert taken is not None
        Inventory.objects.update(lease_token="00000000-0000-0000-0000-000000000001")
        with pytest.raises(inventory._LeaseLostError):
            inventory._read_and_store(taken)
    assert [item.name for item in InventoryItem.objects.all()] == ["Old hat"]


def test_what_nobody_asked_for_is_not_read(cast: tuple[Team, User], steamid: str) -> None:
    row = ask(cast, steamid)
    Inventory.objects.update(due_at=None)
    assert inventory.read(row.pk) is None


def test_a_recorded_inventory_is_stored_whole(
    cast: tuple[Team, User], steamid: str, settings: LazySettings
) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded inventory does not lie beside this checkout")
    recorded = json.loads(RECORDED.read_bytes())
    row, _ = read(settings, ask(cast, steamid), answer(RECORDED.read_bytes()))
    looks = {(one["classid"], one["instanceid"]): one for one in recorded["descriptions"]}
    expected: dict[str, int] = {}
    for one in recorded["assets"]:
        name = looks[one["classid"], one["instanceid"]]["market_hash_name"]
        expected[name] = expected.get(name, 0) + 1
    stored = InventoryItem.objects.order_by().values_list("name").annotate(Count("pk"))
    assert (row.state, row.total, row.items.count()) == (State.READ, 1860, 1860)
    assert dict(stored) == expected
