"""The history's filter form: whatever an address carries becomes one ``TradeFilter``.

A value that cannot be used is left out and said in a sentence; it never breaks the page.
"""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from django import forms
from django.http import QueryDict

from accounts.models import MarketAccount, Upstream
from dashboard.templatetags.ui import game_text
from trades import filter_fields
from trades.filter_fields import (
    AnyOfField,
    DayField,
    DollarField,
    IdsField,
    OneOfField,
    PartlyOdd,
    TextField,
    WholeTextField,
)
from trades.filters import (
    OTHER_GAMES,
    OTHER_STATUSES,
    PARAMS,
    UNKNOWN,
    IdKind,
    Sort,
    TradeFilter,
)
from trades.models import Direction, Phase

Choices = list[tuple[str, str]]
_RANGES = (
    ("since", "until", "day"),
    ("updated_since", "updated_until", "day"),
    ("settles_since", "settles_until", "day"),
    ("value_from", "value_to", "value"),
)
FIRST = ("q", "game", "status", "account", "since", "until")
ORDER = ("sort", "up")  # the list's own headings show it
_OFFERED_AS = {OTHER_STATUSES: "Any other status", OTHER_GAMES: "Other games"}


class TradeFilterForm(forms.Form):
    use_required_attribute = False

    q = IdsField(label="Any id")
    kind = OneOfField("kind of id", choices=IdKind.choices, label="Which id")
    upstream = AnyOfField("market", choices=Upstream.choices, label="Market")
    account = AnyOfField("account")
    game = filter_fields.GameField("game")
    status = filter_fields.WordField("status")
    summary = filter_fields.WordField("summary")
    steam = filter_fields.NumberField("Steam status", label="Steam status")
    phase = AnyOfField("phase", choices=Phase.choices)
    direction = AnyOfField("direction", choices=Direction.choices)
    since = DayField(label="Created from")
    until = DayField(label="Created to")
    updated_since = DayField(label="Updated from")
    updated_until = DayField(label="Updated to")
    settles_since = DayField(label="Becomes free from")
    settles_until = DayField(label="Becomes free to")
    value_from = DollarField(label="Value from")
    value_to = DollarField(label="Value to")
    value = OneOfField("value", choices=[("", "Any value"), (UNKNOWN, "Value unknown")])
    item = TextField("item name", label="Item name contains")
    custom = TextField("custom id", label="Custom id contains")
    error = TextField("error", label="Error contains")
    bot = TextField("bot", shortest=1, label="Bot name or steamid64")
    sort = OneOfField("order", choices=Sort.choices, label="Sort by")
    up = forms.BooleanField(required=False, label="Lowest or oldest first")
    free = forms.CharField(required=False, widget=forms.HiddenInput)
    item_is = WholeTextField("item name")
    error_is = WholeTextField("error")
    bot_is = WholeTextField("bot")

    def __init__(
        self,
        data: QueryDict,
        *,
        zone: tzinfo,
        accounts: Sequence[MarketAccount],
        games: Choices = (),  # type: ignore[assignment]
        statuses: Sequence[str] = (),
    ) -> None:
        super().__init__(data, auto_id="filter-%s")
        self._asked = data
        self._zone = zone
        active = [account for account in accounts if account.is_active]
        self._offer("game", games)
        self._offer("status", [(word, _label_of("status", word)) for word in statuses])
        self._offer("summary", [(word, word) for word in filter_fields.SUMMARIES])
        self._offer("steam", filter_fields.STEAM_STATUSES)
        self._offer("account", [(str(one.pk), one.label) for one in active])
        if len(active) < 2 and not data.get("account"):
            del self.fields["account"]

    def _offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        """What is there, and what is asked for now even where it is not there."""
        field: AnyOfField = self.fields[name]  # type: ignore[assignment]
        known = {value for value, _ in choices}
        asked = dict.fromkeys(text.strip() for text in self._asked.getlist(name))
        unheard = [text for text in asked if text not in known and field.is_fair(text)]
        field.choices = [*choices, *((text, _label_of(name, text)) for text in unheard)]

    def first_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in FIRST if name in self.fields]

    def other_fields(self) -> list[forms.BoundField]:
        return [field for field in self.visible_fields() if field.name not in FIRST]

    def has_others(self) -> bool:
        """One of the fields behind "More filters" is in use."""
        others = (field.name for field in self.other_fields() if field.name not in ORDER)
        return any(self._asked.get(name) for name in others)

    def clean_free(self) -> str:
        text = str(self.cleaned_data.get("free") or "")
        return text if text in {"", UNKNOWN} else filter_fields.day(text).isoformat()

    def clean(self) -> None:
        self._keep_what_is_good()
        self._leave_out_crossed_ends()

    def _keep_what_is_good(self) -> None:
        """One odd value of several takes no other with it."""
        for name, errors in self.errors.as_data().items():
            for error in errors:
                if isinstance(error, PartlyOdd):
                    self.cleaned_data[name] = error.kept

    def _leave_out_crossed_ends(self) -> None:
        """They would show nothing and say nothing."""
        for low, high, what in _RANGES:
            first, last = self.cleaned_data.get(low), self.cleaned_data.get(high)
            if first is not None and last is not None and first > last:
                told = f"{self._asked[low]} is above {self._asked[high]}"
                self.add_error(None, f"{told}: both {what}s were left out.")
                self.cleaned_data |= {low: None, high: None}

    def wanted(self) -> TradeFilter:
        """What can be used of it; ``sentences`` says the rest."""
        self.full_clean()
        empty = TradeFilter()
        kept = {field: self.cleaned_data.get(param) for field, param in PARAMS.items()}
        usable = {field: _as_kept(getattr(empty, field), value) for field, value in kept.items()}
        return TradeFilter(**usable, zone=self._zone)

    def sentences(self) -> list[str]:
        """One a value that was left out; foreign text inside, so escape it."""
        return [str(sentence) for errors in self.errors.values() for sentence in errors]


def _as_kept(empty: Any, value: Any) -> Any:
    """In the type of the filter's field; what is missing asks for nothing."""
    if value is None or value == "":
        return empty
    return tuple(value) if isinstance(empty, tuple) else value


def _label_of(name: str, text: str) -> str:
    if name == "game" and text.isdigit():
        return game_text(int(text))
    if name == "status" and text.removeprefix("-").isdigit():
        return f"status {text}"
    return _OFFERED_AS.get(text, text)
