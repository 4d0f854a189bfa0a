"""Keys are proved before they are stored, and tied to the account they open."""

from dataclasses import dataclass, replace
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts import services as people
from accounts.crypto import Secret
from accounts.models import KeyState, MarketAccount, Team, Upstream, UpstreamKey, User
from accounts.trade_link import parse
from dashboard import clock
from dashboard.errors import UserError
from trades.services.proof import WHILE_SOMEBODY_WAITS, Proof, prove
from trades.services.steam_keys import stated_owner
from trades.sync import cursors, places
from trades.sync.places import Work
from trades.sync.twins import absorb, find_twin, siblings
from trades.upstreams.http import Patience
from trades.upstreams.records import Identity

ASK_AGAIN = timedelta(minutes=1)
PROBE_REJECTED = timedelta(hours=1)
NOT_NAMED = "account not named by the market"


@dataclass(frozen=True)
class AddedKey:
    key: UpstreamKey
    sentence: str


def add_key(
    *,
    team: Team,
    by: User,
    upstream: str,
    label: str,
    secret: str,
    trade_link: str = "",
    steamid64: str = "",
) -> AddedKey:
    """Prove a key, store it sealed, and start its mirror.

    A key that the market refuses is not stored (``UserError`` with its reason); one that could
    not be asked about is stored as unverified and tried again by itself.
    """
    if trade_link.strip():
        parse(trade_link)
    market, text = Upstream(upstream), Secret(secret.strip())
    stated = stated_owner(text, steamid64) if market == Upstream.STEAM else ""
    proof = _proof_for_a_person(market, text)
    if stated:
        proof = replace(proof, identity=Identity(stated))
    account = _account_of(team, market, text, proof)
    key = people.store_key(
        team=team,
        owner=by,
        upstream=upstream,
        label=label,
        secret=text.reveal(),
        state=proof.state,
        trade_link=trade_link,
        account=account,
        identity=proof.identity.upstream_user_id if proof.identity else "",
        identity_name=proof.identity.name if proof.identity else "",
        reason=proof.reason,
    )
    _name(key.account, proof)
    cursors.ensure(key.account)
    return AddedKey(key, _welcome(proof, known=account is not None))


def replace_secret(*, key: UpstreamKey, by: User, secret: str) -> str:
    """The new secret must prove that it opens the same account; returns a sentence."""
    text = Secret(secret.strip())
    proof = _proof_for_a_person(Upstream(key.account.upstream), text)
    if proof.state != KeyState.ACTIVE:
        raise UserError(f"{proof.reason} The stored key was kept; try again later.")
    if not _opens_same(key, text, proof):
        raise UserError(
            "This key does not prove that it opens the same account, so the stored one was kept. "
            "Add it as a new key instead."
        )
    people.replace_secret(key=key, secret=text.reveal(), by=by, state=KeyState.ACTIVE)
    _name(key.account, proof)
    return "The key was replaced and works."


def try_again(*, key: UpstreamKey, by: User) -> str:
    """A person asks for the probe that would come by itself later; returns a sentence."""
    with transaction.atomic():
        audit.record("key.tried-again", team=key.account.team, actor=by, obj=key)
    verify(key, patience=WHILE_SOMEBODY_WAITS)
    return key.last_error if key.state != KeyState.ACTIVE else "The key works."


def keys_to_verify() -> QuerySet[UpstreamKey]:
    """Unverified and rejected keys whose next probe is due."""
    waiting = UpstreamKey.objects.filter(state__in=[KeyState.UNVERIFIED, KeyState.REJECTED])
    return waiting.filter(try_again_at__lte=clock.now()).order_by("try_again_at")


def verify_in_turn(key_id: int) -> str:
    """The probe that comes by itself; left to the next tick while a slow market holds it up."""
    key = UpstreamKey.objects.select_related("account__team").get(pk=key_id)
    with places.taken(Work.KEYS, key.account.upstream) as is_ours:
        if is_ours:
            verify(key)
    return key.state


