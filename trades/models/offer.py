"""Steam's trade offers as Steam last told them, what the guard thinks of them, and what keys see.

Money is integer milli-dollars and null when unknown; ids are text; times are aware UTC.
"""

from django.conf import settings
from django.db import models

from accounts.models import MarketAccount, Team, UpstreamKey


class OfferVerdict(models.TextChoices):
    """The words of ``trades.sync.guard.judge`` (a test keeps the two equal)."""

    MATCHED = "matched", "Expected"
    HARMLESS = "harmless", "Takes nothing"
    WAITING = "waiting", "Being checked"
    UNCHECKED = "unchecked", "Cannot be checked"
    ALARM = "alarm", "Not expected"
    PAST = "past", "Over"


class Exchange(models.TextChoices):
    """What GetTradeStatus said of an accepted offer within its seven days."""

    NOT_DUE = "", "Nothing to check"
    FINE = "fine", "Not rolled back"
    REVERTED = "reverted", "Rolled back"
    REFUSED = "refused", "Not checked: Steam refuses the question"
    SILENT = "silent", "Not checked: Steam says nothing of it"
    OFF = "off", "Not checked: switched off"


class SteamOffer(models.Model):
    account = models.ForeignKey(
        MarketAccount, on_delete=models.CASCADE, related_name="offers", db_index=False
    )
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="offers", db_index=False)
    offer_id = models.CharField(max_length=32)
    sort_at = models.DateTimeField()  # created_at, else first seen; never null, never changed

    state = models.IntegerField()  # as it came
    is_ours = models.BooleanField()  # sent in the account's name
    partner_steamid = models.CharField(max_length=20)
    message = models.TextField(blank=True)  # foreign text
    steam_trade_id = models.CharField(max_length=32, blank=True)  # the bare id
    confirmation = models.IntegerField(null=True)
    gives = models.IntegerField(default=0)  # items, counted by assets
    receives = models.IntegerField(default=0)
    item_names = models.TextField(blank=True)  # lower case, one a line
    is_described = models.BooleanField(default=True)  # False = some look is missing
    created_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    escrow_ends_at = models.DateTimeField(null=True)
    content_hash = models.BinaryField(max_length=16)
    first_seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    asked_at = models.DateTimeField()  # start of the request whose answer this is

    verdict = models.CharField(
        max_length=10, choices=OfferVerdict.choices, default=OfferVerdict.UNCHECKED
    )
    reasons = models.JSONField(default=list)  # sentences
    judged_at = models.DateTimeField(null=True)  # first, or when a market was last asked
    market_asked = models.PositiveSmallIntegerField(default=0)  # times no market knew its id
    alarmed_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    exchange = models.CharField(
        max_length=10, choices=Exchange.choices, default=Exchange.NOT_DUE, blank=True
    )
    exchange_at = models.DateTimeField(null=True)
    reversal_id = models.CharField(max_length=32, blank=True)  # the trade that brought items back
    is_reverted = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "offer_id"], name="one_row_a_steam_offer")
        ]
        indexes = [
            models.Index(fields=["team", "-sort_at", "-id"], name="offer_newest"),
            models.Index(fields=["team", "verdict", "acknowledged_at"], name="offer_by_verdict"),
            models.Index(fields=["team", "offer_id"], name="offer_by_id"),
            models.Index(fields=["account", "state"], name="offer_by_state"),
            models.Index(fields=["account", "-updated_at"], name="offer_by_update"),
            models.Index(fields=["team", "is_reverted"], name="offer_reverted"),
        ]

    def __str__(self) -> str:
        return self.offer_id


class SteamOfferItem(models.Model):
    class Side(models.TextChoices):
        GIVEN = "given", "You give"
        RECEIVED = "received", "You get"

    offer = models.ForeignKey(SteamOffer, on_delete=models.CASCADE, related_name="items")
    side = models.CharField(max_length=8, choices=Side.choices)
    app_id = models.IntegerField()
    context_id = models.CharField(max_length=16, blank=True)
    asset_id = models.CharField(max_length=32, blank=True)  # "" for a currency
    currency_id = models.CharField(max_length=32, blank=True)
    class_id = models.CharField(max_length=32, blank=True)
    instance_id = models.CharField(max_length=32, blank=True)
    amount = models.BigIntegerField(default=1)
    is_missing = models.BooleanField(default=False)
    estimate_milli = models.BigIntegerField(null=True)
    name = models.CharField(max_length=256, blank=True)
    icon = models.CharField(max_length=1000, blank=True)
    rarity_colour = models.CharField(max_length=8, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["asset_id"], name="offer_item_by_asset")]

    def __str__(self) -> str:
        return self.name or self.asset_id or self.currency_id


class KeySight(models.Model):
    """What a Steam credential lets us see. An empty answer is blindness, not "no offers"."""

    class Sight(models.TextChoices):
        SEES = "sees", "Sees the offers"
        UNKNOWN = "unknown", "Not asked yet"
        PART = "part", "Sees part of the offers"
        BLIND = "blind", "Blind"

    RANKS = {Sight.SEES: 0, Sight.UNKNOWN: 1, Sight.PART: 1, Sight.BLIND: 2}

    key = models.OneToOneField(
        UpstreamKey, on_delete=models.CASCADE, primary_key=True, related_name="sight"
    )
    sight = models.CharField(max_length=8, choices=Sight.choices, default=Sight.UNKNOWN)
    rank = models.PositiveSmallIntegerField(default=1)  # the lowest is asked first
    reason = models.CharField(max_length=400, blank=True)
    cure = models.CharField(max_length=400, blank=True)
    doubt = models.CharField(max_length=400, blank=True)  # signs that it opens another account
    since = models.DateTimeField()
    looked_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)  # of an access token

    def __str__(self) -> str:
        return self.sight
