import pytest

from trades.upstreams.mannco.client import ManncoClient
from trades.upstreams.registry import UPSTREAMS, Capability
from trades.upstreams.steam.offers import OffersClient
from trades.upstreams.vpsbot.client import VpsbotClient

# What a capability promises of a client.
METHODS = {
    Capability.LISTS_TRADES: ("prove",),
    Capability.MATCHES: ("match",),
    Capability.RESENDS: ("resend", "all"),
    Capability.CREATES: ("create", "trade_by_custom_id"),
    Capability.REPORTS_STATISTICS: ("statistics",),
    Capability.LISTS_OFFERS: ("offers", "active_offers", "offer"),
    Capability.READS_INVENTORY: ("page",),
}


def test_each_upstream_is_listed_under_its_own_slug() -> None:
    assert {slug: each.client for slug, each in UPSTREAMS.items()} == {
        "vpsbot": VpsbotClient,
        "mannco": ManncoClient,
        "steam": OffersClient,
    }
    assert all(slug == each.slug and each.label for slug, each in UPSTREAMS.items())


def test_these_take_keys() -> None:
    assert [each.slug for each in UPSTREAMS.values() if each.takes_keys] == [
        "vpsbot",
        "mannco",
        "steam",
    ]


@pytest.mark.parametrize("slug", UPSTREAMS)
def test_a_client_can_do_what_its_capabilities_say(slug: str) -> None:
    upstream = UPSTREAMS[slug]
    promised = {name for each in upstream.capabilities for name in METHODS[each]}
    assert promised
    clients = (upstream.client, upstream.public)
    assert {name for name in promised if not any(hasattr(one, name) for one in clients)} == set()
