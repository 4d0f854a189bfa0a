"""What home shows by day: the volume of the period and what becomes free when."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.models import MarketAccount
from dashboard.templatetags.ui import Bar, count_text
from trades import periods, stats
from trades.filters import UNKNOWN
from trades.models import Phase
from trades.settling import FreeDay, Settling
from trades.stats import Day, Tally
from trades.views.home_links import Links
from trades.views.home_scope import Scope, day_words
from trades.views.home_tiles import value_note

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
    bars = [_bar(since, found, in_money=in_money) for since, found in _slotted(span, size, days)]
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


def _slotted(span: periods.Span, size: int, days: Sequence[Day]) -> list[tuple[date, list[Day]]]:
    """Each slot's first day, and what it holds."""
    found: dict[int, list[Day]] = defaultdict(list)
    for day in days:
        found[(span.until - day.day).days // size].append(day)
    return [
        (since, found[(span.until - until).days // size]) for since, until in _slots(span, size)
    ]


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


def _bar(since: date, days: Sequence[Day], *, in_money: bool) -> Bar:
    label = f"{since.day} {since:%b}"
    if not days:
        return Bar(label, 0, "no sells")
    sells, won = sum(day.count for day in days), sum(day.won for day in days)
    unknown = sum(day.won_unknown for day in days)
    milli = sum(day.won_milli for day in days)
    words = [
        f"{count_text(sells)} {'sell' if sells == 1 else 'sells'}",
        *_part(won, f"sold or frozen ({value_note(_known(won, milli, unknown))})"),
        *_part(sum(day.open for day in days), "under way"),
        *_part(sum(day.lost for day in days), "failed or rolled back"),
    ]
    return Bar(label, milli if in_money else sells, ", ".join(words))


def _known(count: int, milli: int, unknown: int) -> Tally:
    return Tally(count, milli if unknown < count else None, unknown)


def _part(number: int, words: str) -> list[str]:
    return [f"{count_text(number)} {words}"] if number else []


def calendar(frozen: Settling, today: date, link: Links) -> list[CalendarRow]:
    """Of all frozen sells, whatever the period: day by day, late ones first."""
    return [_calendar_row(row, today, link) for row in frozen.days]


def calendar_note(frozen: Settling) -> str:
    """What all days come to, those beyond the list too."""
    whole = frozen.whole
    sells = f"{count_text(whole.count)} {'sell' if whole.count == 1 else 'sells'}"
    more = frozen.day_count - len(frozen.days)
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
