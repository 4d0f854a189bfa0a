"""Keys that people entrust to a team. Nothing here talks to an upstream: the proof comes first."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts import access, audit
from accounts.models import KeyState, MarketAccount, Team, UpstreamKey, User
from accounts.trade_link import parse
from dashboard.clock import now
from dashboard.errors import UserError

LONGEST_LABEL = 80
LONGEST_SECRET = 4096
LONGEST_REASON = 300


@transaction.atomic
def store_key(
    *,
    team: Team,
    owner: User,
    upstream: str,
    label: str,
    secret: str,
    state: KeyState,
    trade_link: str = "",
    account: MarketAccount | None = None,
    identity: str = "",
    identity_name: str = "",
    reason: str = "",
) -> UpstreamKey:
    """Seal and keep a key that was tried already; ``state`` and ``reason`` are what the try gave.

    Without ``account`` the team's active account of that identity is taken, else a new one made.
    """
    access.require(access.holds(owner, team, access.Can.KEYS_OWN))
    secret = _checked_secret(secret)
    label = _checked_label(label, secret)
    account = account or _account(team, upstream, label, identity, identity_name)
    if (account.team_id, account.upstream) != (team.pk, upstream):
        raise ValueError("the account belongs to another team or upstream")
    key = UpstreamKey(account=account, owner=owner, label=label)
    key.put_secret(secret)
    key.put_trade_link(parse(trade_link) if trade_link.strip() else None)
    _take_state(key, state, reason)
    key.save()
    detail = {"upstream": upstream, "label": label, "account": account.pk, "state": str(state)}
    audit.record("key.added", team=team, actor=owner, obj=key, detail=detail)
    return key


@transaction.atomic
def replace_secret(
    *,
    key: UpstreamKey,
    secret: str,
    by: User,
    state: KeyState = KeyState.UNVERIFIED,
    reason: str = "",
) -> UpstreamKey:
    """Only the key's owner; the caller has seen that the new secret proves the same account."""
    _lock(key)
    _require_owner(key, by)
    secret = _checked_secret(secret)
    _checked_label(key.label, secret)
    key.put_secret(secret)
    _take_state(key, state, reason)
    key.save(update_fields=["secret_sealed", "session_sealed", "last_four", *_STATE_FIELDS])
    _record("key.secret-replaced", key, by, {"state": str(state)})
    return key


@transaction.atomic
def pause_key(*, key: UpstreamKey, by: User) -> UpstreamKey:
    _lock(key)
    if key.state != KeyState.PAUSED:
        key.state = KeyState.PAUSED
        key.save(update_fields=["state"])
        _record("key.paused", key, by)
    return key


@transaction.atomic
def resume_key(*, key: UpstreamKey, by: User) -> UpstreamKey:
    """Active again if it had proved itself and was not refused since; else it must prove itself."""
    _lock(key)
    _require_owner(key, by)
    if key.state != KeyState.PAUSED:
        return key
    proved = key.verified_at is not None and not key.refusals
    key.state = KeyState.ACTIVE if proved else KeyState.UNVERIFIED
    key.try_again_at = None if proved else now()
    key.save(update_fields=["state", "try_again_at"])
    _record("key.resumed", key, by, {"state": str(key.state)})
    return key


@transaction.atomic
def remove_key(*, key: UpstreamKey, by: User) -> UpstreamKey:
    """Erase secret and trade link for good; the account and its trades stay."""
    _lock(key)
    key.erase()
    key.state = KeyState.REMOVED
    key.removed_at = now()
    key.try_again_at = None
    key.save(
        update_fields=[
            "secret_sealed", "session_sealed", "trade_link_sealed", "trade_link_partner",
            "state", "removed_at", "try_again_at",
        ]
    )  # fmt: skip
    _record("key.removed", key, by)
    return key


