from datetime import date, timedelta

import pytest

from trades.periods import LABELS, Span, custom_period, last_year_of, period_named


def span(since: str, until: str) -> Span:
    return Span(date.fromisoformat(since), date.fromisoformat(until))


@pytest.mark.parametrize(
    ("name", "today", "now", "before"),
    [
        ("today", "2026-11-21", ("2026-11-21", "2026-11-21"), ("2026-11-20", "2026-11-20")),
        ("7d", "2026-11-21", ("2026-11-15", "2026-11-21"), ("2026-11-08", "2026-11-14")),
        ("30d", "2026-03-01", ("2026-01-31", "2026-03-01"), ("2026-01-01", "2026-01-30")),
        ("month", "2026-11-21", ("2026-11-01", "2026-11-21"), ("2026-10-01", "2026-10-21")),
        ("month", "2026-03-31", ("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28")),
        ("month", "2026-01-02", ("2026-01-01", "2026-01-02"), ("2025-12-01", "2025-12-02")),
        ("year", "2024-02-29", ("2024-01-01", "2024-02-29"), ("2023-01-01", "2023-02-28")),
        ("year", "2026-11-21", ("2026-01-01", "2026-11-21"), ("2025-01-01", "2025-11-21")),
        ("nonsense", "2026-11-21", ("2026-10-23", "2026-11-21"), ("2026-09-23", "2026-10-22")),
    ],
)
def test_a_period_and_the_one_before(
    name: str, today: str, now: tuple[str, str], before: tuple[str, str]
) -> None:
    period = period_named(name, date.fromisoformat(today))
    assert (period.span, period.before) == (span(*now), span(*before))


def test_all_time_has_nothing_before_it() -> None:
    assert period_named("all", date(2026, 11, 21)).before is None


def test_days_of_ones_own_are_compared_with_as_many_before() -> None:
    period = custom_period(date(2026, 1, 1), date(2026, 1, 10))
    assert period.before == span("2025-12-22", "2025-12-31")


@pytest.mark.parametrize("name", LABELS)
def test_what_reads_rows_reads_a_year_at_most(name: str) -> None:
    today = date(2026, 12, 31)
    period = period_named(name, today)
    found = last_year_of(period, today)
    assert found.until == today
    assert found.days <= 366
    assert period.span is None or found == period.span


def test_a_long_period_is_read_in_its_last_year() -> None:
    today = date(2026, 12, 31)
    period = custom_period(date(1970, 1, 2), date(2020, 6, 1))
    found = last_year_of(period, today)
    assert found.until == date(2020, 6, 1)
    assert found.since == found.until - timedelta(days=365)
