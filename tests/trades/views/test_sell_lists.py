"""Sell lists: saved from a draft or a sell, changed, deleted, and matched with one click."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import AuditEntry, UpstreamKey
from dashboard import clock
from tests.factories import (
    TRADE_LINK,
    Cast,
    make_account,
    make_cast,
    make_draft,
    make_key,
    make_sell_list,
    make_sell_request,
)
from trades.models import (
    Inventory,
    InventoryItem,
    SellDraft,
    SellList,
    SellListLine,
    SellRequest,
    SellState,
)

pytestmark = pytest.mark.django_db
REDLINE, ASIIMOV = "AK-47 | Redline (Field-Tested)", "AWP | Asiimov (Field-Tested)"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def bob(cast: Cast, client: Client) -> Client:
    client.force_login(cast.bob)
    return client


@pytest.fixture
def key(cast: Cast) -> UpstreamKey:
    account = make_account(team=cast.team)
    return make_key(account=account, owner=cast.bob, trade_link=TRADE_LINK)


def text_of(client: Client, address: str) -> str:
    response = client.get(f"/t/harbour/sell-lists/{address}")
    assert response.status_code == 200
    return response.content.decode()


def lines_of(sell_list: SellList) -> list[tuple[str, int, int | None]]:
    return list(sell_list.lines.order_by("name").values_list("name", "amount", "floor_milli"))


def stocked(key: UpstreamKey, *names: str, **columns: Any) -> list[str]:
    """Put items into the key's inventory, read just now; their asset ids."""
    inventory, _ = Inventory.objects.get_or_create(
        team=key.account.team, steamid64=key.trade_link_partner, app_id=730,
        defaults={"state": Inventory.State.READ, "read_at": clock.now()},
    )  # fmt: skip
    first = 700 + InventoryItem.objects.count()
    assets = [str(first + place) for place in range(len(names))]
    for asset, name in zip(assets, names, strict=True):
        columns = {"is_tradable": True, **columns}
        InventoryItem.objects.create(inventory=inventory, asset_id=asset, name=name, **columns)
    return assets


def match(client: Client, sell_list: SellList, key_id: object) -> SellDraft | None:
    before = SellDraft.objects.count()
    address = f"/t/harbour/sell-lists/{sell_list.pk}/match/"
    response = client.post(address, {"key": key_id})
    if SellDraft.objects.count() == before:
        assert response.headers["Location"] == "/t/harbour/sell-lists/"
        return None
    draft = SellDraft.objects.latest("pk")
    assert response.headers["Location"] == f"/t/harbour/sell/{draft.pk}/"
    return draft


# -- saving --


def test_a_draft_is_saved_by_name_amount_and_highest_floor(
    bob: Client, cast: Cast, key: UpstreamKey
) -> None:
    items = (
        {"name": REDLINE, "floor_milli": 13_000},
        {"name": REDLINE, "floor_milli": 14_000},
        {"name": REDLINE},
        {"name": ASIIMOV},
        {"name": "left out", "is_chosen": False},
    )
    draft = make_draft(key=key, items=items)
    response = bob.post("/t/harbour/sell-lists/save/", {"draft": draft.pk, "name": " Weekly  one "})
    saved = SellList.objects.get()
    assert response.headers["Location"] == f"/t/harbour/sell-lists/{saved.pk}/"
    assert (saved.name, saved.by, saved.game_id) == ("Weekly one", cast.bob, 730)
    assert lines_of(saved) == [(REDLINE, 3, 14_000), (ASIIMOV, 1, None)]
    assert AuditEntry.objects.get(verb="sell-list.saved").actor == cast.bob


def test_a_sell_is_saved_with_the_floors_it_was_agreed_under(bob: Client, key: UpstreamKey) -> None:
    items = ({"name": REDLINE, "floor_milli": 14_000}, {"name": ASIIMOV})
    sell = make_sell_request(key=key, items=items)
    bob.post("/t/harbour/sell-lists/save/", {"sell": sell.pk, "name": "Again"})
    assert lines_of(SellList.objects.get()) == [(REDLINE, 1, 14_000), (ASIIMOV, 1, None)]


