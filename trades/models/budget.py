"""How much each account and each host was asked in the last minute, for all machines together."""

from django.db import models
from django.db.models import Q

from accounts.models import MarketAccount


class CallBudget(models.Model):
    """One row an account and one a host; changed by ``trades.budget`` alone."""

    account = models.OneToOneField(
        MarketAccount, null=True, on_delete=models.CASCADE, related_name="call_budget"
    )
    host = models.CharField(max_length=255, null=True, unique=True)
    spent = models.JSONField(default=list)  # [[slot in epoch seconds, calls], ...], oldest first
    paused_until = models.DateTimeField(null=True)  # it asked us to wait (Retry-After)
    version = models.BigIntegerField(default=0)  # moved by every change: who read an older one lost
    changed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(account__isnull=False) ^ Q(host__isnull=False),
                name="budget_of_an_account_or_a_host",
            )
        ]

    def __str__(self) -> str:
        return f"budget of {self.host or f'account {self.account_id}'}"
