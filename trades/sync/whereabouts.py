"""Where in time the rows without an id stand: nobody can ask for them, but for their stretch.

An answer that held all its rows narrows it to what it covered where it shows the row, and takes
that away where it does not. Of whom nothing is left, the market has it no more: it was repaired or
removed, and counts no longer.
"""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from accounts.models import MarketAccount
from trades.models import BadRecord, Whereabouts
from trades.sync import unreadable, windows
from trades.sync.windows import Window
from trades.upstreams.records import Page

# A row that was shown may stand so far outside: the margins, and what a market rounds.
AROUND = timedelta(seconds=4)


def narrow(account: MarketAccount, window: Window, page: Page) -> None:
    """``page`` held everything of the dated stretch, whichever way its bounds are read.

    In the transaction that stores it, and only where no row of it is in doubt: one that was
    damaged on its way would pass for gone.
    """
    shown = [bytes.fromhex(each) for each in unreadable.nameless(page.bad)]
    if shown:
        _hold(account, window, shown)
    elsewhere = _touching(account, window).exclude(bad__content_hash__in=shown)
    older = Q(bad__asked_at=None) | Q(bad__asked_at__lte=page.asked_at)
    for place in elsewhere.filter(older).select_related("bad"):
        _take_away(place, window)


def stretches(account: MarketAccount) -> list[Window]:
    """Where to look for those that count as trades, oldest first."""
    counted = Whereabouts.objects.filter(bad__account=account, bad__is_agreed=True)
    return windows.joined(Window(*each) for each in counted.values_list("start", "end"))


def is_cut_at(account: MarketAccount, moment: datetime | None) -> bool:
    """Whether one may stand in what comes before, and no more in what comes after."""
    return bool(moment) and Whereabouts.objects.filter(bad__account=account, end=moment).exists()


def are_known(account: MarketAccount, page: Page) -> bool:
    """Whether all such rows of an answer count as trades already: none of it is in doubt."""
    shown = {bytes.fromhex(each) for each in unreadable.nameless(page.bad)}
    agreed = BadRecord.objects.filter(account=account, upstream_id="", is_agreed=True)
    return agreed.filter(content_hash__in=shown).count() == len(shown)


def _hold(account: MarketAccount, window: Window, shown: list[bytes]) -> None:
    reach = Window(window.start and window.start - AROUND, window.end and window.end + AROUND)
    rows = BadRecord.objects.filter(account=account, upstream_id="", content_hash__in=shown)
    places = []
    for row in rows.select_related("whereabouts"):
        known = getattr(row, "whereabouts", None)
        start, end = windows.within(Window(known.start, known.end), reach) if known else reach
        places.append(Whereabouts(bad=row, start=start, end=end))
    Whereabouts.objects.bulk_create(
        places, update_conflicts=True, unique_fields=["bad"], update_fields=["start", "end"]
    )


def _touching(account: MarketAccount, window: Window) -> QuerySet[Whereabouts]:
    found = Whereabouts.objects.filter(bad__account=account)
    if window.start:
        found = found.filter(Q(end=None) | Q(end__gt=window.start))
    return found.filter(Q(start=None) | Q(start__lt=window.end)) if window.end else found


def _take_away(place: Whereabouts, window: Window) -> None:
    """From its middle nothing is: where it then stood would be two stretches."""
    match windows.without([Window(place.start, place.end)], window):
        case []:
            place.bad.delete()
        case [left]:
            place.start, place.end = left
            place.save(update_fields=["start", "end"])