def test_a_name_is_taken_once_a_team(bob: Client, cast: Cast, key: UpstreamKey) -> None:
    make_sell_list(team=cast.team, name="Weekly")
    make_sell_list(team=cast.others, name="Theirs")
    draft = make_draft(key=key)
    address = "/t/harbour/sell-lists/save/"
    page = bob.post(address, {"draft": draft.pk, "name": "Weekly"}, follow=True)
    assert "There is a list named “Weekly” already." in page.content.decode()
    bob.post(address, {"draft": draft.pk, "name": "Theirs"})
    assert SellList.objects.filter(team=cast.team).count() == 2


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_list_needs_a_name(bob: Client, key: UpstreamKey, name: str) -> None:
    draft = make_draft(key=key)
    bob.post("/t/harbour/sell-lists/save/", {"draft": draft.pk, "name": name})
    assert not SellList.objects.exists()


def test_nothing_of_another_team_is_saved(bob: Client, cast: Cast) -> None:
    foreign = make_key(account=make_account(team=cast.others), trade_link=TRADE_LINK)
    draft, sell = make_draft(key=foreign), make_sell_request(key=foreign)
    for given in ({"draft": draft.pk}, {"sell": sell.pk}, {"draft": 10**18}, {}):
        response = bob.post("/t/harbour/sell-lists/save/", {**given, "name": "Taken"})
        assert response.status_code == 404
    assert not SellList.objects.exists()


def test_drafts_and_sells_offer_to_keep_their_items(bob: Client, key: UpstreamKey) -> None:
    draft, sell = make_draft(key=key), make_sell_request(key=key)
    pages = {f"sell/{draft.pk}/": ("draft", draft.pk), f"sells/{sell.pk}/": ("sell", sell.pk)}
    for address, (name, pk) in pages.items():
        html = bob.get(f"/t/harbour/{address}").content.decode()
        assert 'action="/t/harbour/sell-lists/save/"' in html
        assert f'<input type="hidden" name="{name}" value="{pk}">' in html


# -- reading and changing --


def test_the_lists_are_shown_to_all_and_matched_by_sellers(
    client: Client, cast: Cast, key: UpstreamKey
) -> None:
    sell_list = make_sell_list(
        team=cast.team, name="<b>Weekly</b>", lines=({"name": REDLINE, "amount": 12},)
    )
    client.force_login(cast.victor)
    html = text_of(client, "")
    assert "&lt;b&gt;Weekly" in html
    assert "12 items of 1 name" in html
    assert "/match/" not in html
    page = text_of(client, f"{sell_list.pk}/")
    assert REDLINE in page
    assert "/edit/" not in page
    assert "/delete/" not in page
    client.force_login(cast.bob)
    assert "/match/" in text_of(client, "")


def form_of(sell_list: SellList, **changes: Any) -> dict[str, Any]:
    """What the page's form sends, line by line."""
    sent: dict[str, Any] = {"name": sell_list.name}
    for line in sell_list.lines.all():
        sent |= {f"line-{line.pk}-amount": line.amount, f"line-{line.pk}-floor": ""}
    return {**sent, **changes}


@pytest.mark.parametrize(
    ("floor", "milli"), [("14.5", 14_500), ("0.001", 1), ("1200", 1_200_000), ("", None)]
)
def test_amounts_and_floors_are_changed(
    bob: Client, cast: Cast, floor: str, milli: int | None
) -> None:
    sell_list = make_sell_list(
        team=cast.team, lines=({"name": REDLINE, "floor_milli": 9}, {"name": ASIIMOV})
    )
    line, other = (sell_list.lines.get(name=name).pk for name in (REDLINE, ASIIMOV))
    sent = form_of(
        sell_list,
        **{f"line-{line}-amount": 7, f"line-{line}-floor": floor, f"line-{other}-amount": 0},
        name="Renamed",
    )
    response = bob.post(f"/t/harbour/sell-lists/{sell_list.pk}/edit/", sent)
    assert response.status_code == 302
    sell_list.refresh_from_db()
    assert sell_list.name == "Renamed"
    assert lines_of(sell_list) == [(REDLINE, 7, milli)]


