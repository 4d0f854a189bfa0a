"""The mirror: one row a trade as its upstream last told it, and what was seen on the way.

Mirrored columns are written by trades.sync.store alone. Money is integer milli-dollars and null
when unknown; ids are text; times are aware UTC.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import MarketAccount, Team


class Phase(models.TextChoices):
    """How far a trade is; the only status that our own code branches on."""

    OPEN = "open", "Open"
    FROZEN = "frozen", "Frozen"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    REVERTED = "reverted", "Rolled back"
    UNKNOWN = "unknown", "Unknown"


STILL_MOVING = (Phase.OPEN, Phase.FROZEN, Phase.UNKNOWN)


class Direction(models.TextChoices):
    SELL = "sell", "Sell"
    PURCHASE = "purchase", "Purchase"
    DEPOSIT = "deposit", "Deposit"
    WITHDRAWAL = "withdrawal", "Withdrawal"
    UNKNOWN = "unknown", "Unknown"


class ValueSource(models.TextChoices):
    QUOTED = "quoted", "from our own sell"
    RECOVERED = "recovered", "recovered from the market"
    NONE = "none", "unknown"


class TradeQuerySet(models.QuerySet["Trade"]):
    def in_team(self, team: Team) -> "TradeQuerySet":
        return self.filter(team=team)

    def still_moving(self) -> "TradeQuerySet":
        return self.filter(phase__in=STILL_MOVING)


class Trade(models.Model):
    account = models.ForeignKey(
        MarketAccount, on_delete=models.CASCADE, related_name="trades", db_index=False,
        db_constraint=False,  # its row is locked while trades are written, and outlives them
    )  # fmt: skip
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, related_name="trades", db_index=False,
        db_constraint=False,  # the account's
    )  # fmt: skip
    upstream_id = models.CharField(max_length=64)

    sort_at = models.DateTimeField()  # created_at, else when asked; never changed
    phase = models.CharField(max_length=10, choices=Phase.choices)
    direction = models.CharField(max_length=10, choices=Direction.choices)
    status = models.CharField(max_length=64)  # as it came
    summary = models.CharField(max_length=64, blank=True)  # as it came
    steam_status = models.IntegerField(null=True)
    game_id = models.IntegerField(null=True)

    value_milli = models.BigIntegerField(null=True)  # ours: no answer overwrites it
    value_source = models.CharField(
        max_length=10, choices=ValueSource.choices, default=ValueSource.NONE
    )

    custom_id = models.CharField(max_length=200, null=True)
    offer_id = models.CharField(max_length=64, blank=True)
    steam_trade_id = models.CharField(max_length=64, blank=True)  # the full id
    steam_trade_key = models.CharField(max_length=32, blank=True)  # the bare id before "_"
    partner_steamid = models.CharField(max_length=20, blank=True)
    bot_steamid = models.CharField(max_length=20, blank=True)
    bot_name = models.CharField(max_length=128, blank=True)
    code = models.CharField(max_length=64, blank=True)  # to compare with the one in the offer
    error = models.TextField(blank=True)
    item_names = models.TextField(blank=True)  # lower case, one a line: what is read in order
    item_count = models.IntegerField(default=0)

    created_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)
    settles_at = models.DateTimeField(null=True)

    content_hash = models.BinaryField(max_length=16)
    first_seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()  # when we last saw it change
    asked_at = models.DateTimeField()  # start of the request whose answer this is

    objects: ClassVar[TradeQuerySet] = TradeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        # The final set: on a million rows a later rebuild costs more than keeping them now.
        constraints = [
            models.UniqueConstraint(
                fields=["account", "upstream_id"], name="one_row_a_mirrored_trade"
            )
        ]
        indexes = [
            models.Index(fields=["team", "-sort_at", "-id"], name="trade_newest"),
            models.Index(fields=["account", "-sort_at", "-id"], name="trade_by_account"),
            models.Index(fields=["team", "status", "-sort_at", "-id"], name="trade_by_status"),
            models.Index(fields=["team", "game_id", "-sort_at", "-id"], name="trade_by_game"),
            models.Index(fields=["team", "-updated_at", "-id"], name="trade_by_update"),
            models.Index(
                fields=["team", "value_milli", "id"],
                condition=Q(value_milli__isnull=False),
                name="trade_by_value",
            ),
            models.Index(
                fields=["team", "settles_at", "id"],
                condition=Q(settles_at__isnull=False),
                name="trade_by_settlement",
            ),
            # On PostgreSQL without those that are done (migration 0022).
            models.Index(fields=["account", "phase", "-sort_at", "-id"], name="trade_moving"),
            # What the comparison with the market counts: read without touching the rows.
            models.Index(
                fields=["account", "direction", "game_id", "status", "created_at"],
                name="trade_census",
            ),
            models.Index(
                fields=["team", "custom_id"],
                condition=Q(custom_id__isnull=False),
                name="trade_by_custom_id",
            ),
            # Whole, not partial: SQLite uses a partial index for literal conditions only.
            models.Index(fields=["team", "offer_id"], name="trade_by_offer"),
            models.Index(fields=["team", "steam_trade_key"], name="trade_by_steam_trade"),
        ]

    def __str__(self) -> str:
        return self.upstream_id

    @property
    def is_still_moving(self) -> bool:
        return self.phase in STILL_MOVING


class TradeRaw(models.Model):
    """The last answer whole, packed (``raw_answers``), tokens cut out before storing."""

    trade = models.OneToOneField(
        Trade, on_delete=models.CASCADE, primary_key=True, related_name="raw",
        db_constraint=False,  # written with its trade, as the items are
    )  # fmt: skip
    packed = models.BinaryField()

    def __str__(self) -> str:
        return f"raw answer of trade {self.pk}"


class ItemName(models.Model):
    """What items are looked up by: each name once a team, in lower case.

    One that no item bears any more stays until its team goes.
    """

    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, related_name="item_names", db_index=False,
        db_constraint=False,  # the trades'
    )  # fmt: skip
    name = models.CharField(max_length=512)  # twice an item's: lower case can be longer

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="one_row_a_name_of_a_team")
        ]

    def __str__(self) -> str:
        return self.name


class TradeItem(models.Model):
    class Side(models.TextChoices):
        GIVEN = "given", "Given"
        RECEIVED = "received", "Received"

    trade = models.ForeignKey(
        Trade, on_delete=models.CASCADE, related_name="items", db_constraint=False
    )
    side = models.CharField(max_length=8, choices=Side.choices)
    app_id = models.IntegerField(null=True)
    context_id = models.CharField(max_length=16, blank=True)
    asset_id = models.CharField(max_length=32)
    name = models.CharField(max_length=256, blank=True)  # as it came
    folded_name = models.ForeignKey(
        ItemName, on_delete=models.DO_NOTHING, related_name="items", null=True,  # without a name
        db_constraint=False,  # a name goes with its team alone, after the items
    )  # fmt: skip
    amount = models.IntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["asset_id"], name="item_by_asset")]

    def __str__(self) -> str:
        return self.name or self.asset_id


class StatusChange(models.Model):
    """Append only: a status that we saw give way to another."""

    trade = models.ForeignKey(Trade, on_delete=models.CASCADE, related_name="status_changes")
    seen_at = models.DateTimeField()
    upstream_at = models.DateTimeField(null=True)  # the answer's updated_at
    status_before = models.CharField(max_length=64)
    status_after = models.CharField(max_length=64)
    summary_before = models.CharField(max_length=64, blank=True)
    summary_after = models.CharField(max_length=64, blank=True)
    steam_status_before = models.IntegerField(null=True)
    steam_status_after = models.IntegerField(null=True)

    class Meta:
        ordering = ["seen_at", "id"]

    def __str__(self) -> str:
        return f"{self.status_before} to {self.status_after}"


class BadRecord(models.Model):
    """A row that we could not read: kept with its reason, so that nothing is lost silently."""

    account = models.ForeignKey(MarketAccount, on_delete=models.CASCADE, related_name="bad_records")
    upstream_id = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=300)
    packed = models.BinaryField()  # by ``raw_answers``, tokens cut out
    content_hash = models.BinaryField(max_length=16)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)  # start of the request whose answer this is
    parser = models.PositiveSmallIntegerField(default=0)  # the version that could not read it
    ask_again = models.BooleanField(default=False)  # somebody wants it read from the market
    is_agreed = models.BooleanField(default=False)  # without an id, and in each of several readings

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "content_hash"], name="one_row_a_bad_record")
        ]

    def __str__(self) -> str:
        return f"{self.upstream_id or 'a row without an id'}: {self.reason}"
