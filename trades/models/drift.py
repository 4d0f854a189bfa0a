"""Where the mirror and the market differ: what stands, and a log of what was mended."""

from django.db import models
from django.db.models import Q

from accounts.models import MarketAccount
from trades.models.trade import Trade


class DifferenceKind(models.TextChoices):
    LOST = "lost", "Lost trade"
    PHANTOM = "phantom", "No longer listed"
    STATUS = "status", "Wrong status"
    GAME = "game", "Wrong game"
    CONTENT = "content", "Wrong details"
    FIGURES = "figures", "Wrong day figures"
    UNKNOWN_STATUS = "unknown_status", "Unknown status"
    MANY = "many", "Many trades"
    MARKET = "market", "The market contradicts itself"
    UNEXPLAINED = "unexplained", "Not explained"


class Difference(models.Model):
    """One difference. While it stands there is one row a ``mark``; mended ones are the log."""

    account = models.ForeignKey(MarketAccount, on_delete=models.CASCADE, related_name="differences")
    kind = models.CharField(max_length=16, choices=DifferenceKind.choices)
    mark = models.CharField(max_length=200)  # what it is about, unique while it stands
    trade = models.ForeignKey(Trade, on_delete=models.SET_NULL, null=True, related_name="+")
    upstream_id = models.CharField(max_length=64, blank=True)
    game_id = models.IntegerField(null=True)  # null = over all games, or not told
    status = models.CharField(max_length=64, blank=True)
    ours = models.CharField(max_length=200, blank=True)  # a word or a count, as it is shown
    theirs = models.CharField(max_length=200, blank=True)
    size = models.BigIntegerField(default=1)  # how many trades
    since = models.DateTimeField()
    seen_at = models.DateTimeField()  # when it was last found to stand
    mended_at = models.DateTimeField(null=True)  # null = it stands

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "mark"],
                condition=Q(mended_at__isnull=True),
                name="one_standing_difference_a_mark",
            )
        ]
        indexes = [models.Index(fields=["account", "-since", "-id"], name="difference_newest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.mark}"
