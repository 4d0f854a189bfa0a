"""Forms of the sell lists. Money is typed in dollars and kept in 1/1000."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from trades.models import SellList, SellListLine
from trades.services.sell_lists import MOST_OF_A_NAME, Wish

HIGHEST_FLOOR = Decimal(1_000_000)
LONGEST_NAME = 80


class SaveForm(forms.Form):
    """From where a list is saved is one of the two."""

    name = forms.CharField(max_length=LONGEST_NAME)
    draft = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    sell = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class NameForm(forms.Form):
    name = forms.CharField(label="Name of the list", max_length=LONGEST_NAME)


class MatchForm(forms.Form):
    key = forms.IntegerField(min_value=1, max_value=2**63 - 1)


class LineForm(forms.Form):
    """One name of a list; 0 takes it off."""

    amount = forms.IntegerField(label="Amount", min_value=0, max_value=MOST_OF_A_NAME)
    floor = forms.DecimalField(
        label="Floor price in $",
        required=False,
        min_value=Decimal("0.001"),
        max_value=HIGHEST_FLOOR,
        decimal_places=3,
    )

    def __init__(self, line: SellListLine, data: Mapping[str, Any] | None) -> None:
        initial = {"amount": line.amount, "floor": _dollars(line.floor_milli)}
        super().__init__(data, prefix=f"line-{line.pk}", initial=initial)
        self.item = line.name
        self.fields["amount"].widget.attrs["aria-label"] = f"Amount of {line.name}"
        self.fields["floor"].widget.attrs |= {
            "aria-label": f"Floor price in dollars of {line.name}",
            "placeholder": "default",
            "inputmode": "decimal",
        }

    def wish(self) -> Wish:
        floor: Decimal | None = self.cleaned_data["floor"]
        milli = None if floor is None else int(floor * 1000)
        return Wish(self.item, self.cleaned_data["amount"], milli)


def _dollars(milli: int | None) -> Decimal | None:
    """``14500`` is 14.50; a third decimal only where there is one."""
    if milli is None:
        return None
    exact = Decimal(milli).scaleb(-3)
    return exact if milli % 10 else exact.quantize(Decimal("0.01"))


def line_forms(sell_list: SellList, data: Mapping[str, Any] | None) -> list[LineForm]:
    return [LineForm(line, data) for line in sell_list.lines.order_by("name", "id")]


def wishes(forms_of_lines: Sequence[LineForm]) -> list[Wish]:
    return [wish for form in forms_of_lines if (wish := form.wish()).amount]
