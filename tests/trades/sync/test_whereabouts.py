"""Where in time a row without an id can be: narrowed by each whole answer, until it is nowhere."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import MarketAccount
from tests.factories import make_account
from trades.models import BadRecord, Whereabouts
from trades.sync import unreadable, whereabouts
from trades.sync.windows import Window
from trades.upstreams.records import BadRow, Page

pytestmark = pytest.mark.django_db

DAY = datetime(2026, 11, 10, tzinfo=UTC)
ROW = BadRow("no id", b"{}")

Hours = tuple[int | None, int | None]


def at(hour: int | None) -> datetime | None:
    return None if hour is None else DAY + timedelta(hours=hour)


def whole(*bad: BadRow, asked_at: datetime) -> Page:
    return Page((), bad, len(bad), None, 0, asked_at)


def read(account: MarketAccount, hours: Hours, *, shows: bool, minute: int) -> None:
    bad = [ROW] if shows else []
    page = whole(*bad, asked_at=DAY + timedelta(days=1, minutes=minute))
    unreadable.keep_bad(account, bad, page.asked_at)
    whereabouts.narrow(account, Window(at(hours[0]), at(hours[1])), page)


def left(account: MarketAccount) -> list[Hours]:
    """Where it may be, in whole hours."""
    found = Whereabouts.objects.filter(bad__account=account).values_list("start", "end")
    return [(_hour(start), _hour(end)) for start, end in found]


def _hour(moment: datetime | None) -> int | None:
    return None if moment is None else round((moment - DAY) / timedelta(hours=1))


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([((10, 20), True)], [(10, 20)]),
        ([((10, None), True), ((5, 12), True)], [(10, 12)]),
        ([((10, 20), True), ((15, None), False)], [(10, 15)]),
        ([((10, 20), True), ((None, 15), False)], [(15, 20)]),
        ([((10, 20), True), ((15, None), False), ((None, 15), True)], [(10, 15)]),
        ([((10, 20), True), ((9, 21), False)], []),
        ([((10, 20), True), ((15, None), False), ((0, 15), False)], []),
        ([((None, None), True), ((0, None), False), ((None, 0), False)], []),
        ([((10, 20), True), ((12, 13), False)], [(10, 20)]),  # of its middle it takes nothing
        ([((10, 20), True), ((20, None), False), ((0, 10), False)], [(10, 20)]),
        ([((10, 12), True), ((18, 20), True)], [(18, 20)]),  # the market dates it anew
        ([((10, 20), True), ((10, 20), False)], [(10, 20)]),  # by less than a row may be outside
    ],
)
def test_each_whole_answer_narrows_it(
    readings: list[tuple[Hours, bool]], expected: list[Hours]
) -> None:
    account = make_account()
    for minute, (hours, shows) in enumerate(readings):
        read(account, hours, shows=shows, minute=minute)
    assert left(account) == expected
    assert BadRecord.objects.count() == len(expected)


def test_an_answer_asked_for_before_the_row_was_seen_says_nothing() -> None:
    account = make_account()
    read(account, (10, 20), shows=True, minute=5)
    read(account, (0, None), shows=False, minute=4)
    assert left(account) == [(10, 20)]


def test_a_row_that_no_dated_answer_showed_stays() -> None:
    account = make_account()
    unreadable.keep_bad(account, [ROW], DAY)
    read(account, (None, None), shows=False, minute=1)
    assert BadRecord.objects.count() == 1


def test_rows_of_other_accounts_and_rows_with_an_id_stay() -> None:
    account, other = make_account(), make_account()
    read(other, (10, 20), shows=True, minute=0)
    unreadable.keep_bad(account, [BadRow("odd", b"1", upstream_id="t-1")], DAY)
    read(account, (0, None), shows=False, minute=1)
    assert BadRecord.objects.count() == 2
