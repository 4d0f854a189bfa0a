"""What a file says of itself, so that it can be proved later: filter, rows, sum, zone, mirror."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Max

from accounts.models import MarketAccount, Team
from dashboard import clock
from trades.exports.columns import UNIT, amount
from trades.exports.reading import Sums
from trades.filters import TradeFilter
from trades.models import Difference, DifferenceKind, SyncState


class Standing(NamedTuple):
    """How the mirror of each account stands, by its id."""

    differing: Mapping[int, int]  # trades that differ from the market
    unnamed: Mapping[int, int]  # trades with a status that no document names
    read: Mapping[int, Any]  # when it was last read


def preface(
    team: Team,
    wanted: TradeFilter,
    accounts: Sequence[MarketAccount],
    counted: Sums,
    *,
    zone: ZoneInfo,
    using: str,
) -> dict[str, Any]:
    """Facts by name; every time carries its offset."""
    return {
        "team": team.name,
        "made at": clock.now().astimezone(zone).isoformat(timespec="seconds"),
        "time zone": zone.key,
        "filter": [f"{name}={text}" for name, text in wanted.params()] or ["every trade"],
        "rows": counted.rows,
        "sum of known values": {UNIT: amount(counted.value_milli) or "0.00"},
        "rows with unknown value": counted.unknown,
        "mirror": _mirror(accounts, zone, using),
    }


def _mirror(accounts: Sequence[MarketAccount], zone: ZoneInfo, using: str) -> list[str]:
    active = [account for account in accounts if account.is_active]
    ids = [account.pk for account in active]
    standing = Difference.objects.using(using).filter(account__in=ids, mended_at=None)
    differing, unnamed = dict.fromkeys(ids, 0), dict.fromkeys(ids, 0)
    for account_id, kind, size in standing.values_list("account_id", "kind", "size"):
        kept = unnamed if kind == DifferenceKind.UNKNOWN_STATUS else differing
        kept[account_id] += size
    read = dict(
        SyncState.objects.using(using)
        .filter(account__in=ids)
        .values_list("account_id")
        .annotate(Max("last_good_at"))
    )
    found = Standing(differing, unnamed, read)
    return [_of_account(each, found, zone) for each in active]


def _of_account(account: MarketAccount, found: Standing, zone: ZoneInfo) -> str:
    at, differing = found.read.get(account.pk), found.differing[account.pk]
    last = f"last read {at.astimezone(zone).isoformat(timespec='seconds')}" if at else "never read"
    state = f"{differing} differ from the market" if differing else "no known difference"
    unnamed = found.unnamed[account.pk]
    more = f", {unnamed} with a status that no document names" if unnamed else ""
    return f"{account.label} ({account.get_upstream_display()}): {last}, {state}{more}"
