"""The page around every form about teams: a title, what follows from it, and one button."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from accounts import zones
from accounts.models import Membership
from dashboard.errors import UserError


@dataclass(frozen=True, slots=True)
class Ask:
    title: str
    text: str
    button: str
    back: str  # the address that Cancel leads to
    is_grave: bool = False
    notice: str = ""  # what cannot be taken back


def sent(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: an empty POST is an answer, a GET is none."""
    return request.POST if request.method == "POST" else None


def ask_page(
    request: HttpRequest, membership: Membership | None, form: forms.Form, ask: Ask
) -> HttpResponse:
    offered = zones.options_html() if "time_zone" in form.fields else ""
    context = {"membership": membership, "form": form, "ask": ask, "zones": offered}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "accounts/ask.html", context, status=status)


def answered(
    request: HttpRequest,
    membership: Membership | None,
    form: forms.Form,
    ask: Ask,
    deed: Callable[[], str],
    *,
    after: str = "",
) -> HttpResponse:
    """The form until it is filled in well; then the deed, its sentence, and ``after`` or back."""
    if not form.is_valid():
        return ask_page(request, membership, form, ask)
    try:
        sentence = deed()
    except UserError as refusal:
        form.add_error(None, refusal.sentence)
        return ask_page(request, membership, form, ask)
    messages.success(request, sentence)
    return redirect(after or ask.back)
