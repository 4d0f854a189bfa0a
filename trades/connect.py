"""From settings and a stored key to a client: the only place that reveals a secret."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

from django.conf import settings

from accounts.crypto import Secret
from accounts.models import Upstream, UpstreamKey
from trades.budget import Scope
from trades.gates import PersonsGate
from trades.sessions import SharedSessions
from trades.upstreams.calls import always_open
from trades.upstreams.http import Patience, Transport
from trades.upstreams.mannco.client import ManncoClient
from trades.upstreams.steam import credential
from trades.upstreams.steam.inventory import InventoryClient
from trades.upstreams.steam.offers import OffersClient
from trades.upstreams.vpsbot.client import VpsbotClient

# Every client that takes keys joins here and in the tables below; a page never names a host.
Client = VpsbotClient | ManncoClient | OffersClient
K = TypeVar("K")
Opener = Callable[["Opening"], Client]


@dataclass(frozen=True, slots=True)
class Opening:
    """What a client is made of."""

    base_url: str
    secret: Secret
    patience: Patience
    transport: Transport | None
    key: UpstreamKey | None  # None = it is not stored yet


def open_client(
    key: UpstreamKey, *, patience: Patience | None = None, transport: Transport | None = None
) -> Client:
    """Unless ``patience`` brings a gate, the calls are those of a person: counted one by one."""
    return open_with(
        Upstream(key.account.upstream),
        key.open_secret(),
        key=key,
        account_id=key.account_id,
        patience=patience,
        transport=transport,
    )


def open_with(
    upstream: Upstream,
    secret: Secret,
    *,
    key: UpstreamKey | None = None,
    account_id: int | None = None,
    patience: Patience | None = None,
    transport: Transport | None = None,
) -> Client:
    """A client for a secret that is not stored, as when a key is proved before it is taken.

    ``key`` shares its session, where the market gives one.
    """
    gated = _gated(patience, scopes_of(upstream, account_id))
    return _OPENERS[upstream](Opening(base_url(upstream), secret, gated, transport, key))


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


def open_resender(key: UpstreamKey, *, patience: Patience | None = None) -> ManncoClient:
    """The client of a key that sends failed withdrawals again."""
    return narrowed(open_client(key, patience=patience), ManncoClient)


def _open_vpsbot(asked: Opening) -> VpsbotClient:
    return VpsbotClient(
        asked.base_url, asked.secret.reveal(), patience=asked.patience, transport=asked.transport
    )


def _open_mannco(asked: Opening) -> ManncoClient:
    return ManncoClient(
        asked.base_url,
        asked.secret.reveal(),
        sessions=SharedSessions(asked.key) if asked.key else None,
        patience=asked.patience,
        transport=asked.transport,
    )


def _open_steam(asked: Opening) -> OffersClient:
    return OffersClient(
        asked.base_url,
        asked.secret.reveal(),
        patience=asked.patience,
        transport=asked.transport,
    )


_OPENERS: Mapping[Upstream, Opener] = {
    Upstream.VPSBOT: _open_vpsbot,
    Upstream.MANNCO: _open_mannco,
    Upstream.STEAM: _open_steam,
}


def is_access_token(secret: Secret) -> bool:
    """A Steam credential is a web API key or an access token; its form tells."""
    return credential.is_token(secret.reveal())


def is_web_key(secret: Secret) -> bool:
    return credential.is_web_key(secret.reveal())


def token_owner(secret: Secret) -> str:
    """The steamid64 that an access token names, or ""."""
    return credential.steamid_of(secret.reveal())


def token_expiry(secret: Secret) -> datetime | None:
    """When an access token ends; None for a web API key."""
    return credential.expiry_of(secret.reveal())


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
    limits = {
        Upstream.VPSBOT: settings.VPSBOT_CALLS_A_MINUTE,
        Upstream.MANNCO: settings.MANNCO_CALLS_A_MINUTE,
        Upstream.STEAM: settings.STEAM_CALLS_A_MINUTE,
    }
    return int(limits[upstream])


def host_of(upstream: Upstream) -> str:
    return _host(base_url(upstream))


def base_url(upstream: Upstream) -> str:
    urls = {
        Upstream.VPSBOT: settings.VPSBOT_URL,
        Upstream.MANNCO: settings.MANNCO_URL,
        Upstream.STEAM: settings.STEAM_URL,
    }
    return str(urls[upstream])


def _host(base_url: str) -> str:
    return urlsplit(base_url).netloc.lower()[:255]


def _gated(patience: Patience | None, scopes: Sequence[Scope]) -> Patience:
    patience = patience or Patience()
    if patience.gate is not always_open:
        return patience
    return replace(patience, gate=PersonsGate(scopes, somebody_waits=patience.somebody_waits))
