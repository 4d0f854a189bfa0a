"""Doors into a team: a link that opens once, for a while, perhaps for one address only."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from smtplib import SMTPException

from allauth.account.models import EmailAddress
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string

from accounts import audit
from accounts.access import Can
from accounts.models import Invitation, Membership, Role, Team, User
from accounts.services.teams import lock_team
from dashboard.clock import now
from dashboard.errors import UserError

MOST_OPEN = 50
SHUT = "This invitation does not open any more: it was used, revoked, or it is too old."


@dataclass(frozen=True, slots=True)
class Door:
    """A new invitation; ``token`` is known here and to whoever is given the link, never again."""

    invitation: Invitation
    token: str

    def __repr__(self) -> str:
        return f"Door({self.invitation})"


@transaction.atomic
def invite(*, team: Team, role: str, by: User, email: str = "", days: int = 7) -> Door:
    """``email`` binds it to that address. Nobody is invited as owner: ownership is handed over."""
    team = lock_team(team, by, Can.PEOPLE)
    if role not in set(Role) - {Role.OWNER}:
        raise UserError("Invite as manager, seller or viewer; owners are made of members.")
    email = email.strip().lower()
    if email and team.memberships.filter(user__email__iexact=email).exists():
        raise UserError(f"{email} is in this team already.")
    if team.invitations.still_open().count() >= MOST_OPEN:
        raise UserError(f"{MOST_OPEN} invitations are open: revoke some first.")
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        team=team,
        email=email,
        role=role,
        token_hash=_hash(token),
        invited_by=by,
        expires_at=now() + timedelta(days=days),
    )
    _record("invitation.made", invitation, by)
    return Door(invitation, token)


def mail_invitation(*, door: Door, link: str, by: User) -> None:
    """An invitation whose mail cannot be sent is revoked, since nobody has its link."""
    invitation = door.invitation
    words = {"invitation": invitation, "team": invitation.team, "by": by, "link": link}
    subject = f"Sellside: {invitation.team.name} invites you"
    body = render_to_string("accounts/invitation_mail.txt", words)
    try:
        send_mail(subject, body, None, [invitation.email])
    except (OSError, SMTPException):
        revoke_invitation(invitation=invitation, by=by)
        raise UserError("The mail could not be sent; invite by link instead.") from None
    invitation.mailed_at = now()
    invitation.save(update_fields=["mailed_at"])


def open_invitation(token: str) -> Invitation | None:
    """None when no door opens with it."""
    rows = Invitation.objects.still_open().select_related("team", "invited_by")
    return rows.filter(token_hash=_hash(token)).first()


@transaction.atomic
def accept_invitation(*, token: str, user: User) -> Membership:
    """Once; a bound one only by somebody who has shown that the address is theirs."""
    found = open_invitation(token)
    if found:
        lock_team(found.team, None, Can.READ)
    invitation = open_invitation(token)  # as it stands now that the team is locked
    if invitation is None:
        raise UserError(SHUT)
    if invitation.email:
        _require_address(invitation, user)
    membership, is_new = Membership.objects.get_or_create(
        team=invitation.team, user=user, defaults={"role": invitation.role}
    )
    if not is_new:
        raise UserError("You are in this team already; the invitation stays open.")
    invitation.accepted_at = now()
    invitation.save(update_fields=["accepted_at"])
    _record("invitation.accepted", invitation, user)
    return membership


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: User) -> None:
    lock_team(invitation.team, by, Can.PEOPLE)
    if invitation.team.invitations.still_open().filter(pk=invitation.pk).update(revoked_at=now()):
        _record("invitation.revoked", invitation, by)


def revoke_invitations_by(*, team: Team, person: User, by: User | None) -> None:
    """Inside the transaction in which the person loses the right to invite."""
    for invitation in team.invitations.still_open().filter(invited_by=person):
        invitation.revoked_at = now()
        invitation.save(update_fields=["revoked_at"])
        _record("invitation.revoked", invitation, by)


def proves_address(invitation: Invitation) -> bool:
    """A link that was mailed and shown to nobody proves that its holder reads that mail."""
    return bool(invitation.email) and invitation.mailed_at is not None


def _require_address(invitation: Invitation, user: User) -> None:
    theirs = EmailAddress.objects.filter(user=user, email__iexact=invitation.email)
    is_theirs = user.email.lower() == invitation.email or theirs.exists()
    if not is_theirs:
        raise UserError(f"This invitation is for {invitation.email}: sign in under that address.")
    if not proves_address(invitation) and not theirs.filter(verified=True).exists():
        raise UserError(f"Confirm {invitation.email} first: under My account, E-mail addresses.")


def _hash(token: str) -> str:
    return sha256(token.encode(errors="surrogatepass")).hexdigest()


def _record(verb: str, invitation: Invitation, by: User | None) -> None:
    detail = {"role": invitation.role, audit.EMAIL: invitation.email}
    audit.record(verb, team=invitation.team, actor=by, obj=invitation, detail=detail)
