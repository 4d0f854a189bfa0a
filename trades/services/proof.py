"""Does this key work, and whose is it? Asked of the upstream, before anything is stored."""

from dataclasses import dataclass

from accounts.crypto import Secret
from accounts.models import KeyState, Upstream
from trades.connect import Client, open_with
from trades.upstreams.errors import KeyRejected, UpstreamError
from trades.upstreams.http import Patience
from trades.upstreams.records import Identity, SellTradeQuery, TradeQuery, TradeRecord
from trades.upstreams.sentences import sentence

# A page waits 8 s at most for an upstream; a proof makes up to three calls.
WHILE_SOMEBODY_WAITS = Patience(attempts=1, total_seconds=2.5, somebody_waits=True)
NEWEST = 50


@dataclass(frozen=True)
class Proof:
    state: KeyState  # active, unverified (the market could not be asked) or rejected
    reason: str = ""  # a sentence, where the state is not active
    identity: Identity | None = None  # None = the market does not name the account
    newest: tuple[TradeRecord, ...] = ()


def prove(
    upstream: Upstream,
    secret: Secret,
    *,
    account_id: int | None = None,
    patience: Patience | None = None,
) -> Proof:
    """Ask an endpoint of the seeds whether the key works; who it is, is asked separately."""
    with open_with(upstream, secret, account_id=account_id, patience=patience) as client:
        try:
            client.sell_trades(SellTradeQuery(limit=1))
        except KeyRejected as error:
            return Proof(KeyState.REJECTED, sentence(error, upstream.label))
        except UpstreamError as error:
            return Proof(KeyState.UNVERIFIED, sentence(error, upstream.label))
        return Proof(KeyState.ACTIVE, identity=_identity(client), newest=_newest(client))


def prove_by_history(
    upstream: Upstream,
    secret: Secret,
    *,
    account_id: int | None = None,
    patience: Patience | None = None,
) -> Proof | None:
    """Ask the other list, where the first one stays in trouble; None when it proves nothing."""
    with open_with(upstream, secret, account_id=account_id, patience=patience) as client:
        newest = _newest(client)
        if not newest:
            return None
        return Proof(KeyState.ACTIVE, identity=_identity(client), newest=newest)


def _identity(client: Client) -> Identity | None:
    try:
        return client.identity()
    except UpstreamError:
        return None  # it is never needed


def _newest(client: Client) -> tuple[TradeRecord, ...]:
    try:
        return client.trades(TradeQuery(limit=NEWEST)).trades
    except UpstreamError:
        return ()  # the engine looks again before it stores the first row
