"""A pasted or uploaded list of names as a second way to choose."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import Can, team_for
from accounts.models import Membership
from dashboard.errors import UserError
from dashboard.templatetags.ui import count_text, game_text
from trades.services import name_lists, stock
from trades.services.inventory import sources
from trades.services.name_lists import LARGEST, MOST_LINES, ListReport
from trades.views.stock_parts import Asked, asked_by, basket_of

PAGE = "trades/inventory_names.html"


class NamesForm(forms.Form):
    use_required_attribute = False

    names = forms.CharField(
        required=False,
        label="Names",
        strip=False,
        widget=forms.Textarea(
            attrs={
                "rows": 10,
                "spellcheck": "false",
                "placeholder": "AK-47 | Redline (Field-Tested), 2, 14.50",
            }
        ),
        help_text="One a line, exactly as Steam names it; then, if you like, how many, and the"
        " lowest price in dollars for each.",
    )
    file = forms.FileField(
        required=False,
        label="Or a file",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/plain,text/csv"}),
        help_text=f"Text or CSV in UTF-8, up to {LARGEST // 1024} KB and {MOST_LINES:,} lines.",
    )

    def text(self) -> str:
        """``UserError`` when it is too large or no text."""
        uploaded = self.cleaned_data.get("file")
        return _read(uploaded) if uploaded else str(self.cleaned_data.get("names") or "")


def _read(uploaded: "UploadedFile[bytes]") -> str:
    name_lists.refuse_too_large(uploaded.size or 0)
    return name_lists.decode(uploaded.read())


@never_cache
@require_http_methods(["GET", "POST"])
def inventory_names(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.SELL)
    found = sources(membership.team)
    if not found:
        return redirect("inventory", team)
    params = request.POST if request.method == "POST" else request.GET
    asked = asked_by(membership, params, found)
    if request.method == "GET":
        return render(request, PAGE, _context(membership, asked, NamesForm()))
    form = NamesForm(request.POST, request.FILES)
    report = _report(form, asked)
    if report is None:
        return render(request, PAGE, _context(membership, asked, form), status=422)
    basket_of(request, asked).replace(report.wanted)
    context = _context(membership, asked, form) | _outcome(membership, asked, report)
    return render(request, PAGE, context)


def _report(form: NamesForm, asked: Asked) -> ListReport | None:
    """None when the list as a whole cannot be used; the form says why."""
    if not form.is_valid():
        return None
    try:
        lines = name_lists.parse(form.text())
    except UserError as refusal:
        form.add_error("file" if form.cleaned_data.get("file") else "names", refusal.sentence)
        return None
    items = stock.matching(asked.shelf)
    return name_lists.compare(
        lines, free=stock.free_by_name(asked.shelf, items), held=stock.held_by_name(items)
    )


def _context(membership: Membership, asked: Asked, form: NamesForm) -> dict[str, Any]:
    return {
        "membership": membership,
        "asked": asked,
        "form": form,
        "game": game_text(asked.shelf.app_id),
        "back_url": asked.address(q="", sort="", page=""),
    }


def _outcome(membership: Membership, asked: Asked, report: ListReport) -> dict[str, Any]:
    items = sum(each.amount for each in report.wanted.values())
    chosen = "1 item" if items == 1 else f"{count_text(items)} items"
    names = "1 name" if len(report.wanted) == 1 else f"{count_text(len(report.wanted))} names"
    return {
        "report": report,
        "chosen": f"{chosen} of {names}" if items else "",
        "keys": asked.shelf.source.keys_for(membership.user),
    }
