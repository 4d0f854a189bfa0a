"""What home shows by day: the volume of the period and what becomes free when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.models import MarketAccount
from dashboard.templatetags.ui import Bar, count_text
from trades import periods, stats
from trades.filters import UNKNOWN
from trades.models import Phase
from trades.stats import Day, FreeDay, Tally
from trades.views.home_links import Links
from trades.views.home_scope import Scope, day_words
from trades.views.home_tiles import value_note

CALENDAR_ROWS = 14
MOST_BARS = 100
WEEK = 7


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    bars: Sequence[Bar]
    head: str  # of the bars' column in the table
    unit: str  # of the values: "money" or "count"
    note: str


@dataclass(frozen=True, slots=True)
class CalendarRow:
    day: str
    sells: str
    is_one: bool
    value: str
    is_late: bool
    url: str


def chart(accounts: Sequence[MarketAccount], scope: Scope) -> Chart:
    """Volume by day, by week from a hundred days on; its last year where it is longer."""
    span = periods.last_year_of(scope.period, scope.today)
    days = stats.days_of(accounts, span.since, span.until)
    size = 1 if span.days <= MOST_BARS else WEEK
    if scope.period.span is None and days:
        span = periods.Span(max(span.since, days[0].day), span.until)
    in_money = _is_mostly_known(days)
    bars = [_bar(since, until, days, in_money=in_money) for since, until in _slots(span, size)]
    per = "day" if size == 1 else "week"
    return Chart(
        title=f"{'Volume' if in_money else 'Sells'} per {per}",
        bars=bars,
        head=per.capitalize(),
        unit="money" if in_money else "count",
        note=_chart_note(scope, span, in_money=in_money),
    )


def _slots(span: periods.Span, size: int) -> list[tuple[date, date]]:
    """Slots of so many days, the last one whole."""
    number = -(-span.days // size)
    ends = [span.until - timedelta(days=size * place) for place in reversed(range(number))]
    return [(max(span.since, end - timedelta(days=size - 1)), end) for end in ends]


def _is_mostly_known(days: Sequence[Day]) -> bool:
    """Money is drawn where most of what was won has a value; else bars would only show luck."""
    won = sum(day.won for day in days)
    return bool(won) and sum(day.won_unknown for day in days) * 2 < won


def _chart_note(scope: Scope, span: periods.Span, *, in_money: bool) -> str:
    what = "value of what is sold or frozen" if in_money else "most values are unknown"
    whole = scope.period.span
    is_cut = whole is None or span.days < whole.days
    since = f", from {day_words(span.since)}" if is_cut else ""
    return f"{what}{since}"


def _bar(since: date, until: date, days: Sequence[Day], *, in_money: bool) -> Bar:
    label = f"{since.day} {since:%b}"
    found = [day for day in days if since <= day.day <= until]
    if not found:
        return Bar(label, 0, "no sells")
    sells, won = sum(day.count for day in found), sum(day.won for day in found)
    unknown = sum(day.won_unknown for day in found)
    milli = sum(day.won_milli for day in found)
    words = [
        f"{count_text(sells)} {'sell' if sells == 1 else 'sells'}",
        *_part(won, f"sold or frozen ({value_note(_known(won, milli, unknown))})"),
        *_part(sum(day.open for day in found), "under way"),
        *_part(sum(day.lost for day in found), "failed or rolled back"),
    ]
    return Bar(label, milli if in_money else sells, ", ".join(words))


def _known(count: int, milli: int, unknown: int) -> Tally:
    return Tally(count, milli if unknown < count else None, unknown)


def _part(number: int, words: str) -> list[str]:
    return [f"{count_text(number)} {words}"] if number else []


def calendar(frozen: Sequence[FreeDay], today: date, link: Links) -> list[CalendarRow]:
    """Of all frozen sells, whatever the period: day by day, late ones first."""
    return [_calendar_row(row, today, link) for row in frozen[:CALENDAR_ROWS]]


def calendar_note(frozen: Sequence[FreeDay]) -> str:
    """What all days come to, those beyond the list too."""
    whole = Tally(
        sum(row.sells for row in frozen),
        sum(row.value_milli or 0 for row in frozen),
        sum(row.unknown_count for row in frozen),
    )
    if whole.unknown_count == whole.count:
        whole = Tally(whole.count, None, whole.unknown_count)
    sells = f"{count_text(whole.count)} {'sell' if whole.count == 1 else 'sells'}"
    more = len(frozen) - CALENDAR_ROWS
    beyond = f" · {more} more days" if more > 0 else ""
    return f"{sells}, {value_note(whole)}{beyond}" if whole.count else ""


def _calendar_row(row: FreeDay, today: date, link: Links) -> CalendarRow:
    asked = row.day.isoformat() if row.day else UNKNOWN
    return CalendarRow(
        day=day_word(row.day, today) if row.day else "no day given",
        sells=count_text(row.sells),
        is_one=row.sells == 1,
        value=value_note(Tally(row.sells, row.value_milli, row.unknown_count)),
        is_late=row.day is not None and row.day < today,
        url=link.sells(phase=Phase.FROZEN.value, free=asked),
    )


def day_word(day: date, today: date) -> str:
    if day == today:
        return "today"
    if day == today + timedelta(days=1):
        return "tomorrow"
    year = f" {day.year}" if day.year != today.year else ""
    return f"{day:%a} {day.day} {day:%b}{year}"
