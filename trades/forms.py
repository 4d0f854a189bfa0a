"""The history's filter form: whatever an address carries becomes one ``TradeFilter``.

A value that cannot be used is left out and said in a sentence; it never breaks the page.
"""

from collections.abc import Mapping, Sequence
from datetime import date, tzinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import MarketAccount
from dashboard.templatetags.ui import game_text
from trades.models import Direction, Phase
from trades.queries import FREE_UNKNOWN, OTHER_GAMES, OTHER_STATUSES, TradeFilter

FIRST_DAY = date(1970, 1, 2)
LAST_DAY = date(2100, 12, 31)
LONGEST_SHOWN = 40
Choices = list[tuple[str, str]]


def _short(value: object) -> str:
    text = str(value).replace("\x00", "")
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValidationError(f"“{_short(text)}” is not a day; write it like 2026-01-31.") from None
    if len(text) != len("2026-01-31") or not FIRST_DAY <= day <= LAST_DAY:
        raise ValidationError(f"“{_short(text)}” is not a day between 1970 and 2100.")
    return day


class DayField(forms.Field):
    """A day as browsers send it: 2026-01-31. An impossible one is a sentence."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def to_python(self, value: Any) -> date | None:
        text = str(value or "").strip()
        return _day(text) if text else None


class OfferedField(forms.ChoiceField):
    """One of what is offered; anything else is named in the sentence."""

    def __init__(self, what: str, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.what = what

    def validate(self, value: Any) -> None:
        if value and not self.valid_value(value):
            raise ValidationError(f"There is no {self.what} “{_short(value)}” here.")


class GameField(OfferedField):
    """Any game id is a fair question, offered or not."""

    def valid_value(self, value: str) -> bool:
        is_id = value.isascii() and value.isdigit() and int(value[:11]) < 2**31 and len(value) < 11
        return is_id or value == OTHER_GAMES or super().valid_value(value)


class StatusField(OfferedField):
    """Upstreams may bring statuses that no list names, so any short word is a fair question."""

    def valid_value(self, value: str) -> bool:
        return "\x00" not in value and len(value) <= 64


class TradeFilterForm(forms.Form):
    use_required_attribute = False

    q = forms.CharField(
        required=False,
        label="Any id",
        max_length=200,
        error_messages={
            "max_length": "No id is longer than 200 characters.",
            "null_characters_not_allowed": "An id holds no null characters.",
        },
        widget=forms.TextInput(
            attrs={
                "placeholder": "trade, custom, offer or Steam trade id",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )
    game = GameField("game")
    status = StatusField("status")
    phase = OfferedField("phase", choices=[("", "Any phase"), *Phase.choices])
    direction = OfferedField("direction", choices=[("", "Any direction"), *Direction.choices])
    account = OfferedField("account")
    since = DayField(required=False, label="From")
    until = DayField(required=False, label="To")
    free = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        zone: tzinfo,
        accounts: Sequence[MarketAccount],
        games: Choices = (),  # type: ignore[assignment]
        statuses: Sequence[str] = (),
    ) -> None:
        super().__init__(data, auto_id="filter-%s")
        self._zone = zone
        active = [account for account in accounts if account.is_active]
        self._offer("game", "All games", games)
        self._offer("status", "Any status", [(word, word) for word in statuses])
        self._offer("account", "All accounts", [(str(one.pk), one.label) for one in active])
        if len(active) < 2 and not data.get("account"):
            del self.fields["account"]

    def _offer(self, name: str, anything: str, choices: Choices) -> None:
        """What is there, and what is asked for now even where it is not there."""
        field = self.fields[name]
        asked = str(self.data.get(name) or "").strip()
        offered = [("", anything), *choices]
        field.choices = offered  # type: ignore[attr-defined]
        known = {value for value, _ in offered}
        if asked not in known and name != "account" and field.valid_value(asked):  # type: ignore[attr-defined]
            label = game_text(int(asked)) if name == "game" and asked.isdigit() else ""
            label = {OTHER_STATUSES: "Any other status", OTHER_GAMES: "Other games"}.get(
                asked, label
            )
            field.choices = [*offered, (asked, label or asked)]  # type: ignore[attr-defined]

    def clean_free(self) -> str:
        text = str(self.cleaned_data.get("free") or "")
        return text if text in {"", FREE_UNKNOWN} else _day(text).isoformat()

    def clean(self) -> None:
        """Days in the wrong order would show nothing and say nothing."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error(None, f"{since} is after {until}: both days were left out.")
            self.cleaned_data |= {"since": None, "until": None}

    def wanted(self) -> TradeFilter:
        """What can be used of it; ``sentences`` says the rest."""
        self.full_clean()
        kept = self.cleaned_data
        return TradeFilter(
            text=kept.get("q") or "",
            game=kept.get("game") or "",
            status=kept.get("status") or "",
            phase=kept.get("phase") or "",
            direction=kept.get("direction") or "",
            account=int(kept["account"]) if kept.get("account") else None,
            since=kept.get("since"),
            until=kept.get("until"),
            free=kept.get("free") or "",
            zone=self._zone,
        )

    def sentences(self) -> list[str]:
        """One a value that was left out; foreign text inside, so escape it."""
        return [str(sentence) for errors in self.errors.values() for sentence in errors]
