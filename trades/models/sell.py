"""From a quote to a sell: what was asked, what was answered, what was agreed, what became of it.

Money is integer milli-dollars, per item. Quotes are kept for good.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.crypto import Secret, open_sealed, seal
from accounts.models import MarketAccount, Team, UpstreamKey
from trades.models.trade import Trade

CUSTOM_ID_PREFIX = "sellside-"  # then a random uuid: letters, digits and dashes only


class SellDraft(models.Model):
    """A selection on its way from the inventory to a yes; a refresh of the page keeps it."""

    class State(models.TextChoices):
        CHOSEN = "chosen", "Chosen"
        MATCHED = "matched", "Matched"
        REVIEWED = "reviewed", "Reviewed"
        SOLD = "sold", "Agreed"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="sell_drafts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    key = models.ForeignKey(UpstreamKey, on_delete=models.CASCADE)
    steamid64 = models.CharField(max_length=20)
    game_id = models.IntegerField()
    message = models.CharField(max_length=128, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CHOSEN)
    yes_token = models.UUIDField(default=uuid.uuid4)  # new with every review; good for one yes
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"draft {self.pk} of team {self.team_id}"


class Quote(models.Model):
    """One match answer: one buyer, one price an item name. Never changed, never deleted."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="quotes")
    account = models.ForeignKey(MarketAccount, on_delete=models.CASCADE, related_name="quotes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    draft = models.ForeignKey(SellDraft, on_delete=models.SET_NULL, null=True)
    game_id = models.IntegerField()
    buyer_id = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField()
    is_review = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["team", "-asked_at"], name="quote_by_team")]

    def __str__(self) -> str:
        return f"quote of {self.asked_at:%Y-%m-%d %H:%M:%S}"


class QuoteLine(models.Model):
    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="lines")
    name = models.CharField(max_length=256)
    asked_amount = models.IntegerField()
    amount = models.IntegerField()  # how many the buyer takes
    price_milli = models.BigIntegerField()  # per item; 0 = no buyer
    error = models.CharField(max_length=300, blank=True)  # foreign text

    def __str__(self) -> str:
        return f"{self.amount} x {self.name}"


class DraftItem(models.Model):
    """One asset of a draft, with the price it was matched at and the one it was reviewed at."""

    draft = models.ForeignKey(SellDraft, on_delete=models.CASCADE, related_name="items")
    context_id = models.CharField(max_length=16, default="2")
    asset_id = models.CharField(max_length=32)
    name = models.CharField(max_length=256)
    floor_milli = models.BigIntegerField(null=True)  # null = the team's default
    is_chosen = models.BooleanField(default=True)
    matched = models.ForeignKey(QuoteLine, on_delete=models.SET_NULL, null=True, related_name="+")
    reviewed = models.ForeignKey(QuoteLine, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["draft", "context_id", "asset_id"], name="one_row_a_draft_asset"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SellState(models.TextChoices):
    QUEUED = "queued", "Queued"
    SENDING = "sending", "Sending"
    CREATED = "created", "Created"
    REFUSED = "refused", "Refused"
    UNKNOWN = "unknown", "Asking the market"
    EXPIRED = "expired", "Expired"


class SellRequest(models.Model):
    """The intent of one yes and its fate. ``custom_id`` and the bytes sent never change."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="sell_requests")
    account = models.ForeignKey(
        MarketAccount, on_delete=models.CASCADE, related_name="sell_requests"
    )
    key = models.ForeignKey(UpstreamKey, on_delete=models.CASCADE, related_name="sell_requests")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    quote = models.ForeignKey(Quote, on_delete=models.RESTRICT)
    custom_id = models.CharField(max_length=64, unique=True)
    buyer_id = models.CharField(max_length=64)
    game_id = models.IntegerField()
    items_count = models.IntegerField()
    total_milli = models.BigIntegerField()

    seal_id = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    payload = models.BinaryField()  # the bytes to send, a placeholder where the trade link goes
    trade_link_sealed = models.BinaryField(editable=False)

    state = models.CharField(max_length=10, choices=SellState.choices, default=SellState.QUEUED)
    state_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, default=timezone.now)  # null = nothing to do
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    sends = models.PositiveIntegerField(default=0)  # sends that may have reached the market
    answer_lost = models.BooleanField(default=False)  # from then on no 400 proves anything
    last_sent_at = models.DateTimeField(null=True)
    not_found_at = models.DateTimeField(null=True)  # the first 404 since the last send
    reason = models.CharField(max_length=300, blank=True)  # our sentence
    market_text = models.CharField(max_length=300, blank=True)  # the market's words: foreign

    upstream_trade_id = models.CharField(max_length=64, blank=True)
    trade = models.OneToOneField(
        Trade, on_delete=models.SET_NULL, null=True, related_name="sell_request"
    )
    bot_steamid = models.CharField(max_length=20, blank=True)
    bot_name = models.CharField(max_length=128, blank=True)
    market_items_count = models.IntegerField(null=True)  # as the market's receipt says
    market_total_milli = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="sell_due"),
            models.Index(fields=["team", "-created_at", "-id"], name="sell_newest"),
        ]

    def __str__(self) -> str:
        return self.custom_id

    def put_trade_link(self, link: Secret) -> None:
        self.trade_link_sealed = seal(link.reveal(), f"{self.seal_id}:sell_trade_link")

    def open_trade_link(self) -> Secret:
        return open_sealed(self.trade_link_sealed, f"{self.seal_id}:sell_trade_link")


class SellItem(models.Model):
    """One asset of a request. While it is live nobody else can sell the same asset."""

    request = models.ForeignKey(SellRequest, on_delete=models.CASCADE, related_name="items")
    claim_scope = models.CharField(max_length=80)  # the Steam account, see services.selling
    app_id = models.IntegerField()
    context_id = models.CharField(max_length=16)
    asset_id = models.CharField(max_length=32)
    name = models.CharField(max_length=256)
    price_milli = models.BigIntegerField()
    is_live = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim_scope", "app_id", "context_id", "asset_id"],
                condition=Q(is_live=True),
                name="one_live_sell_an_asset",
            )
        ]

    def __str__(self) -> str:
        return self.name


class SellList(models.Model):
    """A saved selection with floor prices, to be matched and reviewed again."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="sell_lists")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    name = models.CharField(max_length=80)
    game_id = models.IntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="one_list_a_name")]

    def __str__(self) -> str:
        return self.name


class SellListLine(models.Model):
    sell_list = models.ForeignKey(SellList, on_delete=models.CASCADE, related_name="lines")
    name = models.CharField(max_length=256)
    amount = models.IntegerField(default=1)
    floor_milli = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sell_list", "name"], name="one_line_a_name")
        ]

    def __str__(self) -> str:
        return f"{self.amount} x {self.name}"
