"""The upstreams that there are: the only list of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from trades.upstreams.mannco import client as mannco
from trades.upstreams.mannco.client import ManncoClient
from trades.upstreams.steam import offers
from trades.upstreams.steam.inventory import InventoryClient
from trades.upstreams.steam.offers import OffersClient
from trades.upstreams.vpsbot import client as vpsbot
from trades.upstreams.vpsbot.client import VpsbotClient


class Capability(StrEnum):
    """What a client can do; the pages offer what the account's upstream can do."""

    LISTS_TRADES = "lists trades"
    MATCHES = "matches"
    CREATES = "creates"
    RESENDS = "resends"
    REPORTS_STATISTICS = "reports statistics"
    LISTS_OFFERS = "lists offers"
    READS_INVENTORY = "reads inventory"


@dataclass(frozen=True, slots=True)
class Upstream:
    slug: str
    label: str
    client: type[VpsbotClient] | type[ManncoClient] | type[OffersClient]
    takes_keys: bool  # a person can add a key of theirs
    capabilities: frozenset[Capability]
    public: type[InventoryClient] | None = None  # what needs no key


UPSTREAMS: Mapping[str, Upstream] = {
    each.slug: each
    for each in (
        Upstream(
            slug=vpsbot.SLUG,
            label="VPSBot Market",
            client=VpsbotClient,
            takes_keys=True,
            capabilities=frozenset(
                {
                    Capability.LISTS_TRADES,
                    Capability.MATCHES,
                    Capability.CREATES,
                    Capability.REPORTS_STATISTICS,
                }
            ),
        ),
        Upstream(
            slug=mannco.SLUG,
            label="Mannco.store",
            client=ManncoClient,
            takes_keys=True,
            capabilities=frozenset({Capability.LISTS_TRADES, Capability.RESENDS}),
        ),
        Upstream(
            slug=offers.SLUG,
            label="Steam",
            client=OffersClient,
            takes_keys=True,
            capabilities=frozenset({Capability.LISTS_OFFERS, Capability.READS_INVENTORY}),
            public=InventoryClient,
        ),
    )
}
