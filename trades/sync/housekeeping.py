"""What may be forgotten after a while."""

from datetime import timedelta

from dashboard import clock
from trades.models import SyncRun, Watch

KEEP_RUNS = timedelta(days=30)


def drop_old_runs() -> int:
    """Returns how many rows went."""
    dropped, _ = SyncRun.objects.filter(ended_at__lt=clock.now() - KEEP_RUNS).delete()
    return dropped


def drop_closed_pages() -> int:
    """Returns how many rows went."""
    dropped, _ = Watch.objects.filter(until__lt=clock.now()).delete()
    return dropped
