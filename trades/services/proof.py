"""Does this key work, and whose is it? Asked of the upstream, before anything is stored."""

from dataclasses import dataclass

from accounts.crypto import Secret
from accounts.models import KeyState, Upstream
from trades.connect import open_with
from trades.upstreams.errors import KeyRejected, UpstreamError
from trades.upstreams.http import Patience
from trades.upstreams.records import Identity, TradeRecord
from trades.upstreams.sentences import sentence

# A page waits 8 s at most for an upstream; a proof makes up to three calls.
WHILE_SOMEBODY_WAITS = Patience(attempts=1, total_seconds=2.5, somebody_waits=True)


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
    thorough: bool = False,
) -> Proof:
    """Ask the upstream in its own way; ``thorough`` also where its first answer is trouble."""
    with open_with(upstream, secret, account_id=account_id, patience=patience) as client:
        try:
            found = client.prove(thorough=thorough)
        except KeyRejected as error:
            return Proof(KeyState.REJECTED, sentence(error, upstream.label))
        except UpstreamError as error:
            return Proof(KeyState.UNVERIFIED, sentence(error, upstream.label))
    return Proof(KeyState.ACTIVE, identity=found.identity, newest=found.newest)