def withdraw_keys(*, team: Team, owner: User, by: User | None) -> int:
    """Stop using the keys of somebody who is in the team no more; they stay theirs, sealed.

    Inside the transaction that takes the person out. Returns how many keys were in use.
    """
    keys = UpstreamKey.objects.select_for_update().filter(account__team=team, owner=owner)
    stopped = 0
    for key in keys.exclude(state__in=[KeyState.REMOVED, KeyState.PAUSED]).order_by("pk"):
        key.state, key.try_again_at = KeyState.PAUSED, None
        key.save(update_fields=["state", "try_again_at"])
        detail = {"label": key.label, audit.EMAIL: owner.email}
        audit.record("key.owner-left", team=team, actor=by, obj=key, detail=detail)
        stopped += 1
    return stopped


@transaction.atomic
def set_trade_link(*, key: UpstreamKey, link: str, by: User) -> UpstreamKey:
    """An empty link takes the stored one away."""
    _lock(key)
    _require_owner(key, by)
    key.put_trade_link(parse(link) if link.strip() else None)
    key.save(update_fields=["trade_link_sealed", "trade_link_partner"])
    _record("key.trade-link-set", key, by, {"partner": key.trade_link_partner})
    return key


@transaction.atomic
def set_team_may_sell(*, key: UpstreamKey, allowed: bool, by: User) -> UpstreamKey:
    """Whether teammates may sell with this key."""
    _lock(key)
    _require_owner(key, by)
    if key.team_may_sell != allowed:
        key.team_may_sell = allowed
        key.save(update_fields=["team_may_sell"])
        _record("key.sharing-set", key, by, {"team_may_sell": allowed})
    return key


_STATE_FIELDS = [
    "state", "verified_at", "last_error", "last_error_at", "refusals", "try_again_at",
]  # fmt: skip


def _take_state(key: UpstreamKey, state: KeyState, reason: str) -> None:
    at = now()
    key.state = state
    key.verified_at = at if state == KeyState.ACTIVE else None
    key.last_error = reason[:LONGEST_REASON]
    key.last_error_at = at if reason else None
    key.try_again_at = at if state == KeyState.UNVERIFIED else None
    key.refusals = 0


def _account(
    team: Team, upstream: str, label: str, identity: str, identity_name: str
) -> MarketAccount:
    mine = {"team": team, "upstream": upstream}
    fresh = {"label": label, "identity_name": identity_name, "stat_zone": team.time_zone}
    if not identity:
        return MarketAccount.objects.create(**mine, **fresh)
    account, _ = MarketAccount.objects.get_or_create(
        **mine, identity=identity, is_active=True, defaults=fresh
    )
    return account


def _checked_secret(secret: str) -> str:
    secret = secret.strip()
    if not secret:
        raise UserError("Paste the API key that the market gave you.")
    if len(secret) > LONGEST_SECRET or not all("!" <= letter <= "~" for letter in secret):
        raise UserError("This is no API key: it has spaces or letters that no key has.")
    return secret


def _checked_label(label: str, secret: str) -> str:
    label = label.strip()
    if not label or len(label) > LONGEST_LABEL or not label.isprintable():
        raise UserError(f"Give the key a label of 1 to {LONGEST_LABEL} characters on one line.")
    if secret in label or audit.looks_secret(label):
        raise UserError("The label must not hold the key itself: the whole team can read it.")
    return label


def _lock(key: UpstreamKey) -> None:
    """Read it again under a lock: the instance in hand may be old, and becomes current."""
    key.refresh_from_db(from_queryset=UpstreamKey.objects.select_for_update())
    if key.state == KeyState.REMOVED:
        raise UserError("This key has been removed.")


def _require_owner(key: UpstreamKey, by: User) -> None:
    if key.owner_id != by.pk:
        raise PermissionDenied


def _record(verb: str, key: UpstreamKey, by: User, detail: dict[str, Any] | None = None) -> None:
    detail = {"label": key.label, **(detail or {})}
    audit.record(verb, team=key.account.team, actor=by, obj=key, detail=detail)
