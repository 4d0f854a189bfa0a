"""The client and the sandbox agree over a real socket."""

from datetime import UTC, datetime

from trades.sandbox.offerbook import Asset
from trades.sandbox.sandbox import Sandbox
from trades.sandbox.server import SandboxServer
from trades.upstreams.steam.offers import OffersClient

WEB_KEY = "0F1E2D3C4B5A69788796A5B4C3D2E1F0"


def test_every_offer_of_the_world_is_read_page_by_page() -> None:
    with Sandbox() as sandbox, SandboxServer(sandbox) as server:
        world = sandbox.world
        owner = world.accounts.add("seller", key="k").steamid64
        world.offers.add_key(WEB_KEY, owner)
        sandbox.knobs.offers_page = 2
        trade_ids = [world.trades.insert("k", status="processing", bot=2) for _ in range(3)]
        planted = world.offers.plant(
            owner, partner="76561198000000077", gives=[Asset("1", "Team Captain", 440)], sent=1
        )
        with OffersClient(server.url, WEB_KEY) as client:
            first = client.offers(None)
            second = client.offers(None, cursor=first.next_cursor or 0)
            recent = client.offers(datetime(2100, 1, 1, tzinfo=UTC), active_only=False)
        assert (first.next_cursor, second.next_cursor) == (2, None)
        offers = {offer.offer_id: offer for offer in (*first.offers, *second.offers)}
        of_trades = {str(world.trades.column(each, "offer_id")) for each in trade_ids}
        assert set(offers) == {planted, *of_trades}
        assert {offers[each].partner_steamid for each in of_trades} == {"76561198000000003"}
        assert [item.name for item in offers[planted].items] == ["Team Captain"]
        assert offers[planted].is_ours
        assert len(recent.offers) == 2