@pytest.mark.parametrize(
    ("field", "value"),
    [("floor", "-1"), ("floor", "0.0001"), ("floor", "NaN"), ("floor", "1e9"), ("floor", "ten"),
     ("amount", "-1"), ("amount", "1001"), ("amount", ""), ("amount", "1.5")],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_and_stays_in_the_form(
    bob: Client, cast: Cast, field: str, value: str
) -> None:
    sell_list = make_sell_list(team=cast.team)
    line = sell_list.lines.get()
    sent = form_of(sell_list, **{f"line-{line.pk}-{field}": value})
    response = bob.post(f"/t/harbour/sell-lists/{sell_list.pk}/edit/", sent)
    assert response.status_code == 422
    assert "field__error" in response.content.decode()
    assert lines_of(sell_list) == [(REDLINE, 1, None)]


def test_a_list_does_not_become_empty(bob: Client, cast: Cast) -> None:
    sell_list = make_sell_list(team=cast.team)
    line = sell_list.lines.get()
    sent = form_of(sell_list, **{f"line-{line.pk}-amount": 0})
    response = bob.post(f"/t/harbour/sell-lists/{sell_list.pk}/edit/", sent)
    assert response.status_code == 422
    assert "delete it instead" in response.content.decode()
    assert SellListLine.objects.count() == 1


def test_a_list_is_deleted_by_post(bob: Client, cast: Cast) -> None:
    sell_list = make_sell_list(team=cast.team)
    address = f"/t/harbour/sell-lists/{sell_list.pk}/delete/"
    assert bob.get(address).status_code == 405
    assert bob.post(address).headers["Location"] == "/t/harbour/sell-lists/"
    assert not SellList.objects.exists()
    assert AuditEntry.objects.get(verb="sell-list.deleted").detail["name"] == sell_list.name


# -- matching --


def test_a_match_picks_what_can_be_sold_now_with_its_floors(
    bob: Client, cast: Cast, key: UpstreamKey
) -> None:
    free = stocked(key, REDLINE, REDLINE, ASIIMOV, "not on the list")
    stocked(key, REDLINE, is_tradable=False)
    stocked(key, REDLINE, is_protected=True)
    lines = ({"name": REDLINE, "amount": 9, "floor_milli": 14_000}, {"name": ASIIMOV})
    draft = match(bob, make_sell_list(team=cast.team, lines=lines), key.pk)
    assert draft
    assert (draft.by, draft.key, draft.state) == (cast.bob, key, SellDraft.State.CHOSEN)
    found = set(draft.items.values_list("asset_id", "floor_milli"))
    assert found == {(free[0], 14_000), (free[1], 14_000), (free[2], None)}
    assert not SellRequest.objects.exists()
    page = bob.get(f"/t/harbour/sell/{draft.pk}/").content.decode()
    assert f"not for sale now: 7 × {REDLINE}." in page


def test_what_is_in_another_sell_is_not_picked(bob: Client, cast: Cast, key: UpstreamKey) -> None:
    busy, free = stocked(key, REDLINE, REDLINE)
    sell = make_sell_request(key=key, state=SellState.UNKNOWN)
    sell.items.update(asset_id=busy)
    draft = match(
        bob, make_sell_list(team=cast.team, lines=({"name": REDLINE, "amount": 2},)), key.pk
    )
    assert draft
    assert list(draft.items.values_list("asset_id", flat=True)) == [free]


@pytest.mark.parametrize("is_read", [True, False])
def test_when_nothing_can_be_picked_it_says_why(
    bob: Client, cast: Cast, key: UpstreamKey, *, is_read: bool
) -> None:
    if is_read:
        stocked(key, ASIIMOV)
    assert match(bob, make_sell_list(team=cast.team), key.pk) is None
    sentence = "holds nothing of this list" if is_read else "was not read yet"
    assert sentence in text_of(bob, "")


def test_only_a_key_that_the_person_may_sell_with_is_used(
    bob: Client, cast: Cast, key: UpstreamKey
) -> None:
    stocked(key, REDLINE)
    sell_list = make_sell_list(team=cast.team)
    kept = make_key(
        account=key.account, owner=cast.maria, trade_link=TRADE_LINK, team_may_sell=False,
        label="Kept for herself",
    )  # fmt: skip
    foreign = make_key(account=make_account(team=cast.others), trade_link=TRADE_LINK)
    assert "Kept for herself" not in text_of(bob, "")
    for key_id in (kept.pk, foreign.pk, "", "x", 10**30):
        assert match(bob, sell_list, key_id) is None
