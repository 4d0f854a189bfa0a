"""Fields of the history's filter: each takes what it can use and says what it cannot."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from trades.filters import OTHER_GAMES, SHORTEST_TEXT

FIRST_DAY = date(1970, 1, 2)
LAST_DAY = date(2100, 12, 31)
LONGEST_SHOWN = 40
LONGEST_WORD = 64
LONGEST_ID = 200
LONGEST_WHOLE = 1_000
MOST_IDS = 500
MOST_NAMED = 3  # of several odd values, in one sentence
HIGHEST_MILLI = 10**15
_DOLLARS = re.compile(r"\$?\s*(\d{1,12}(?:[.,]\d{1,3})?)")
_BETWEEN_IDS = re.compile(r"[\s,;]+")
# Seed: Trades API, Trade Summary and the Steam statuses of processed_trade.status.
SUMMARIES = ("InProgress", "Accepted", "CanceledByBuyer", "DeclinedBySeller", "RolledBackByBuyer",
             "RolledBackBySeller", "Failed")  # fmt: skip
STEAM_STATUSES = [
    (str(number), name)
    for number, name in enumerate(
        ("Invalid", "Active", "Accepted", "Countered", "Expired", "Canceled", "Declined",
         "Invalid items", "Needs confirmation", "Canceled by second factor", "In escrow",
         "Rolled back"), start=1)
]  # fmt: skip


def short(value: object) -> str:
    """Foreign text, fit for a sentence."""
    text = str(value).replace("\x00", "")
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


class PartlyOdd(ValidationError):
    """Some of several values cannot be used; ``kept`` are the others."""

    def __init__(self, sentence: str, kept: Sequence[Any]) -> None:
        super().__init__(sentence)
        self.kept = kept


def day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ValidationError(f"“{short(text)}” is not a day; write it like 2026-01-31.") from None
    if len(text) != len("2026-01-31") or not FIRST_DAY <= found <= LAST_DAY:
        raise ValidationError(f"“{short(text)}” is not a day between 1970 and 2100.")
    return found


class DayField(forms.Field):
    """A day as browsers send it: 2026-01-31. An impossible one is a sentence."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> date | None:
        text = str(value or "").strip()
        return day(text) if text else None


class DollarField(forms.Field):
    """Dollars with up to three decimals, as milli-dollars; no float on the way."""

    widget = forms.TextInput(
        attrs={"inputmode": "decimal", "placeholder": "$", "autocomplete": "off"}
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> int | None:
        text = str(value or "").strip()
        return _milli(text) if text else None


def _milli(text: str) -> int:
    found = _DOLLARS.fullmatch(text) if text.isascii() else None
    try:
        if found:
            return int(Decimal(found[1].replace(",", ".")) * 1000)
    except InvalidOperation:
        pass
    raise ValidationError(f"“{short(text)}” is not an amount; write it like 14.50.")


class OneOfField(forms.ChoiceField):
    """One of what is offered; anything else is named in the sentence."""

    def __init__(self, what: str, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.what = what

    def validate(self, value: Any) -> None:
        if value and not self.valid_value(value):
            raise ValidationError(f"There is no {self.what} “{short(value)}” here.")


class AnyOfField(forms.MultipleChoiceField):
    """Any of what is offered; the others are named in the sentence and left out."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, what: str, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.what = what

    def clean(self, value: Any) -> list[Any]:
        asked = list(dict.fromkeys(str(each).strip() for each in value or ()))
        known = {str(key) for key, _ in self.widget.choices}
        odd = [text for text in asked if text and text not in known and not self.is_fair(text)]
        kept = [self.kept(text) for text in asked if text and text not in odd]
        if odd:
            named = " or ".join(f"“{short(text)}”" for text in odd[:MOST_NAMED])
            raise PartlyOdd(f"There is no {self.what} {named} here.", kept)
        return kept

    def is_fair(self, text: str) -> bool:
        """A question that may be asked though it is not offered."""
        return False

    def kept(self, text: str) -> Any:
        return int(text) if self.what == "account" else text


class GameField(AnyOfField):
    """Any game id is a fair question, offered or not."""

    def is_fair(self, text: str) -> bool:
        return _is_small_number(text) or text == OTHER_GAMES


class NumberField(AnyOfField):
    def is_fair(self, text: str) -> bool:
        return _is_small_number(text)

    def kept(self, text: str) -> int:
        return int(text)


def _is_small_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 11 and int(text) < 2**31


class WordField(AnyOfField):
    """Upstreams may bring words that no list names, so any short one is a fair question."""

    def is_fair(self, text: str) -> bool:
        return bool(text) and "\x00" not in text and len(text) <= LONGEST_WORD


class TextField(forms.CharField):
    """Part of a text."""

    def __init__(self, what: str, *, shortest: int = SHORTEST_TEXT, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=LONGEST_ID, **kwargs)
        self.what, self.shortest = what, shortest
        self.error_messages |= {
            "max_length": f"No {what} is longer than {LONGEST_ID} characters.",
            "null_characters_not_allowed": f"The {what} holds no null characters.",
        }
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if text and len(text) < self.shortest:
            raise ValidationError(
                f"“{short(text)}” is too short: the {self.what} is searched for"
                f" {self.shortest} characters or more."
            )
        return text


class WholeTextField(forms.CharField):
    """A text as a market wrote it, spaces and all; links carry it, nobody types it."""

    widget = forms.HiddenInput

    def __init__(self, what: str) -> None:
        super().__init__(required=False, max_length=LONGEST_WHOLE, strip=False)
        self.error_messages |= {
            "max_length": f"No {what} is longer than {LONGEST_WHOLE} characters.",
            "null_characters_not_allowed": f"The {what} holds no null characters.",
        }


class IdsField(forms.CharField):
    """One id, or many apart by commas, spaces or lines; at most ``MOST_IDS``.

    An id may hold spaces itself, so one line is also taken whole.
    """

    widget = forms.Textarea(
        attrs={"rows": 1, "placeholder": "one id or many", "autocomplete": "off",
               "spellcheck": "false", "data-search": ""}
    )  # fmt: skip

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=MOST_IDS * 64, **kwargs)
        self.error_messages |= {
            "max_length": f"At most {MOST_IDS} ids can be looked up at once.",
            "null_characters_not_allowed": "An id holds no null characters.",
        }

    def clean(self, value: Any) -> tuple[str, ...]:
        return _ids(str(super().clean(value)))


def _ids(text: str) -> tuple[str, ...]:
    lines = [line.strip() for line in text.splitlines()]
    parts = [part for line in lines for part in (line, *_BETWEEN_IDS.split(line))]
    found: Sequence[str] = list(dict.fromkeys(part for part in parts if part))
    singles = [part for part in found if not _BETWEEN_IDS.search(part)]
    kept = tuple(part for part in found if len(part) <= LONGEST_ID)
    if any(len(part) > LONGEST_ID for part in singles):
        raise PartlyOdd(f"No id is longer than {LONGEST_ID} characters.", kept[:MOST_IDS])
    if len(singles) > MOST_IDS:
        raise PartlyOdd(f"Only the first {MOST_IDS} ids were looked up.", kept[:MOST_IDS])
    return kept
