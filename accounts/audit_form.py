"""The audit's filter form: what cannot be used is left out and said."""

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.models import Team
from accounts.trail import SYSTEM, TrailFilter

ABOUT = [
    ("", "Anything"),
    ("key", "Keys"),
    ("sell", "Sells"),
    ("sell-list", "Sell lists"),
    ("resend", "Resends"),
    ("member", "Members"),
    ("invitation", "Invitations"),
    ("team", "Team"),
    ("export", "Exports"),
    ("account", "Syncs"),
    ("inventory", "Inventories"),
    ("offer", "Steam offers"),
    ("audit", "This record"),
]
_EARLIEST, _LATEST = date(1970, 1, 2), date(2100, 12, 31)


class TrailForm(forms.Form):
    use_required_attribute = False

    kind = forms.ChoiceField(
        choices=[("", "Deeds in the team"), ("sign-ins", "Sign-ins of its members")],
        required=False,
        label="Show",
    )
    who = forms.CharField(required=False, max_length=254, label="Who (address)")
    about = forms.ChoiceField(choices=ABOUT, required=False)
    object = forms.CharField(required=False, max_length=64, label="Its id")
    since = forms.DateField(required=False, input_formats=["%Y-%m-%d"], label="From")
    until = forms.DateField(required=False, input_formats=["%Y-%m-%d"], label="To")

    def __init__(self, data: QueryDict, *, team: Team) -> None:
        super().__init__(data, auto_id="audit-%s")
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            self.fields[name].error_messages["invalid"] = (
                "That is not a day; write it like 2026-01-31."
            )
        people = team.memberships.order_by("user__email").values_list("user__email", flat=True)
        self.people = [*people, SYSTEM]

    def clean_since(self) -> date | None:
        return _likely(self.cleaned_data["since"])

    def clean_until(self) -> date | None:
        return _likely(self.cleaned_data["until"])

    def wanted(self) -> TrailFilter:
        """What can be used of it."""
        self.full_clean()
        kept: dict[str, Any] = self.cleaned_data
        return TrailFilter(
            shows_sign_ins=kept.get("kind") == "sign-ins",
            who=kept.get("who") or "",
            about=kept.get("about") or "",
            object_id=kept.get("object") or "",
            since=kept.get("since"),
            until=kept.get("until"),
        )

    def asked(self) -> dict[str, str]:
        """The parameters that were of use, as the address carries them."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}

    def sentences(self) -> list[str]:
        return [str(sentence) for errors in self.errors.values() for sentence in errors]


def _likely(day: date | None) -> date | None:
    if day and not _EARLIEST <= day <= _LATEST:
        raise forms.ValidationError("A day lies between 1970 and 2100.")
    return day
