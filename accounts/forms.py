"""What people fill in about themselves and their teams."""

from typing import Any

from django import forms

from accounts import zones
from accounts.access import may_give_role
from accounts.models import Membership, Role
from accounts.services.teams import LONGEST_NAME

INVITED_AS = [(role.value, role.label) for role in Role if role != Role.OWNER]
DAYS = [("1", "one day"), ("7", "a week"), ("30", "a month")]


class TimeZoneForm(forms.Form):
    time_zone = forms.CharField(
        label="Time zone",
        max_length=64,
        help_text="Times on your pages are shown in it. Type a city, for example Warsaw.",
        widget=forms.TextInput(
            attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"]
        if name not in zones.names():
            raise forms.ValidationError("Choose a time zone from the list.")
        return name


class TeamNameForm(forms.Form):
    name = forms.CharField(label="Name of the team", max_length=LONGEST_NAME)


class TeamSettingsForm(TimeZoneForm):
    """``time_zone`` is that of the team's days: figures, filters, exports."""

    name = forms.CharField(label="Name of the team", max_length=LONGEST_NAME)
    requires_second_factor = forms.BooleanField(
        label="Everybody needs a second factor",
        required=False,
        help_text="Who has none is told to set one up and sees nothing else of this team.",
    )
    field_order = ("name", "time_zone", "requires_second_factor")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.fields["time_zone"]
        zone.label = "Days are counted in"
        zone.help_text = "The time zone of figures, filters and exports, the same for everybody."


class InvitationForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=INVITED_AS, initial=Role.VIEWER)
    email = forms.EmailField(
        label="E-mail address",
        required=False,
        max_length=254,
        help_text="Only this address can accept. Leave it empty for whoever holds the link.",
    )
    by_mail = forms.BooleanField(
        label="Send the link to this address",
        required=False,
        help_text="Otherwise you get the link here, once, and hand it over yourself.",
    )
    days = forms.TypedChoiceField(label="Open for", choices=DAYS, coerce=int, initial="7")

    def clean(self) -> dict[str, Any]:
        found = {**self.cleaned_data}
        if found.get("by_mail") and not found.get("email") and "email" not in self.errors:
            self.add_error("email", "Say where the mail goes.")
        return found


class RoleForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=())

    def __init__(self, *args: Any, giver: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        may_be_given = [(each.value, each.label) for each in Role if may_give_role(giver, each)]
        self.fields["role"].choices = may_be_given  # type: ignore[attr-defined]


class HeirForm(forms.Form):
    heir = forms.ChoiceField(label="New owner", choices=())

    def __init__(self, *args: Any, giver: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = giver.team.memberships.exclude(pk=giver.pk).select_related("user")
        people = [(str(other.pk), other.user.email) for other in others.order_by("user__email")]
        self.fields["heir"].choices = people  # type: ignore[attr-defined]


class YesForm(forms.Form):
    """Nothing to type: the confirmation is the deed."""


class TypedNameForm(forms.Form):
    """A deed that cannot be taken back: the team's name is typed by hand."""

    name = forms.CharField(
        label="Type the name of the team", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._expected = expected

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self._expected:
            raise forms.ValidationError(f"That is not the name: {self._expected}")
        return self._expected
