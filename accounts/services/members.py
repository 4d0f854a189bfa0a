"""Who is in a team, and as what. Each deed locks the team, so that one owner always stays."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts import access, audit
from accounts.access import Can
from accounts.models import Membership, Role, Team, User
from accounts.services.invitations import revoke_invitations_by
from accounts.services.keys import withdraw_keys
from accounts.services.teams import lock_team
from dashboard.errors import UserError

LAST_OWNER = "A team keeps at least one owner: make somebody else an owner first."


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: User) -> None:
    team = lock_team(membership.team, by, Can.PEOPLE)
    member, actor = _current(membership), _member(team, by)
    access.require(access.may_change_member(actor, member) and access.may_give_role(actor, role))
    if member.role == role:
        return
    if member.role == Role.OWNER:
        _require_another_owner(team, member)
    _set_role(member, Role(role), by)


@transaction.atomic
def hand_over(*, membership: Membership, by: User) -> None:
    """The other becomes owner, and who hands over a manager."""
    team = lock_team(membership.team, by, Can.TEAM)
    heir, giver = _current(membership), _member(team, by)
    if heir.pk == giver.pk:
        raise UserError("Choose somebody else: you own this team already.")
    if heir.role != Role.OWNER:
        _set_role(heir, Role.OWNER, by)
    _set_role(giver, Role.MANAGER, by)


@transaction.atomic
def remove_member(*, membership: Membership, by: User) -> int:
    """Their keys stop being used at once; returns how many were in use."""
    team = lock_team(membership.team, by, Can.PEOPLE)
    member = _current(membership)
    access.require(access.may_change_member(_member(team, by), member))
    return _take_out(team, member, "member.removed", by)


@transaction.atomic
def leave_team(*, membership: Membership) -> int:
    """Like being removed, by oneself."""
    team = lock_team(membership.team, membership.user, Can.READ)
    return _take_out(team, _current(membership), "member.left", membership.user)


def _take_out(team: Team, member: Membership, verb: str, by: User) -> int:
    if member.role == Role.OWNER:
        _require_another_owner(team, member)
    detail = {audit.EMAIL: member.user.email, "role": member.role}
    audit.record(verb, team=team, actor=by, obj=member, detail=detail)
    revoke_invitations_by(team=team, person=member.user, by=by)
    stopped = withdraw_keys(team=team, owner=member.user, by=by)
    member.delete()
    return stopped


def _set_role(member: Membership, role: Role, by: User) -> None:
    before, member.role = member.role, role
    member.save(update_fields=["role"])
    detail = {audit.EMAIL: member.user.email, "before": before, "after": str(role)}
    audit.record("member.role-changed", team=member.team, actor=by, obj=member, detail=detail)
    if not access.may(member, Can.PEOPLE):
        revoke_invitations_by(team=member.team, person=member.user, by=by)


def _require_another_owner(team: Team, member: Membership) -> None:
    owners = team.memberships.filter(role=Role.OWNER, user__is_active=True)
    if not owners.exclude(pk=member.pk).exists():
        raise UserError(LAST_OWNER)


def _current(membership: Membership) -> Membership:
    """As it stands now that the team is locked."""
    try:
        return Membership.objects.select_related("team", "user").get(pk=membership.pk)
    except Membership.DoesNotExist:
        raise UserError("This person is not in the team any more.") from None


def _member(team: Team, user: User) -> Membership:
    try:
        return team.memberships.get(user=user)
    except Membership.DoesNotExist:
        raise PermissionDenied from None
