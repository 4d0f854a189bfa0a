"""What may be forgotten after a while."""

from datetime import timedelta

from accounts.models import Team
from dashboard import clock
from trades.models import Difference, SellRequest, SyncRun, Trade, Watch

KEEP_RUNS = timedelta(days=30)
KEEP_MENDED = timedelta(days=180)
TRADES_A_STEP = 2000


def drop_old_runs() -> int:
    """Returns how many rows went."""
    dropped, _ = SyncRun.objects.filter(ended_at__lt=clock.now() - KEEP_RUNS).delete()
    return dropped


def drop_old_differences() -> int:
    """Mended ones only; returns how many rows went."""
    dropped, _ = Difference.objects.filter(mended_at__lt=clock.now() - KEEP_MENDED).delete()
    return dropped


def drop_closed_pages() -> int:
    """Returns how many rows went."""
    dropped, _ = Watch.objects.filter(until__lt=clock.now()).delete()
    return dropped


def purge_closed_teams() -> int:
    """One short step; returns how many rows went, 0 = no closed team has any left."""
    team = Team.objects.exclude(closed_at=None).order_by("closed_at").first()
    if team is None:
        return 0
    sells, _ = SellRequest.objects.filter(team=team).delete()  # they hold quotes and trades
    some = list(
        Trade.objects.filter(team=team).order_by("pk").values_list("pk", flat=True)[:TRADES_A_STEP]
    )
    gone, _ = (
        Trade.objects.filter(pk__in=some) if some else Team.objects.filter(pk=team.pk)
    ).delete()
    return sells + gone
