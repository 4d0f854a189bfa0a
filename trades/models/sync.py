"""How far each stream of an account is, and what its runs did."""

from itertools import pairwise

from django.db import models

from accounts.models import MarketAccount


class Stream(models.TextChoices):
    """Most urgent first: a slice serves them in this order."""

    OFFERS = "offers", "Trade offers"
    EXCHANGES = "exchanges", "Single offers and rollbacks"
    OPEN = "open", "Open trades"
    ACTIVE = "active", "Active trades"
    RECENT = "recent", "New trades"
    STATISTICS = "statistics", "Market statistics"
    BACKFILL = "backfill", "History"
    NEWEST = "newest", "All trades"
    UNDATED = "undated", "Trades without a date"
    RECONCILE = "reconcile", "Comparison with the market"


HISTORY = (Stream.BACKFILL, Stream.NEWEST)  # whichever of them an account has brings its history


class SyncState(models.Model):
    account = models.ForeignKey(MarketAccount, on_delete=models.CASCADE, related_name="sync_states")
    stream = models.CharField(max_length=12, choices=Stream.choices)
    due_at = models.DateTimeField(
        null=True
    )  # null = finished, nothing to do until something wakes it
    held_until = models.DateTimeField(null=True)  # due, but this minute's calls are used up
    covered = models.JSONField(
        default=list
    )  # [[from, until], ...] ISO or null for "no end", sorted
    gaps_seen = models.JSONField(
        default=list
    )  # [[from, until, when, whose e-mail], ...] of ``gaps`` that a person acknowledged
    cursor = models.JSONField(default=dict)  # the stream's own notes of where it goes on
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(null=True)  # null = not known yet
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    last_good_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)
    last_error_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    idle_runs = models.PositiveBigIntegerField(default=0)  # runs that changed nothing

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "stream"], name="one_state_a_stream")
        ]
        indexes = [models.Index(fields=["due_at"], name="sync_due")]

    def __str__(self) -> str:
        return f"{self.stream} of account {self.account_id}"

    @property
    def gaps(self) -> list[tuple[str, str]]:
        """(from, until), ISO: what a list that forgets had forgotten before it was read."""
        if self.stream != Stream.NEWEST:
            return []
        return [(begin, end) for (_, begin), (end, _) in pairwise(self.covered) if begin and end]


class SyncRun(models.Model):
    """A run that changed or failed something; kept 30 days. Idle runs are only counted."""

    account = models.ForeignKey(MarketAccount, on_delete=models.CASCADE, related_name="sync_runs")
    stream = models.CharField(max_length=12, choices=Stream.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    calls = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-ended_at"], name="run_by_account")]

    def __str__(self) -> str:
        return f"{self.stream} of account {self.account_id} at {self.started_at:%Y-%m-%d %H:%M}"


class Watch(models.Model):
    """Somebody has a page open on this trade: it is read again every few seconds."""

    account = models.ForeignKey(MarketAccount, on_delete=models.CASCADE, related_name="watches")
    trade = models.OneToOneField("trades.Trade", on_delete=models.CASCADE, related_name="watch")
    until = models.DateTimeField()  # believed open until then; the page says so again before

    class Meta:
        indexes = [models.Index(fields=["account", "until"], name="watch_by_account")]

    def __str__(self) -> str:
        return f"watch of trade {self.trade_id}"
