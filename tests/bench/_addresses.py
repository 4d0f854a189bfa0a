"""What each bench asks a filled team: name -> address. Each finds about as much at each size."""

from datetime import timedelta

from django.urls import reverse

from tests.bench import _history
from trades.models import Trade
from trades.paging import Cursor
from trades.views.home_panels import PANELS


def _history_pages(rows: int) -> dict[str, str]:
    middle = Trade.objects.order_by("sort_at")[rows // 2]
    cursor = Cursor(True, "sort_at", middle.sort_at, middle.pk)
    width = 1_000 * _history.RARE // rows or 1
    queries = {
        "first": "",
        "deep": f"page={cursor}",
        "rare": "status=held",
        "contains": "item=karambit",
        "error": "error=escrow",
        "value": f"value_from=500&value_to={500 + width}",
        "common": "status=completed&game=730",
        "updated": "sort=updated&up=1",
        "never": "status=cancelled&game=440",
    }
    history, count = (reverse(name, args=[_history.SLUG]) for name in ("history", "history-count"))
    return {
        **{name: f"{history}?{query}" for name, query in queries.items()},
        **{f"count {name}": f"{count}?{query}" for name, query in queries.items()},
        "list alone": history,
        "empty": reverse("team-home", args=[_history.EMPTY_SLUG]),
        "admin": "/rival/trades/trade/",
        "admin contains": "/rival/trades/trade/?q=karambit",
    }


def _home_pages(rows: int) -> dict[str, str]:
    """The month and the year about the middle of the rows, so that each size has full days."""
    middle = Trade.objects.order_by("sort_at")[rows // 2].sort_at.date()
    month, year = (
        f"?period=custom&since={middle - timedelta(days=days)}&until={middle}" for days in (29, 365)
    )
    home = reverse("team-home", args=[_history.SLUG])
    panels = {name: reverse("home-panel", args=[_history.SLUG, name]) for name in PANELS}
    return {
        "month": home + month,
        "year": home + year,
        "all": f"{home}?period=all",
        "figures alone": home + month,
        **{f"panel {name}": path + year for name, path in panels.items()},
    }


PAGES = {"history": _history_pages, "home": _home_pages}
_FRAGMENTS = ("count", "panel", "list alone", "figures alone")


def is_fragment(name: str) -> bool:
    return name.startswith(_FRAGMENTS)
