"""From settings and a stored key to a client: the only place that reveals a secret."""

from django.conf import settings

from accounts.crypto import Secret
from accounts.models import Upstream, UpstreamKey
from trades.upstreams.http import Patience, Transport
from trades.upstreams.steam.inventory import InventoryClient
from trades.upstreams.vpsbot.client import VpsbotClient

# Every client of the registry joins here with its base URL; a page never names a host.
Client = VpsbotClient


def open_client(
    key: UpstreamKey, *, patience: Patience | None = None, transport: Transport | None = None
) -> Client:
    return open_with(
        Upstream(key.account.upstream), key.open_secret(), patience=patience, transport=transport
    )


def open_with(
    upstream: Upstream,
    secret: Secret,
    *,
    patience: Patience | None = None,
    transport: Transport | None = None,
) -> Client:
    """A client for a secret that is not stored, as when a key is proved before it is taken."""
    base_urls = {Upstream.VPSBOT: settings.VPSBOT_URL}
    return VpsbotClient(
        base_urls[upstream], secret.reveal(), patience=patience, transport=transport
    )


def open_inventory(
    *, patience: Patience | None = None, transport: Transport | None = None
) -> InventoryClient:
    """Steam's public inventories, which need no key."""
    return InventoryClient(settings.STEAM_COMMUNITY_URL, patience=patience, transport=transport)
