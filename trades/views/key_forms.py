"""What a person types about a key. Secrets and trade links are written here, never read back."""

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.models import Upstream
from accounts.trade_link import parse
from dashboard.errors import UserError

KEY_HELP = (
    "Paste it as the market shows it. It is stored sealed and never shown again, only its last four"
    " characters."
)
STEAM_HELP = (
    "A web API key has 32 characters; Steam shows it nothing since 2024 in many cases. An access"
    " token sees the offers and ends after a day. Stored sealed, never shown again."
)
LINK_HELP = (
    "Needed to sell, not to mirror. You find it in Steam under Inventory, Trade Offers, Who can"
    " send me trade offers. Only its account number is shown afterwards."
)


class WriteOnlyInput(forms.PasswordInput):
    """Readable while it is typed, yet never filled from what was sent."""

    input_type = "text"


def _secret_field(*, label: str = "API key", help_text: str = KEY_HELP) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=4096,
        help_text=help_text,
        widget=forms.PasswordInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )


def _trade_link_field(*, required: bool, help_text: str = LINK_HELP) -> forms.CharField:
    return forms.CharField(
        label="Steam trade link",
        required=required,
        max_length=300,
        help_text=help_text,
        widget=WriteOnlyInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}
        ),
    )


def _checked_link(text: str) -> str:
    try:
        return parse(text).url if text else ""
    except UserError as refusal:
        raise forms.ValidationError(refusal.sentence) from None


class AddKeyForm(forms.Form):
    """What every market asks for; the form of one market adds what else it needs."""

    upstream = forms.ChoiceField(choices=Upstream.choices, widget=forms.HiddenInput)
    label = forms.CharField(
        label="Label",
        max_length=80,
        help_text="How your team will call this account, for example “Main desk”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    secret = _secret_field()

    def clean(self) -> dict[str, Any]:
        found = {**self.cleaned_data}
        if found.get("secret") and found["secret"] in found.get("label", ""):
            self.data = {**self.data, "label": ""}  # else the form would show the key
            self.add_error("label", "The label must not hold the key itself.")
        return found


class AddSellingKeyForm(AddKeyForm):
    trade_link = _trade_link_field(required=False)

    def clean_trade_link(self) -> str:
        return _checked_link(self.cleaned_data["trade_link"])


class AddSteamKeyForm(AddKeyForm):
    secret = _secret_field(label="Web API key or access token", help_text=STEAM_HELP)
    steamid64 = forms.CharField(
        label="Steam id of the account",
        required=False,
        max_length=17,
        help_text="17 digits. Needed with a web API key, which does not name its account.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


KEY_FORMS: Mapping[str, type[AddKeyForm]] = {
    Upstream.VPSBOT: AddSellingKeyForm,
    Upstream.MANNCO: AddKeyForm,
    Upstream.STEAM: AddSteamKeyForm,
}


class ReplaceSecretForm(forms.Form):
    secret = _secret_field()


class TradeLinkForm(forms.Form):
    trade_link = _trade_link_field(
        required=False, help_text=f"{LINK_HELP} Leave it empty to erase the stored one."
    )

    def clean_trade_link(self) -> str:
        return _checked_link(self.cleaned_data["trade_link"])


class RemoveKeyForm(forms.Form):
    """Nothing to type: the confirmation is the deed."""


class SharingForm(forms.Form):
    allowed = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")], coerce=lambda answer: answer == "yes"
    )
