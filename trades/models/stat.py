"""Figures: ours rolled up by day, and the market's own."""

from datetime import date

from django.db import models

from accounts.models import MarketAccount, Team

NO_GAME = 0  # day figures hold nothing null; a trade without a game counts under this id
NO_DAY = date.min  # the same for a settlement day that no answer named


class DayStat(models.Model):
    """Sells of one account by game, status and day of ``sort_at`` in the account's stat zone."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, db_index=False)
    account = models.ForeignKey(
        MarketAccount, on_delete=models.CASCADE, related_name="day_stats", db_index=False
    )
    day = models.DateField()
    game_id = models.IntegerField()
    status = models.CharField(max_length=64)
    phase = models.CharField(max_length=10)
    count = models.BigIntegerField(default=0)
    value_milli = models.BigIntegerField(default=0)  # of the trades whose value is known
    unknown_count = models.BigIntegerField(default=0)  # trades whose value is not known

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "day", "game_id", "status", "phase"], name="one_row_a_day_stat"
            )
        ]
        indexes = [models.Index(fields=["team", "day"], name="day_stat_by_team")]

    def __str__(self) -> str:
        return f"{self.day} {self.game_id} {self.status}: {self.count}"


class SellTotal(models.Model):
    """``DayStat`` over all days, so that totals cost the same however long a history is."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, db_index=False)
    account = models.ForeignKey(
        MarketAccount, on_delete=models.CASCADE, related_name="sell_totals", db_index=False
    )
    game_id = models.IntegerField()
    status = models.CharField(max_length=64)
    phase = models.CharField(max_length=10)
    count = models.BigIntegerField(default=0)
    value_milli = models.BigIntegerField(default=0)
    unknown_count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "game_id", "status", "phase"], name="one_row_a_sell_total"
            )
        ]
        indexes = [models.Index(fields=["team"], name="sell_total_by_team")]

    def __str__(self) -> str:
        return f"{self.game_id} {self.status}: {self.count}"


class FrozenStat(models.Model):
    """Frozen sells of one account by the day they become free, in the account's stat zone."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, db_index=False)
    account = models.ForeignKey(
        MarketAccount, on_delete=models.CASCADE, related_name="frozen_stats", db_index=False
    )
    day = models.DateField()  # NO_DAY = the upstream gave none
    count = models.BigIntegerField(default=0)
    value_milli = models.BigIntegerField(default=0)
    unknown_count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="one_row_a_frozen_stat")
        ]
        indexes = [models.Index(fields=["team"], name="frozen_stat_by_team")]

    def __str__(self) -> str:
        return f"{self.day}: {self.count}"


class MarketStatistic(models.Model):
    """The market's thirteen statistics as it last told them; null = not given."""

    account = models.ForeignKey(
        MarketAccount, on_delete=models.CASCADE, related_name="market_statistics"
    )
    game_id = models.IntegerField()  # NO_GAME = over all games
    asked_at = models.DateTimeField()
    total_transactions = models.BigIntegerField(null=True)
    total_volume = models.BigIntegerField(null=True)  # milli-dollars
    total_revenue = models.BigIntegerField(null=True)  # milli-dollars
    avg_transaction = models.BigIntegerField(null=True)  # milli-dollars
    success_rate_milli = models.BigIntegerField(null=True)  # 1/1000 percent
    accepted_count = models.BigIntegerField(null=True)
    completed_count = models.BigIntegerField(null=True)
    processing_count = models.BigIntegerField(null=True)
    error_count = models.BigIntegerField(null=True)
    cancelled_count = models.BigIntegerField(null=True)
    declined_count = models.BigIntegerField(null=True)
    rolled_back_by_user_count = models.BigIntegerField(null=True)
    rolled_back_by_bot_count = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "game_id"], name="one_market_statistic_a_game"
            )
        ]

    def __str__(self) -> str:
        return f"statistics of account {self.account_id}, game {self.game_id or 'all'}"
