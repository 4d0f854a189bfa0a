from datetime import UTC, date

import pytest
from django.http import QueryDict

from accounts.models import MarketAccount
from trades.filters import TradeFilter
from trades.forms import TradeFilterForm

ACCOUNTS = [MarketAccount(pk=7, label="Main"), MarketAccount(pk=8, label="Second")]


def form_of(query: str) -> TradeFilterForm:
    return TradeFilterForm(
        QueryDict(query),
        zone=UTC,
        accounts=ACCOUNTS,
        games=[("730", "CS2")],
        statuses=["completed"],
    )


def test_an_address_becomes_one_filter() -> None:
    form = form_of(
        "q=+id+&game=730&status=completed&phase=done&direction=sell&account=8"
        "&since=2026-01-02&until=2026-02-03&free=2026-03-04"
    )
    assert form.wanted() == TradeFilter(
        ids=("id",), games=("730",), statuses=("completed",), phases=("done",),
        directions=("sell",), accounts=(8,),
        since=date(2026, 1, 2), until=date(2026, 2, 3), free="2026-03-04", zone=UTC,
    )  # fmt: skip
    assert form.sentences() == []


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=2026-02-30", "“2026-02-30” is not a day; write it like 2026-01-31."),
        ("since=20260102", "“20260102” is not a day between 1970 and 2100."),
        ("until=0001-01-01", "“0001-01-01” is not a day between 1970 and 2100."),
        ("until=9999-12-31", "“9999-12-31” is not a day between 1970 and 2100."),
        ("since=%00", "“” is not a day; write it like 2026-01-31."),
        ("free=tomorrow", "“tomorrow” is not a day; write it like 2026-01-31."),
        ("game=half-life", "There is no game “half-life” here."),
        ("game=99999999999999999999", "There is no game “99999999999999999999” here."),
        ("game=%D9%A3", "There is no game “٣” here."),
        ("game=-1", "There is no game “-1” here."),
        ("phase=lost", "There is no phase “lost” here."),
        ("direction=%00", "There is no direction “” here."),
        ("account=9", "There is no account “9” here."),
        (f"account={'9' * 5000}", f"There is no account “{'9' * 40}…” here."),
        (f"status={'x' * 65}", f"There is no status “{'x' * 40}…” here."),
        ("status=a%00b", "There is no status “ab” here."),
        (f"q={'x' * 201}", "No id is longer than 200 characters."),
        ("q=%00", "An id holds no null characters."),
        ("since=2026-02-02&until=2026-02-01",
         "2026-02-02 is above 2026-02-01: both days were left out."),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_and_left_out(query: str, sentence: str) -> None:
    form = form_of(f"{query}&direction=sell" if "direction" not in query else query)
    wanted = form.wanted()
    assert form.sentences() == [sentence]
    assert wanted.params() in ([("direction", "sell")], [])


@pytest.mark.parametrize(
    ("query", "sentence", "kept"),
    [
        ("game=730&game=x&game=570", "There is no game “x” here.", {"games": ("730", "570")}),
        ("account=7&account=9&account=no", "There is no account “9” or “no” here.",
         {"accounts": (7,)}),
        ("phase=done&phase=lost", "There is no phase “lost” here.", {"phases": ("done",)}),
        (f"q=one+{'x' * 201}", "No id is longer than 200 characters.", {"ids": ("one",)}),
        (f"q={'%0A'.join(map(str, range(502)))}", "Only the first 500 ids were looked up.",
         {"ids": tuple(map(str, range(500)))}),
    ],
)  # fmt: skip
def test_one_odd_value_takes_no_good_one_with_it(
    query: str, sentence: str, kept: dict[str, object]
) -> None:
    form = form_of(query)
    assert form.wanted() == TradeFilter(**kept, zone=UTC)
    assert form.sentences() == [sentence]


def test_the_rest_of_a_filter_holds() -> None:
    assert form_of("since=never&game=730").wanted().params() == [("game", "730")]


@pytest.mark.parametrize(
    ("query", "field", "value", "label"),
    [
        ("status=held", "status", "held", "held"),
        ("status=(other)", "status", "(other)", "Any other status"),
        ("game=999", "game", "999", "game 999"),
        ("game=other", "game", "other", "Other games"),
    ],
)
def test_what_is_asked_for_is_offered_though_it_is_not_there(
    query: str, field: str, value: str, label: str
) -> None:
    form = form_of(query)
    assert form.wanted().params() == [(field, value)]
    assert f'value="{value}"' in str(form[field])


def test_an_account_is_asked_for_only_where_there_are_two() -> None:
    lone = TradeFilterForm(QueryDict(""), zone=UTC, accounts=ACCOUNTS[:1])
    assert "account" not in lone.fields
    assert "account" in form_of("").fields


def test_a_double_account_is_not_offered() -> None:
    double = MarketAccount(pk=9, label="Double", is_active=False)
    form = TradeFilterForm(QueryDict("account=9"), zone=UTC, accounts=[*ACCOUNTS, double])
    assert form.wanted().accounts == ()
