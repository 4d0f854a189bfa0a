"""Reading the audit: a team's deeds, or the sign-ins of its members, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.models import AuditEntry, Membership, Team
from accounts.models.audit import AuditQuerySet

PAGE_SIZE = 50
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """Empty fields ask for nothing; days are the team's, both ends included."""

    shows_sign_ins: bool = False
    who: str = ""  # an address of somebody, SYSTEM
    about: str = ""  # a kind of object, "key"
    object_id: str = ""
    since: date | None = None
    until: date | None = None


class Page(NamedTuple):
    entries: list[AuditEntry]
    older: int | None  # the id after which the next page starts


def entries(team: Team, wanted: TrailFilter) -> AuditQuerySet:
    found = _of_members(team) if wanted.shows_sign_ins else AuditEntry.objects.filter(team=team)
    if wanted.who:
        found = found.filter(actor_email="" if wanted.who == SYSTEM else wanted.who)
    if wanted.about:
        found = found.filter(verb__startswith=f"{wanted.about}.")
    if wanted.object_id:
        found = found.filter(object_id=wanted.object_id)
    return found.filter(_between(wanted, ZoneInfo(team.time_zone))).order_by("-at", "-id")


def _of_members(team: Team) -> AuditQuerySet:
    """Of those who are members now, since each of them joined: not what was before."""
    found = Q(pk=None)
    for user_id, since in Membership.objects.filter(team=team).values_list("user", "created_at"):
        found |= Q(actor=user_id, team=None, at__gte=since)
    return AuditEntry.objects.filter(found)


def _between(wanted: TrailFilter, zone: ZoneInfo) -> Q:
    found = Q()
    if wanted.since:
        found &= Q(at__gte=_start(wanted.since, zone))
    if wanted.until:
        found &= Q(at__lt=_start(wanted.until + timedelta(days=1), zone))
    return found


def _start(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def page_after(found: AuditQuerySet, after: int | None) -> Page:
    """The entries older than ``after``, the newest where there is no such entry."""
    place = found.filter(pk=after).values_list("at", "pk").first() if after else None
    if place:
        at, pk = place
        found = found.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))
    rows = list(found[: PAGE_SIZE + 1])
    shown = rows[:PAGE_SIZE]
    return Page(shown, shown[-1].pk if len(rows) > PAGE_SIZE else None)


def told(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What an entry holds beside its verb, in words: before and after stand together."""
    facts = {name: _words(value) for name, value in detail.items()}
    if {"before", "after"} <= facts.keys():
        change = f"{facts.pop('before') or 'nothing'} → {facts.pop('after') or 'nothing'}"
        facts["changed"] = change
    return [(name.replace("_", " ").replace("-", " "), words) for name, words in facts.items()]


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(_words(each) for each in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
