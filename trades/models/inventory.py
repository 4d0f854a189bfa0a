"""What Steam shows of a seller's items, kept with its age; one row set a team, account and game."""

from django.db import models
from django.utils import timezone

from accounts.models import Team


class Inventory(models.Model):
    """One public inventory: a Steam account, a game and a context, as a team looks at it."""

    class State(models.TextChoices):
        NEVER = "never", "Not read yet"
        READ = "read", "Read"
        PRIVATE = "private", "Private"
        HIDDEN = "hidden", "Nothing is shown"  # Steam counts items and shows none of them
        THROTTLED = "throttled", "Steam asks us to slow down"
        FAILED = "failed", "Could not be read"

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="inventories")
    steamid64 = models.CharField(max_length=20)
    app_id = models.IntegerField()
    context_id = models.CharField(max_length=16, default="2")
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEVER)
    read_at = models.DateTimeField(null=True)  # when the items below were read whole
    asked_at = models.DateTimeField(null=True)  # the last try, good or bad
    last_error = models.CharField(max_length=300, blank=True)
    total = models.IntegerField(null=True)  # as Steam counts
    progress_done = models.IntegerField(default=0)  # of a refresh under way
    due_at = models.DateTimeField(null=True)  # null = nobody asked for a refresh
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "inventories"
        constraints = [
            models.UniqueConstraint(
                fields=["team", "steamid64", "app_id", "context_id"], name="one_row_an_inventory"
            )
        ]

    def __str__(self) -> str:
        return f"{self.steamid64}/{self.app_id}/{self.context_id}"


class InventoryItem(models.Model):
    inventory = models.ForeignKey(Inventory, on_delete=models.CASCADE, related_name="items")
    asset_id = models.CharField(max_length=32)
    class_id = models.CharField(max_length=32, blank=True)
    instance_id = models.CharField(max_length=32, blank=True)
    name = models.CharField(max_length=256)
    amount = models.IntegerField(default=1)
    is_tradable = models.BooleanField(default=False)
    is_protected = models.BooleanField(default=False)  # CS2 trade protection: context 16
    icon = models.CharField(max_length=1000, blank=True)
    rarity_colour = models.CharField(max_length=8, blank=True)  # hex, "" = unknown

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["inventory", "asset_id"], name="one_row_an_inventory_asset"
            )
        ]
        indexes = [models.Index(fields=["inventory", "name", "id"], name="inventory_by_name")]

    def __str__(self) -> str:
        return self.name


class SellDefaults(models.Model):
    """What a team's sells start from."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="sell_defaults")
    floor_milli = models.BigIntegerField(null=True)  # no item is sold below; null = no floor
    message = models.CharField(max_length=128, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "sell defaults"

    def __str__(self) -> str:
        return f"sell defaults of team {self.team_id}"
