"""Prices as people type them: dollars with up to three decimals, kept as milli-dollars."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

_PRICE = re.compile(r"\$?([0-9]{1,9}(?:\.[0-9]{1,3})?)", re.ASCII)
_LONGEST_SHOWN = 20


def milli_of(text: str) -> int | None:
    """``ValidationError`` with a sentence when it is no price; nothing typed is None."""
    text = text.strip().replace(",", ".")
    if not text:
        return None
    found = _PRICE.fullmatch(text)
    if not found:
        shown = text.replace("\0", "")[:_LONGEST_SHOWN]
        raise ValidationError(f"“{shown}” is not a price in dollars, like 1.25.")
    return int(Decimal(found[1]) * 1000)


def typed(milli: int | None) -> str:
    """As it stands in an input: ``1250`` is ``1.25``."""
    if milli is None:
        return ""
    dollars, rest = divmod(milli, 1000)
    decimals = f"{rest:03d}"
    return f"{dollars}.{decimals[:2] if decimals.endswith('0') else decimals}"


class DollarsField(forms.Field):
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def to_python(self, value: Any) -> int | None:
        return milli_of(str(value or ""))

    def prepare_value(self, value: Any) -> Any:
        return typed(value) if isinstance(value, int) else value
