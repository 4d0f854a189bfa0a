"""Teams and who is in them."""

from collections.abc import Iterator
from itertools import count, islice

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts import access, audit
from accounts.access import Can
from accounts.models import KeyState, Membership, Role, Team, UpstreamKey, User
from accounts.services.keys import remove_key
from dashboard.clock import now
from dashboard.errors import UserError

LONGEST_NAME = 80
LONGEST_SLUG = 60
LONGEST_SLUG_BASE = 50  # leaves room for "-2" and on
_ATTEMPTS = 3  # two people may ask for the same slug at once


@transaction.atomic
def create_team(*, name: str, slug: str = "", owner: User, by: User | None = None) -> Team:
    """Make a team with its first owner; ``by`` None means the owner did it.

    A given slug is taken as it is or refused; an empty one is made from the name and is unique.
    """
    name = _checked_name(name)
    team = _with_given_slug(name, slug) if slug else _with_made_slug(name)
    Membership.objects.create(team=team, user=owner, role=Role.OWNER)
    detail = {"name": name, "slug": team.slug, audit.EMAIL: owner.email}
    audit.record("team.created", team=team, actor=by or owner, obj=team, detail=detail)
    return team


def create_personal_team(*, user: User) -> Team:
    """The desk that everyone gets at sign-up."""
    local_part = user.email.partition("@")[0]
    suffix = "'s desk"
    name = local_part[: LONGEST_NAME - len(suffix)] + suffix
    return create_team(name="My desk" if _fault_of(name) else name, owner=user)


@transaction.atomic
def add_member(*, team: Team, user: User, role: Role, by: User | None) -> Membership:
    """``by`` None is the system, an operator's command for one."""
    membership, is_new = Membership.objects.get_or_create(
        team=team, user=user, defaults={"role": role}
    )
    if not is_new:
        raise UserError(f"{user.email} is in this team already.")
    detail = {audit.EMAIL: user.email, "role": str(role)}
    audit.record("member.added", team=team, actor=by, obj=membership, detail=detail)
    return membership


@transaction.atomic
def rename_team(*, team: Team, name: str, by: User) -> None:
    """The address stays as it is: links and bookmarks go on working."""
    team = lock_team(team, by, Can.TEAM)
    before, team.name = team.name, _checked_name(name)
    if team.name != before:
        team.save(update_fields=["name"])
        detail = {"before": before, "after": team.name}
        audit.record("team.renamed", team=team, actor=by, obj=team, detail=detail)


@transaction.atomic
def set_second_factor_required(*, team: Team, required: bool, by: User) -> None:
    team = lock_team(team, by, Can.TEAM)
    if required and not access.has_second_factor(by.pk):
        raise UserError("Set up your own second factor first, else you would lock yourself out.")
    if team.requires_second_factor != required:
        team.requires_second_factor = required
        team.save(update_fields=["requires_second_factor"])
        detail = {"before": not required, "after": required}
        audit.record("team.second-factor-set", team=team, actor=by, obj=team, detail=detail)


@transaction.atomic
def set_accounting_zone(*, team: Team, name: str, by: User) -> None:
    """Figures by day are counted anew for it, account by account, beside what goes on."""
    team = lock_team(team, by, Can.TEAM)
    if team.time_zone != name:
        before, team.time_zone = team.time_zone, name
        team.save(update_fields=["time_zone"])
        detail = {"before": before, "after": name}
        audit.record("team.time-zone-set", team=team, actor=by, obj=team, detail=detail)


@transaction.atomic
def close_team(*, team: Team, by: User) -> None:
    """Nobody is in it from now on and every secret is erased; its rows are deleted later."""
    team = lock_team(team, by, Can.TEAM)
    detail = {"name": team.name, "slug": team.slug}
    audit.record("team.deleted", team=team, actor=by, obj=team, detail=detail)
    for key in UpstreamKey.objects.filter(account__team=team).exclude(state=KeyState.REMOVED):
        remove_key(key=key, by=by)
    team.memberships.all().delete()
    team.invitations.all().delete()
    team.closed_at = now()
    team.slug = f"closed-{team.pk}"
    team.save(update_fields=["closed_at", "slug"])


def lock_team(team: Team, by: User | None, need: Can) -> Team:
    """The team read anew, locked for whoever changes it or its people, if ``by`` still may.

    Rows that merely point at the team are not held up.
    """
    locked = Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    access.require(by is None or access.holds(by, locked, need))
    return locked


def _checked_name(name: str) -> str:
    name = name.strip()
    if fault := _fault_of(name):
        raise UserError(fault)
    return name


def _fault_of(name: str) -> str:
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        return f"A team's name has 1 to {LONGEST_NAME} characters on one line."
    if audit.looks_secret(name):
        return "This name looks like a key; names are shown to everyone in the team."
    return ""


def _with_given_slug(name: str, slug: str) -> Team:
    if slug != slugify(slug) or len(slug) > LONGEST_SLUG:
        raise UserError(
            f"The short name {slug!r} is not usable: up to {LONGEST_SLUG} small letters, digits, -."
        )
    try:
        with transaction.atomic():
            return Team.objects.create(name=name, slug=slug)
    except IntegrityError:
        raise UserError(f"The short name {slug!r} is taken.") from None


def _with_made_slug(name: str) -> Team:
    for slug in islice(_free_slugs(name), _ATTEMPTS):
        try:
            with transaction.atomic():
                return Team.objects.create(name=name, slug=slug)
        except IntegrityError:
            continue
    raise UserError("Many people are making teams of this name right now; please try once more.")


def _free_slugs(name: str) -> Iterator[str]:
    base = slugify(name)[:LONGEST_SLUG_BASE].strip("-_") or "team"
    taken = set(Team.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    candidates = (f"{base}-{number}" if number > 1 else base for number in count(1))
    return (slug for slug in candidates if slug not in taken)
