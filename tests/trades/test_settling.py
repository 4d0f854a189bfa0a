from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import MarketAccount
from tests.factories import make_account, make_trade
from trades.settling import MOST_DAYS, FreeDay, settling
from trades.stats import Tally

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
TODAY = NOON.date()


def freeze(account: MarketAccount, days: int | None, value_milli: int | None = None) -> None:
    at = None if days is None else NOON + timedelta(days=days)
    make_trade(account=account, status="accepted", settles_at=at, value_milli=value_milli)


def test_the_soonest_days_are_shown_and_all_of_them_are_summed() -> None:
    account, other = make_account(), make_account()
    for days in range(-2, MOST_DAYS):
        freeze(account, days, 1_000)
    freeze(account, -2)
    freeze(account, None)
    freeze(other, -3, 1_000)
    found = settling([account], TODAY)
    assert found.days[:2] == [
        FreeDay(date(2026, 11, 8), 2, 1_000, 1),
        FreeDay(date(2026, 11, 9), 1, 1_000, 0),
    ]
    assert len(found.days) == MOST_DAYS
    assert found.day_count == MOST_DAYS + 3
    assert found.whole == Tally(MOST_DAYS + 4, 1_000 * (MOST_DAYS + 2), 2)
    assert (found.late, found.late_since, found.undated) == (3, date(2026, 11, 8), 1)


def test_a_day_that_no_answer_named_stands_last_and_is_never_late() -> None:
    account = make_account()
    for days in (None, 3):
        freeze(account, days)
    found = settling([account], TODAY)
    assert found.days == [FreeDay(date(2026, 11, 13), 1, None, 1), FreeDay(None, 1, None, 1)]
    assert (found.late, found.late_since, found.whole) == (0, None, Tally(2, None, 2))


def test_nothing_frozen_is_nothing_late() -> None:
    found = settling([make_account()], TODAY)
    assert (found.days, found.day_count, found.whole.count, found.late) == ([], 0, 0, 0)


def test_more_days_are_not_more_rows() -> None:
    account = make_account()
    for days in range(MOST_DAYS + 6):
        freeze(account, days)
    with CaptureQueriesContext(connection) as asked:
        assert len(settling([account], TODAY).days) == MOST_DAYS
    assert len(asked) == 1
