"""The only file that decides "may this user"."""

from enum import StrEnum

from allauth.mfa.models import Authenticator
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from accounts.models import (
    Invitation,
    KeyState,
    MarketAccount,
    Membership,
    Role,
    Team,
    UpstreamKey,
    User,
)


class Can(StrEnum):
    READ = "read"
    EXPORT = "export"
    KEYS_OWN = "keys_own"  # add, replace, pause, resume and remove one's own keys
    SELL = "sell"  # match, sell and resend
    SYNC = "sync"
    KEYS_ANY = "keys_any"  # pause and remove anyone's key
    PEOPLE = "people"  # invitations, roles below owner, team defaults
    AUDIT = "audit"  # who did what, from which address
    TEAM = "team"  # owners, team settings, deletion


MEANINGS: dict[Can, str] = {
    Can.READ: "See figures, trades, inventories, sells, keys without secrets, and people",
    Can.EXPORT: "Export what the filters show",
    Can.KEYS_OWN: "Add, replace, pause, resume and remove one's own keys",
    Can.SELL: "Match, sell and resend, with any key whose owner allows it",
    Can.SYNC: "Have a market read at once; mark a gap in a history as seen",
    Can.KEYS_ANY: "Pause and remove anybody's key; nobody sees or replaces another's secret",
    Can.PEOPLE: "Invite, remove and change the roles below owner; team defaults",
    Can.AUDIT: "See and export who did what, when and from where",
    Can.TEAM: "Make and unmake owners, rename, require a second factor, delete the team",
}

_EVERYONE = frozenset(Role)
_SELLERS = frozenset({Role.SELLER, Role.MANAGER, Role.OWNER})
_MANAGERS = frozenset({Role.MANAGER, Role.OWNER})
_OWNERS = frozenset({Role.OWNER})

ROLES: dict[Can, frozenset[Role]] = {
    Can.READ: _EVERYONE,
    Can.EXPORT: _EVERYONE,
    Can.KEYS_OWN: _SELLERS,
    Can.SELL: _SELLERS,
    Can.SYNC: _SELLERS,
    Can.KEYS_ANY: _MANAGERS,
    Can.PEOPLE: _MANAGERS,
    Can.AUDIT: _MANAGERS,
    Can.TEAM: _OWNERS,
}


def matrix() -> list[tuple[str, list[tuple[Role, bool]]]]:
    """What each role may, in words, from the table that every page asks."""
    roles = (Role.VIEWER, Role.SELLER, Role.MANAGER, Role.OWNER)
    return [(MEANINGS[can], [(role, role in ROLES[can]) for role in roles]) for can in Can]


def may(membership: Membership, need: Can) -> bool:
    return membership.role in ROLES[need]


def team_for(request: HttpRequest, slug: str, need: Can = Can.READ) -> Membership:
    """The person's membership with its team: 404 to a stranger, 403 below the need."""
    membership = _met_at_the_wall(request, slug) or membership_in(request, slug)
    require(may(membership, need))
    return membership


def membership_in(request: HttpRequest, slug: str) -> Membership:
    """One query; whether the team does not exist or is not theirs, the answer is the same 404."""
    user = request.user
    if not user.is_authenticated:
        raise Http404
    return get_object_or_404(
        Membership.objects.select_related("team"),
        team__slug=slug,
        user_id=user.pk,
        user__is_active=True,
    )


def _met_at_the_wall(request: HttpRequest, slug: str) -> Membership | None:
    """What accounts.middleware has read for this request already."""
    met: Membership | None = getattr(request, "membership", None)
    return met if met and met.team.slug == slug else None


def require(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied


def holds(user: User, team: Team, need: Can) -> bool:
    """The same table for deeds without a request."""
    return Membership.objects.filter(
        team=team, user=user, user__is_active=True, role__in=ROLES[need]
    ).exists()


def lacks_second_factor(membership: Membership) -> bool:
    """One query more, and only in teams that require a second factor."""
    return membership.team.requires_second_factor and not has_second_factor(membership.user_id)


def is_barred_operator(user: User) -> bool:
    """Operators see every team, so the strictest team's rule holds for them; two queries."""
    any_requires = Team.objects.filter(requires_second_factor=True, closed_at=None).exists()
    return any_requires and not has_second_factor(user.pk)


def has_second_factor(user_id: int) -> bool:
    return second_factors_of(user_id).exists()


def second_factors_of(user_id: int | OuterRef) -> "QuerySet[Authenticator]":
    """Recovery codes are none: they stand in for one that is lost."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user_id=user_id, type__in=kinds)
    return found


def may_give_role(membership: Membership, role: str) -> bool:
    """Managers give roles below owner, owners any."""
    return may(membership, Can.TEAM if role == Role.OWNER else Can.PEOPLE)


def may_change_member(membership: Membership, other: Membership) -> bool:
    """Give another role or remove: whoever may give the role that the other one has."""
    return may_give_role(membership, other.role)


def member_to_change(membership: Membership, member_id: int) -> Membership:
    """404 outside the team, 403 to a manager who asks about an owner."""
    others = membership.team.memberships.select_related("user", "team")
    other = get_object_or_404(others, pk=member_id)
    require(may_change_member(membership, other))
    return other


def invitation_for(membership: Membership, invitation_id: int) -> Invitation:
    return get_object_or_404(membership.team.invitations, pk=invitation_id)


def account_for(membership: Membership, account_id: int) -> MarketAccount:
    return get_object_or_404(membership.team.market_accounts, pk=account_id)


def key_for(membership: Membership, key_id: int) -> UpstreamKey:
    """A key of the team that is not removed; the caller still asks one of the rules below."""
    keys = UpstreamKey.objects.select_related("account", "owner").exclude(state=KeyState.REMOVED)
    key = get_object_or_404(keys, account__team=membership.team, pk=key_id)
    key.account.team = membership.team
    return key


def owners_gone(team: Team) -> list[str]:
    """Addresses of people who left keys behind that nobody can use; one query."""
    keys = UpstreamKey.objects.filter(account__team=team).exclude(state=KeyState.REMOVED)
    gone = keys.exclude(owner__in=team.memberships.values("user")).order_by("owner__email")
    return list(gone.values_list("owner__email", flat=True).distinct())


def may_change_key(membership: Membership, key: UpstreamKey) -> bool:
    """Replace its secret, resume it, set trade link and sharing: its owner alone."""
    return key.owner_id == membership.user_id and may(membership, Can.KEYS_OWN)


def may_stop_key(membership: Membership, key: UpstreamKey) -> bool:
    """Pause or remove it: its owner, and managers."""
    return may_change_key(membership, key) or may(membership, Can.KEYS_ANY)


def key_to_change(membership: Membership, key_id: int) -> UpstreamKey:
    """404 outside the team, 403 to anyone but the key's owner."""
    key = key_for(membership, key_id)
    require(may_change_key(membership, key))
    return key


def key_to_stop(membership: Membership, key_id: int) -> UpstreamKey:
    """404 outside the team, 403 to anyone but the key's owner and managers."""
    key = key_for(membership, key_id)
    require(may_stop_key(membership, key))
    return key
