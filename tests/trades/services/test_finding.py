"""Any id leads to its trade: from the mirror, else from the market, which is then taken in."""

import pytest
from django.test import Client

from accounts.models import AuditEntry, KeyState, MarketAccount, UpstreamKey
from dashboard import clock
from tests.factories import Cast, make_account, make_cast, make_key, make_trade
from trades.models import DayStat, StatusChange, Trade
from trades.sandbox.server import SandboxServer
from trades.services import finding
from trades.sync import lease as leases

pytestmark = pytest.mark.django_db
URL, SECRET = "/t/harbour/find/", "key-of-the-finder-01"
STEAM_ID = "600000000000007919_76561198012345678"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def account(cast: Cast) -> MarketAccount:
    return make_account(team=cast.team)


@pytest.fixture
def key(cast: Cast, account: MarketAccount, market: SandboxServer) -> UpstreamKey:
    market.sandbox.world.accounts.add("finder", key=SECRET)
    return make_key(account=account, owner=cast.bob, secret=SECRET)


@pytest.fixture
def bob(cast: Cast, client: Client) -> Client:
    client.force_login(cast.bob)
    return client


def at_the_market(market: SandboxServer, status: str = "accepted", **fields: object) -> str:
    fields = {"custom_id": "shop/1 ü", "offer_id": "6001", "steam_trade_id": STEAM_ID, **fields}
    return market.sandbox.world.trades.insert(SECRET, status=status, **fields)  # type: ignore[arg-type]


def ends_at(client: Client, text: str, *, post: bool = False) -> str:
    answer = client.post(URL, {"q": text}) if post else client.get(URL, {"q": text})
    return str(answer.headers.get("Location", ""))


def test_the_mirror_knows_every_kind_of_id(bob: Client, account: MarketAccount) -> None:
    trade = make_trade(
        account=account, upstream_id="0b0c3f1e-1111-4222-8333-444455556666", custom_id="shop/1 ü",
        offer_id="6001", steam_trade_id=STEAM_ID, items=({"name": "Key", "asset_id": "777"},),
    )  # fmt: skip
    bare = STEAM_ID.partition("_")[0]
    for text in (trade.upstream_id, "shop/1 ü", " 6001 ", STEAM_ID, bare, "777"):
        assert ends_at(bob, text) == f"/t/harbour/trades/{trade.pk}/", text


def test_several_trades_and_item_names_lead_to_a_list(bob: Client, account: MarketAccount) -> None:
    for number in ("1", "2"):
        make_trade(account=account, upstream_id=number, items=({"name": "Key", "asset_id": "777"},))
    assert ends_at(bob, "777").startswith("/t/harbour/history/?q=")
    assert ends_at(bob, "kEy") == "/t/harbour/history/?item=kEy"


def test_another_teams_trades_are_not_found(cast: Cast, bob: Client) -> None:
    make_trade(team=cast.others, custom_id="theirs", items=({"name": "Key", "asset_id": "777"},))
    for text in ("theirs", "777", "Key"):
        assert ends_at(bob, text) == ""


@pytest.mark.parametrize("by", ["id", "custom", "offer", "full", "bare"])
def test_what_the_mirror_lacks_is_asked_of_the_market_and_taken_in(
    cast: Cast, bob: Client, key: UpstreamKey, market: SandboxServer, by: str
) -> None:
    trade_id = at_the_market(market)
    asked = {"id": trade_id, "custom": "shop/1 ü", "offer": "6001", "full": STEAM_ID,
             "bare": STEAM_ID.partition("_")[0]}  # fmt: skip
    assert ends_at(bob, asked[by]) == ""
    assert not Trade.objects.exists(), "looking alone asks nobody"
    address = ends_at(bob, asked[by], post=True)
    trade = Trade.objects.get()
    assert (trade.upstream_id, trade.account_id) == (trade_id, key.account_id)
    assert address == f"/t/harbour/trades/{trade.pk}/"
    assert DayStat.objects.get().count == 1
    assert leases.take(key.account_id), "the lease was given back"


def test_a_completed_trade_is_found_by_its_full_steam_id_alone(
    bob: Client, key: UpstreamKey, market: SandboxServer
) -> None:
    trade_id = at_the_market(market, "completed")
    bare = bob.post(URL, {"q": STEAM_ID.partition("_")[0]}).content.decode()
    assert "it wants the full id" in bare
    assert not Trade.objects.exists()
    assert ends_at(bob, STEAM_ID, post=True)
    assert Trade.objects.get().upstream_id == trade_id


def test_a_viewer_is_told_that_asking_needs_a_seller(
    cast: Cast, client: Client, key: UpstreamKey, market: SandboxServer
) -> None:
    at_the_market(market)
    client.force_login(cast.victor)
    page = client.post(URL, {"q": "6001"}).content.decode()
    assert "needs the role of a seller" in page
    assert not market.sandbox.requests


def test_what_nobody_knows_is_a_sentence(bob: Client, key: UpstreamKey) -> None:
    page = bob.post(URL, {"q": "<b>no such id</b>"}).content.decode()
    assert "Nothing found for “&lt;b&gt;no such id&lt;/b&gt;”" in page
    key.state = KeyState.PAUSED
    key.save()
    assert "No working key" in bob.post(URL, {"q": "6001"}).content.decode()


def test_no_text_breaks_the_search(bob: Client, key: UpstreamKey) -> None:
    for text in ("", "\0", ".", "..", "/", "%", "a" * 5000, "\ufffd", "9" * 40):
        assert bob.get(URL, {"q": text}).status_code == 200
        assert bob.post(URL, {"q": text}).status_code == 200


def test_a_busy_sync_is_a_sentence(
    bob: Client, key: UpstreamKey, market: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_market(market)
    monkeypatch.setattr(finding, "SECONDS_FOR_A_LEASE", 0.0)
    leases.take(key.account_id)
    assert "takes it in soon" in bob.post(URL, {"q": "6001"}).content.decode()


def test_a_trade_is_asked_again_now(bob: Client, key: UpstreamKey, market: SandboxServer) -> None:
    trade_id = at_the_market(market, "processing")
    bob.post(URL, {"q": trade_id})
    trade = Trade.objects.get()
    market.sandbox.world.trades.mutate(trade_id, status="accepted")
    address = f"/t/harbour/trades/{trade.pk}/refresh/"
    page = bob.post(address, follow=True).content.decode()
    assert "this is how it stands now" in page
    trade.refresh_from_db()
    assert trade.status == "accepted"
    assert StatusChange.objects.get().status_after == "accepted"
    market.sandbox.world.trades.remove(trade_id)
    assert "has no such trade" in bob.post(address, follow=True).content.decode()
    market.stop()
    assert "cannot be reached" in bob.post(address, follow=True).content.decode()
    trade.refresh_from_db()
    assert trade.status == "accepted"


def test_a_market_without_look_ups_has_its_lists_read(cast: Cast, bob: Client) -> None:
    account = make_account(team=cast.team, upstream="mannco")
    make_key(account=account, owner=cast.bob)
    trade = make_trade(account=account)
    assert "Ask the market now" in bob.get(f"/t/harbour/trades/{trade.pk}/").content.decode()
    page = bob.post(f"/t/harbour/trades/{trade.pk}/refresh/", follow=True).content.decode()
    assert "tells of all trades in lists: they are read now" in page
    assert account.sync_states.filter(due_at__lte=clock.now()).exists()
    assert AuditEntry.objects.get(verb="account.sync-now").actor == cast.bob
