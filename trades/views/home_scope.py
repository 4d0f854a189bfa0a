"""What home is about: a period in the team's accounting zone, carried by the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Team
from dashboard import clock
from trades import periods
from trades.filter_fields import DayField
from trades.filters import TradeFilter
from trades.periods import CUSTOM, DEFAULT, LABELS, Period, Span
from trades.views.home_links import SELLS


class DaysForm(forms.Form):
    """A period of one's own; an end that is left out is today, or the other end."""

    use_required_attribute = False
    period = forms.CharField(widget=forms.HiddenInput, required=False)
    since = DayField(label="From")
    until = DayField(label="To")

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            raise ValidationError(f"{since} is after {until}.")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the periods to choose from."""

    name: str
    label: str
    url: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Scope:
    team: Team
    period: Period
    today: date
    sentence: str  # what could not be used of the address; foreign text inside

    @property
    def wanted(self) -> TradeFilter:
        """The sells of the period, as the history asks for them."""
        return self.within(self.period.span)

    def within(self, span: Span | None) -> TradeFilter:
        zone = ZoneInfo(self.team.time_zone)
        if span is None:
            return SELLS.with_(zone=zone)
        return SELLS.with_(since=span.since, until=span.until, zone=zone)

    @property
    def query(self) -> str:
        """With its "?"; nothing for the default."""
        return _query(self.period)

    def choices(self, address: str) -> list[Choice]:
        named = [periods.period_named(name, self.today) for name in LABELS]
        return [
            Choice(each.name, LABELS[each.name], address + _query(each), each == self.period)
            for each in named
        ]

    def form(self) -> DaysForm:
        """The custom days, filled with what is shown now."""
        span = self.period.span or Span(self.today, self.today)
        initial = {"period": CUSTOM, "since": span.since, "until": span.until}
        return DaysForm(initial=initial, auto_id="period-%s")

    def words(self) -> str:
        """``23 Oct to 21 Nov 2026``."""
        span = self.period.span
        if span is None:
            return "of all times"
        if span.days == 1:
            return day_words(span.until)
        return f"{day_words(span.since)} to {day_words(span.until)}"


def scope_of(team: Team, asked: Mapping[str, str]) -> Scope:
    today = clock.now().astimezone(ZoneInfo(team.time_zone)).date()
    name = asked.get("period", DEFAULT)
    if name != CUSTOM:
        return Scope(team, periods.period_named(name, today), today, "")
    form = DaysForm(asked)
    if not form.is_valid():
        sentences = [str(text) for texts in form.errors.values() for text in texts]
        usual = periods.period_named(DEFAULT, today)
        return Scope(team, usual, today, f"{' '.join(sentences)} Shown are the last 30 days.")
    until = form.cleaned_data["until"] or max(today, form.cleaned_data["since"] or today)
    since = form.cleaned_data["since"] or until
    return Scope(team, periods.custom_period(since, until), today, "")


def _query(period: Period) -> str:
    if period.name == DEFAULT:
        return ""
    asked = {"period": period.name}
    if period.name == CUSTOM and period.span:
        asked |= {"since": f"{period.span.since}", "until": f"{period.span.until}"}
    return f"?{urlencode(asked)}"


def day_words(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"
