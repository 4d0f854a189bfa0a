"""Is it us, or is the upstream down? While it is bad, silence means nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from accounts.models import KeyState, Team, Upstream
from dashboard import clock
from trades.models import SyncState

LATELY = timedelta(minutes=15)
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


def weather_of(team: Team) -> list[Weather]:
    """One query: a weather for each upstream that the team uses."""
    since = clock.now() - LATELY
    rejected = Q(account__keys__state=KeyState.REJECTED)
    rows = (
        SyncState.objects.filter(account__team=team, account__is_active=True)
        .exclude(rejected)
        .filter(Q(last_good_at__gte=since) | Q(last_error_at__gte=since, failures__gt=0))
        .order_by()
        .values_list("account__upstream")
        .annotate(asked=Count("pk"), failing=Count("pk", filter=Q(failures__gt=0)))
    )
    in_window = is_service_time(clock.now())
    return [
        Weather(slug, asked, failing, in_window and slug == Upstream.STEAM)
        for slug, asked, failing in rows
    ]


def bad_weather(team: Team) -> list[str]:
    """A sentence for each upstream that is in trouble now."""
    return [one.sentence for one in weather_of(team) if one.is_bad]


def is_service_time(moment: datetime) -> bool:
    """Steam's Tuesday window, in UTC, which reaches into Wednesday."""
    begun = moment - timedelta(hours=WINDOW_FROM)
    return begun.weekday() == TUESDAY and begun.hour < WINDOW_HOURS
