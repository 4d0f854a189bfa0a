"""What a person fills in about themselves."""

from django import forms

from accounts import zones


class TimeZoneForm(forms.Form):
    time_zone = forms.ChoiceField(
        choices=zones.choices,
        label="Time zone",
        help_text="Times on your pages are shown in it.",
        error_messages={"invalid_choice": "Choose a time zone from the list."},
    )
