"""Is it us, or is the upstream down? While it is bad, silence means nothing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import MarketAccount, Team, Upstream
from dashboard import clock
from trades import queries

BAD_SHARE = 0.5  # more than half of what was asked
# Steam is serviced on Tuesdays, most often from about 23:00 UTC; the pages say so either way.
TUESDAY, WINDOW_FROM, WINDOW_HOURS = 1, 21, 6


@dataclass(frozen=True, slots=True)
class Weather:
    """``failing`` of ``asked`` streams of an upstream got no usable answer lately."""

    upstream: str
    asked: int
    failing: int
    in_window: bool

    @property
    def is_bad(self) -> bool:
        return self.asked > 0 and self.failing / self.asked > BAD_SHARE

    @property
    def sentence(self) -> str:
        if not self.is_bad:
            return ""
        label = Upstream(self.upstream).label
        why = " It is serviced on Tuesdays at about this time." if self.in_window else ""
        return (
            f"{label} is in trouble: {self.failing} of {self.asked} kinds of questions got no "
            f"usable answer lately.{why} Nothing is called lost meanwhile; what you see is the "
            "last good answer, and the rest is caught up with the first one."
        )


def weather_among(accounts: Iterable[MarketAccount]) -> list[Weather]:
    """One for each upstream of accounts that ``queries.with_lately`` has annotated."""
    asked: Counter[str] = Counter()
    failing: Counter[str] = Counter()
    for account in accounts:
        if account.is_active:
            asked[account.upstream] += getattr(account, "asked_lately", None) or 0
            failing[account.upstream] += getattr(account, "failing_lately", None) or 0
    in_window = is_service_time(clock.now())
    return [
        Weather(slug, asked[slug], failing[slug], in_window and slug == Upstream.STEAM)
        for slug in asked
    ]


def bad_weather_among(accounts: Iterable[MarketAccount]) -> list[str]:
    """A sentence for each upstream that is in trouble now."""
    return [one.sentence for one in weather_among(accounts) if one.is_bad]


def bad_weather(team: Team) -> list[str]:
    """The same for a team; one query."""
    return bad_weather_among(queries.accounts_of(team))


def is_service_time(moment: datetime) -> bool:
    """Steam's Tuesday window, in UTC, which reaches into Wednesday."""
    begun = moment - timedelta(hours=WINDOW_FROM)
    return begun.weekday() == TUESDAY and begun.hour < WINDOW_HOURS
