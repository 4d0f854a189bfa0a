"""How a file is wanted: form, columns, words in front."""

from collections.abc import Sequence
from typing import Any

from django import forms

from trades.exports.columns import COLUMNS, OF_A_TAX_YEAR, USUAL, as_in_the_history
from trades.models import ExportFormat

TAX_YEAR = "tax-year"


class ExportForm(forms.Form):
    format = forms.ChoiceField(
        choices=ExportFormat.choices, widget=forms.RadioSelect, initial=ExportFormat.CSV
    )
    preface = forms.BooleanField(
        required=False,
        initial=True,
        label="Say in front what the file holds",
        help_text="Filter, number of rows, sum, time zone and how the mirror stood. "
        "In CSV these lines begin with #.",
    )
    columns = forms.MultipleChoiceField(
        choices=[(column.name, column.heading) for column in COLUMNS.values()],
        widget=forms.CheckboxSelectMultiple,
        initial=USUAL,
        error_messages={"required": "Choose at least one column."},
    )

    def __init__(
        self, *arguments: Any, preset: str = "", shown: Sequence[str] = (), **options: Any
    ) -> None:
        """``shown``: the columns of the history that the person comes from."""
        super().__init__(*arguments, **options)
        is_tax = preset == TAX_YEAR
        self.initial["columns"] = OF_A_TAX_YEAR if is_tax else as_in_the_history(shown)

    def chosen(self) -> list[str]:
        """In the order in which a file has them."""
        return [name for name in COLUMNS if name in self.cleaned_data["columns"]]
