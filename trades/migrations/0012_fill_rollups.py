"""Fill the new roll-ups from what stands: the totals from the day figures, the rest from trades."""

from zoneinfo import ZoneInfo

from django.db import migrations
from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from trades.models.stat import NO_DAY


def fill(apps, schema_editor):
    account_model = apps.get_model("accounts", "MarketAccount")
    for account in account_model.objects.all().iterator():
        _fill_totals(apps, account)
        _fill_frozen(apps, account)


def _fill_totals(apps, account):
    day_stat, sell_total = (apps.get_model("trades", name) for name in ("DayStat", "SellTotal"))
    rows = (
        day_stat.objects.filter(account_id=account.pk)
        .values("game_id", "status", "phase")
        .annotate(trades=Sum("count"), known=Sum("value_milli"), unknown=Sum("unknown_count"))
        .order_by()
    )
    sell_total.objects.bulk_create(
        sell_total(
            team_id=account.team_id,
            account_id=account.pk,
            game_id=row["game_id"],
            status=row["status"],
            phase=row["phase"],
            count=row["trades"],
            value_milli=row["known"],
            unknown_count=row["unknown"],
        )
        for row in rows
    )


def _fill_frozen(apps, account):
    trade, frozen_stat = (apps.get_model("trades", name) for name in ("Trade", "FrozenStat"))
    rows = (
        trade.objects.filter(account_id=account.pk, direction="sell", phase="frozen")
        .annotate(day=TruncDate("settles_at", tzinfo=ZoneInfo(account.stat_zone)))
        .values("day")
        .annotate(trades=Count("*"), known=Sum("value_milli"), valued=Count("value_milli"))
        .order_by()
    )
    frozen_stat.objects.bulk_create(
        frozen_stat(
            team_id=account.team_id,
            account_id=account.pk,
            day=row["day"] or NO_DAY,
            count=row["trades"],
            value_milli=row["known"] or 0,
            unknown_count=row["trades"] - row["valued"],
        )
        for row in rows
    )


class Migration(migrations.Migration):
    dependencies = [("trades", "0011_rollups")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
