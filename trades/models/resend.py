"""Sending a failed withdrawal again: what was agreed, what was sent, what became of it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team, UpstreamKey
from trades.models.trade import Trade


class ResendState(models.TextChoices):
    QUEUED = "queued", "Waiting to be sent"
    SENDING = "sending", "Being sent"
    RESENT = "resent", "Sent again"
    REFUSED = "refused", "Not sent again"
    UNKNOWN = "unknown", "Asking the market"


class ResendRequest(models.Model):
    """One yes, one call: ``sent`` twice only after the market asked for the other parameter."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="resends")
    trade = models.ForeignKey(Trade, on_delete=models.CASCADE, related_name="resends")
    key = models.ForeignKey(UpstreamKey, on_delete=models.SET_NULL, null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)

    state = models.CharField(max_length=10, choices=ResendState.choices, default=ResendState.QUEUED)
    yes_token = models.UUIDField(default=uuid.uuid4, unique=True)  # of the form: good for one yes
    is_live = models.BooleanField(default=True)  # queued, sending or unknown
    created_at = models.DateTimeField(default=timezone.now)
    state_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, default=timezone.now)  # null = nothing to do
    sends = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    status_before = models.CharField(max_length=64, blank=True)
    code_before = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=64, blank=True)  # of the new offer, as the market told it
    reason = models.CharField(max_length=300, blank=True)  # our sentence
    market_text = models.CharField(max_length=300, blank=True)  # the market's words: foreign

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["trade"], condition=Q(is_live=True), name="one_live_resend_a_trade"
            )
        ]
        indexes = [models.Index(fields=["due_at"], name="resend_due")]

    def __str__(self) -> str:
        return f"resend of trade {self.trade_id}"


class ResendParameter(models.Model):
    """The name that a server asked for, where it is not the one of the documents in hand."""

    base_url = models.CharField(max_length=255, unique=True)
    name = models.CharField(max_length=16)

    def __str__(self) -> str:
        return f"{self.name} at {self.base_url}"
