"""What is mirrored (a market account) and the credentials that reach it (a person's keys)."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.crypto import SealBroken, Secret, open_sealed, seal
from accounts.models.team import Team
from accounts.trade_link import TradeLink

LONGEST_WITHOUT_LAST_FOUR = 8  # four characters of so short a key would give half of it away


class Upstream(models.TextChoices):
    """Slugs; trades.upstreams.registry says what each can do (a test keeps the two equal)."""

    VPSBOT = "vpsbot", "VPSBot Market"
    MANNCO = "mannco", "Mannco.store"
    STEAM = "steam", "Steam"


class MarketAccount(models.Model):
    """One account at one upstream. Streams, the lease and the figures hang on it, not on a key."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="market_accounts")
    upstream = models.CharField(max_length=16, choices=Upstream.choices)
    identity = models.CharField(
        max_length=128, blank=True
    )  # as the upstream names it, "" = it did not
    identity_name = models.CharField(max_length=128, blank=True)  # foreign text
    steamid64 = models.CharField(max_length=20, blank=True)
    label = models.CharField(max_length=80)
    is_active = models.BooleanField(default=True)  # False = found to be the same as another one
    stat_zone = models.CharField(
        max_length=64, default="UTC"
    )  # the zone its day figures are kept in
    created_at = models.DateTimeField(default=timezone.now)

    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "upstream", "identity"],
                condition=Q(is_active=True) & ~Q(identity=""),
                name="one_active_account_an_identity",
            )
        ]

    def __str__(self) -> str:
        return self.label


class KeyState(models.TextChoices):
    ACTIVE = "active", "Active"
    UNVERIFIED = "unverified", "Not verified yet"
    REJECTED = "rejected", "Rejected by the market"
    PAUSED = "paused", "Paused"
    REMOVED = "removed", "Removed"


class UpstreamKey(models.Model):
    """A person's credential for an account. Sealed fields open only through accounts.crypto."""

    account = models.ForeignKey(MarketAccount, on_delete=models.CASCADE, related_name="keys")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="upstream_keys"
    )
    label = models.CharField(max_length=80)
    state = models.CharField(
        max_length=12, choices=KeyState.choices, default=KeyState.UNVERIFIED, db_index=True
    )
    team_may_sell = models.BooleanField(default=True)

    seal_id = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    secret_sealed = models.BinaryField(default=b"", editable=False)  # b"" = erased
    last_four = models.CharField(max_length=4, blank=True)
    trade_link_sealed = models.BinaryField(default=b"", editable=False)  # b"" = none given
    trade_link_partner = models.CharField(max_length=20, blank=True)  # the link's steamid64

    # What a market gave for the secret, shared by all who use the key; b"" = none.
    session_sealed = models.BinaryField(default=b"", editable=False)
    session_made_at = models.DateTimeField(null=True, editable=False)
    session_ends_at = models.DateTimeField(null=True, editable=False)
    session_renewals = models.PositiveSmallIntegerField(default=0, editable=False)  # in an hour
    session_turn = models.UUIDField(null=True, editable=False)  # who asks for a new one
    session_turn_until = models.DateTimeField(null=True, editable=False)

    created_at = models.DateTimeField(default=timezone.now)
    verified_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)  # why it is not active
    last_error_at = models.DateTimeField(null=True, blank=True)
    refusals = models.PositiveSmallIntegerField(default=0)  # JSON 401/403 answers in a row
    try_again_at = models.DateTimeField(null=True, blank=True, db_index=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.label} (…{self.last_four})"

    def bind(self, field: str) -> str:
        """What a sealed value is bound to: this row and one of its fields."""
        return f"{self.seal_id}:{field}"

    def put_secret(self, text: str) -> None:
        self.secret_sealed = seal(text, self.bind("secret"))
        self.session_sealed = b""
        self.last_four = text[-4:] if len(text) > LONGEST_WITHOUT_LAST_FOUR else ""

    def open_secret(self) -> Secret:
        """``SealBroken`` when it was erased or no configured key opens it."""
        if not self.secret_sealed:
            raise SealBroken("this key was removed, its secret is erased")
        return open_sealed(self.secret_sealed, self.bind("secret"))

    def put_trade_link(self, link: TradeLink | None) -> None:
        self.trade_link_sealed = seal(link.url, self.bind("trade_link")) if link else b""
        self.trade_link_partner = link.partner_steamid if link else ""

    def open_trade_link(self) -> Secret | None:
        """None when there is none; ``SealBroken`` when no configured key opens it."""
        if not self.trade_link_sealed:
            return None
        return open_sealed(self.trade_link_sealed, self.bind("trade_link"))

    def erase(self) -> None:
        """Forget what the person entrusted; the last four stay, to tell keys apart."""
        self.secret_sealed = self.session_sealed = b""
        self.put_trade_link(None)