def verify(key: UpstreamKey, *, patience: Patience | None = None) -> None:
    """Ask the market about a stored key and keep what it said."""
    UpstreamKey.objects.filter(pk=key.pk, try_again_at__isnull=False).update(
        try_again_at=clock.now() + ASK_AGAIN  # so that no second tick asks meanwhile
    )
    upstream, secret = Upstream(key.account.upstream), key.open_secret()
    account_id = key.account_id
    proof = prove(upstream, secret, account_id=account_id, patience=patience, thorough=True)
    with transaction.atomic():
        key.refresh_from_db(from_queryset=UpstreamKey.objects.select_for_update())
        if key.state not in {KeyState.UNVERIFIED, KeyState.REJECTED, KeyState.ACTIVE}:
            return  # paused or removed while we asked
        _take(key, proof)
    if key.state == KeyState.ACTIVE:
        _join_account(key, proof)
        cursors.ensure(key.account)
        cursors.hasten(key.account)


def _take(key: UpstreamKey, proof: Proof) -> None:
    now = clock.now()
    works = proof.state == KeyState.ACTIVE
    wait = PROBE_REJECTED if proof.state == KeyState.REJECTED else ASK_AGAIN
    still_rejected = key.state == KeyState.REJECTED and proof.state == KeyState.UNVERIFIED
    key.state = KeyState.REJECTED if still_rejected else proof.state
    key.refusals = 0
    key.last_error, key.last_error_at = proof.reason[:300], None if works else now
    key.try_again_at = None if works else now + wait
    key.verified_at = now if works else key.verified_at
    key.save(
        update_fields=[
            "state", "refusals", "last_error", "last_error_at", "try_again_at", "verified_at",
        ]
    )  # fmt: skip


def _proof_for_a_person(upstream: Upstream, secret: Secret) -> Proof:
    if not secret:
        raise UserError("Paste the API key that the market gave you.")
    proof = prove(upstream, secret, patience=WHILE_SOMEBODY_WAITS)
    if proof.state == KeyState.REJECTED:
        raise UserError(f"{proof.reason} It was not stored; check it and paste it again.")
    return proof


def _account_of(
    team: Team, upstream: Upstream, secret: Secret, proof: Proof
) -> MarketAccount | None:
    """The team's account that this key opens, if it is known by any sign."""
    accounts = list(MarketAccount.objects.filter(team=team, upstream=upstream, is_active=True))
    for key in _stored(accounts):
        if key.open_secret() == secret:
            return key.account
    named = [each for each in accounts if proof.identity and each.identity]
    for account in named:
        if proof.identity and account.identity == proof.identity.upstream_user_id:
            return account
    unnamed = [each for each in accounts if each not in named]
    return find_twin(unnamed, proof.newest)


def _stored(accounts: list[MarketAccount]) -> QuerySet[UpstreamKey]:
    keys = UpstreamKey.objects.filter(account__in=accounts).exclude(state=KeyState.REMOVED)
    return keys.select_related("account")


def _opens_same(key: UpstreamKey, secret: Secret, proof: Proof) -> bool:
    account = key.account
    if key.open_secret() == secret:
        return True
    if account.identity and proof.identity:
        return account.identity == proof.identity.upstream_user_id
    if not account.trades.exists():
        return True  # nothing is mirrored yet that could be mixed up
    return find_twin([account], proof.newest) is not None


def _join_account(key: UpstreamKey, proof: Proof) -> None:
    """Now that the market answers, the account may turn out to be one that the team has."""
    account = key.account
    elder = _elder(account, proof)
    if elder:
        absorb(account, elder)
        key.refresh_from_db()
    _name(key.account, proof)


def _elder(account: MarketAccount, proof: Proof) -> MarketAccount | None:
    if account.identity:
        return None
    others = siblings(account)
    for other in others:
        if proof.identity and other.identity == proof.identity.upstream_user_id:
            return other
    unnamed = [other for other in others if not (proof.identity and other.identity)]
    return find_twin(unnamed, proof.newest)


def _name(account: MarketAccount, proof: Proof) -> None:
    if not proof.identity:
        return
    if account.upstream == Upstream.STEAM and not account.steamid64:
        account.steamid64 = proof.identity.upstream_user_id
        account.save(update_fields=["steamid64"])
    if account.identity:
        return
    account.identity = proof.identity.upstream_user_id
    account.identity_name = proof.identity.name[:128]
    account.save(update_fields=["identity", "identity_name"])


def _welcome(proof: Proof, *, known: bool) -> str:
    if proof.state == KeyState.UNVERIFIED:
        return f"Stored, not verified yet: {proof.reason} It is tried again by itself."
    name = proof.identity.name or proof.identity.upstream_user_id if proof.identity else NOT_NAMED
    if known:
        return f"The key works ({name}). The team has this account already: nothing counts twice."
    return f"The key works ({name}). Its history is arriving."
