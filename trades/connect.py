"""From settings and a stored key to a client: the only place that reveals a secret."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

from django.conf import settings

from accounts.crypto import Secret
from accounts.models import Upstream, UpstreamKey
from trades.budget import Scope
from trades.gates import PersonsGate
from trades.upstreams.calls import always_open
from trades.upstreams.http import Patience, Transport
from trades.upstreams.steam.inventory import InventoryClient
from trades.upstreams.vpsbot.client import VpsbotClient

# Every client that takes keys joins here and in the tables below; a page never names a host.
Client = VpsbotClient
K = TypeVar("K")
Opener = Callable[[Upstream, Secret, Patience, Transport | None], Client]


def open_client(
    key: UpstreamKey, *, patience: Patience | None = None, transport: Transport | None = None
) -> Client:
    """Unless ``patience`` brings a gate, the calls are those of a person: counted one by one."""
    return open_with(
        Upstream(key.account.upstream),
        key.open_secret(),
        account_id=key.account_id,
        patience=patience,
        transport=transport,
    )


def open_with(
    upstream: Upstream,
    secret: Secret,
    *,
    account_id: int | None = None,
    patience: Patience | None = None,
    transport: Transport | None = None,
) -> Client:
    """A client for a secret that is not stored, as when a key is proved before it is taken."""
    gated = _gated(patience, scopes_of(upstream, account_id))
    return _OPENERS[upstream](upstream, secret, gated, transport)


def narrowed(client: object, kind: type[K]) -> K:
    """The client as the one class that can do what comes next."""
    if not isinstance(client, kind):
        raise TypeError(f"{type(client).__name__} is no {kind.__name__}")
    return client


def open_seller(
    key: UpstreamKey, *, patience: Patience | None = None, transport: Transport | None = None
) -> VpsbotClient:
    """The client of a key that matches and sells."""
    return narrowed(open_client(key, patience=patience, transport=transport), VpsbotClient)


def _open_vpsbot(
    upstream: Upstream, secret: Secret, patience: Patience, transport: Transport | None
) -> VpsbotClient:
    return VpsbotClient(
        _base_url(upstream), secret.reveal(), patience=patience, transport=transport
    )


_OPENERS: Mapping[Upstream, Opener] = {Upstream.VPSBOT: _open_vpsbot}


def open_inventory(
    *, patience: Patience | None = None, transport: Transport | None = None
) -> InventoryClient:
    """Steam's public inventories, which need no key."""
    host = Scope(settings.STEAM_HOST_CALLS_A_MINUTE, host=_host(settings.STEAM_COMMUNITY_URL))
    gated = _gated(patience, [host])
    return InventoryClient(settings.STEAM_COMMUNITY_URL, patience=gated, transport=transport)


def scopes_of(upstream: Upstream, account_id: int | None) -> list[Scope]:
    """The budgets that a call comes out of: its host's, and its account's where that is known."""
    host = Scope(0, host=host_of(upstream))
    if account_id is None:
        return [host]
    return [host, Scope(calls_a_minute(upstream), account_id=account_id)]


def calls_a_minute(upstream: Upstream) -> int:
    """What is allowed to one account of it; 0 = any number."""
    return {Upstream.VPSBOT: int(settings.VPSBOT_CALLS_A_MINUTE)}[upstream]


def host_of(upstream: Upstream) -> str:
    return _host(_base_url(upstream))


def _base_url(upstream: Upstream) -> str:
    return {Upstream.VPSBOT: str(settings.VPSBOT_URL)}[upstream]


def _host(base_url: str) -> str:
    return urlsplit(base_url).netloc.lower()[:255]


def _gated(patience: Patience | None, scopes: Sequence[Scope]) -> Patience:
    patience = patience or Patience()
    if patience.gate is not always_open:
        return patience
    return replace(patience, gate=PersonsGate(scopes, somebody_waits=patience.somebody_waits))
