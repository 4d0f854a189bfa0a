"""Who did what: the team's append-only record, filtered, and as a file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.access import Can, team_for
from accounts.audit_form import TrailForm
from accounts.limits import limited
from accounts.models import AuditEntry, Membership
from accounts.models.audit import AuditQuerySet
from accounts.reauthentication import recently_authenticated
from accounts.trail import entries, page_after, told
from dashboard.spreadsheets import as_csv, harmless
from dashboard.templatetags.ui import moment_text

HEADINGS = ("At", "Who", "Deed", "About", "Id", "Details", "Address", "Request")
LARGEST_ID = 2**63 - 1
# What people call the things; the rest goes by its model's name.
CALLED = {
    "upstreamkey": "key",
    "marketaccount": "account",
    "membership": "member",
    "sellrequest": "sell",
    "selldraft": "selection",
    "selllist": "sell list",
    "resendrequest": "resend",
    "steamoffer": "Steam offer",
}


@dataclass(frozen=True, slots=True)
class Line:
    """An entry ready to print."""

    at: str
    iso: str
    who: str
    deed: str
    about: str
    about_url: str
    facts: list[tuple[str, str]]
    address: str
    request_id: str


@require_safe
def audit_page(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.AUDIT)
    form = TrailForm(request.GET, team=membership.team)
    wanted = form.wanted()
    page = page_after(entries(membership.team, wanted), _number(request.GET.get("after", "")))
    address = reverse("audit", args=[team])
    context = {
        "membership": membership,
        "form": form,
        "sentences": form.sentences(),
        "shows_sign_ins": wanted.shows_sign_ins,
        "lines": [_line(entry, address) for entry in page.entries],
        "older_url": _with(address, form.asked(), after=page.older) if page.older else "",
        "file_url": _with(reverse("audit-file", args=[team]), form.asked()),
        "days_zone": membership.team.time_zone,
        "is_filtered": bool(form.asked()),
    }
    return render(request, "accounts/audit.html", context)


@require_POST
@recently_authenticated
@limited("export")
def audit_file(request: HttpRequest, team: str) -> HttpResponseBase:
    """The whole of what the filter shows, as CSV; itself noted before its first byte."""
    membership = team_for(request, team, need=Can.AUDIT)
    form = TrailForm(request.GET, team=membership.team)
    wanted = form.wanted()
    with transaction.atomic():
        detail = {"filter": form.asked()}
        audit.record("audit.exported", team=membership.team, actor=membership.user, detail=detail)
    found = entries(membership.team, wanted)
    response = StreamingHttpResponse(
        _file(found, membership), content_type="text/csv; charset=utf-8"
    )
    name = f"sellside-{membership.team.slug}-audit-{timezone.localdate()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _file(found: AuditQuerySet, membership: Membership) -> Iterator[bytes]:
    zone = ZoneInfo(membership.team.time_zone)
    yield as_csv([HEADINGS])
    for entry in found.iterator(chunk_size=1_000):
        yield as_csv([[harmless(cell) for cell in _cells(entry, zone)]])


def _cells(entry: AuditEntry, zone: ZoneInfo) -> list[Any]:
    facts = "; ".join(f"{name}: {words}" for name, words in told(entry.detail))
    return [
        *(entry.at.astimezone(zone).isoformat(), _who(entry), entry.verb, entry.object_type),
        *(entry.object_id, facts, entry.address, entry.request_id),
    ]


def _line(entry: AuditEntry, address: str) -> Line:
    group = entry.verb.partition(".")[0]
    about = f"{CALLED.get(entry.object_type, entry.object_type)} {entry.object_id}".strip()
    return Line(
        at=moment_text(entry.at),
        iso=entry.at.isoformat(timespec="seconds"),
        who=_who(entry),
        deed=entry.verb.replace(".", " ").replace("-", " "),
        about=about,
        about_url=_with(address, {"about": group, "object": entry.object_id}) if about else "",
        facts=told(entry.detail),
        address=entry.address or "",
        request_id=entry.request_id,
    )


def _who(entry: AuditEntry) -> str:
    return entry.actor_email or "the system"


def _with(address: str, asked: dict[str, str], **more: object) -> str:
    query = urlencode({**asked, **more})
    return f"{address}?{query}" if query else address


def _number(text: str) -> int | None:
    is_id = text.isascii() and text.isdigit() and len(text) < 20
    return int(text) if is_id and int(text) <= LARGEST_ID else None
