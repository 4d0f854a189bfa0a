import csv
import io
import json

import pytest

from dashboard.spreadsheets import harmless
from trades.exports.columns import COLUMNS, OF_A_TAX_YEAR, USUAL, amount
from trades.exports.formats import writer


@pytest.mark.parametrize(
    ("milli", "text"),
    [(0, "0.00"), (5, "0.005"), (14_500, "14.50"), (14_505, "14.505"), (-1_010, "-1.01"),
     (10**15, "1000000000000.00"), (None, None)],
)  # fmt: skip
def test_an_amount_is_exact_and_unknown_stays_unknown(milli: int | None, text: str | None) -> None:
    assert amount(milli) == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"), ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"),
     ("\r=1", "'\r=1"), ("AK-47 | Redline", "AK-47 | Redline"), ("", ""), (None, ""), (-5, -5)],
)  # fmt: skip
def test_no_cell_is_a_formula(value: object, cell: object) -> None:
    assert harmless(value) == cell


def test_a_preface_line_is_one_cell_whatever_stands_in_it() -> None:
    told = {"filter": ['item=a,"b"\nc', "status=x"], "rows": 3, "sum of known values": {"USD": "1"}}
    text = writer("csv", USUAL).preface(told).decode()
    cells = list(csv.reader(io.StringIO(text, newline="")))
    assert cells == [
        ['# filter: item=a,"b"\nc; status=x'],
        ["# rows: 3"],
        ["# sum of known values: USD 1"],
    ]
    assert json.loads(writer("jsonl", USUAL).preface(told)) == {"about": told}


def test_every_preset_names_columns_that_exist() -> None:
    assert set(USUAL) | set(OF_A_TAX_YEAR) <= set(COLUMNS)
