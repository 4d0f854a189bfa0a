"""The periods that home can be asked for: whole days of the team's accounting zone."""

from dataclasses import dataclass
from datetime import date, timedelta

DEFAULT = "30d"
CUSTOM = "custom"
LABELS = {
    "today": "Today",
    "7d": "7 d",
    "30d": "30 d",
    "month": "Month",
    "year": "Year",
    "all": "All",
}
_DAYS = {"today": 1, "7d": 7, "30d": 30}
LONGEST_SCAN = 366  # days that a panel reads trades of, and that the chart draws


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days, both ends included."""

    since: date
    until: date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1


@dataclass(frozen=True, slots=True)
class Period:
    """``span`` None is all time. ``before`` is what it is compared with, None where nothing is."""

    name: str
    span: Span | None
    before: Span | None = None
    before_words: str = ""


def period_named(name: str, today: date) -> Period:
    """One of ``LABELS``; anything else is the default."""
    if name == "all":
        return Period("all", None)
    if name == "month":
        span = Span(today.replace(day=1), today)
        return Period(name, span, _month_before(span), "the same days of the month before")
    if name == "year":
        span = Span(today.replace(month=1, day=1), today)
        return Period(name, span, _year_before(span), "the same days of the year before")
    name = name if name in _DAYS else DEFAULT
    return _compared(name, Span(today - timedelta(days=_DAYS[name] - 1), today))


def custom_period(since: date, until: date) -> Period:
    return _compared(CUSTOM, Span(since, until))


def last_year_of(period: Period, today: date) -> Span:
    """The period where it is no longer than a year, else its last year."""
    span = period.span or Span(date.min, today)
    earliest = max(span.since.toordinal(), span.until.toordinal() - LONGEST_SCAN + 1)
    return Span(date.fromordinal(earliest), span.until)


def _compared(name: str, span: Span) -> Period:
    before = Span(span.since - timedelta(days=span.days), span.since - timedelta(days=1))
    words = "the day before" if span.days == 1 else f"the {span.days} days before"
    return Period(name, span, before, words)


def _month_before(span: Span) -> Span:
    """As many days, or all of a month that has fewer."""
    last = span.since - timedelta(days=1)
    first = last.replace(day=1)
    return Span(first, min(last, first + timedelta(days=span.days - 1)))


def _year_before(span: Span) -> Span:
    year = span.since.year - 1
    is_leap_day = (span.until.month, span.until.day) == (2, 29)
    until = span.until.replace(year=year, day=28 if is_leap_day else span.until.day)
    return Span(span.since.replace(year=year), until)
