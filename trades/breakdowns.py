"""Where a period's sells went, by bot, reason, item and time: read from the trades themselves.

Everything here reads rows, so whoever asks bounds them to a year. None is unknown, never 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    CharField,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)

from accounts.models import MarketAccount
from trades.models import Direction, Phase, StatusChange, Trade, TradeItem
from trades.stats import SUCCESSES

SHOWN = 12
FAILURES = (Phase.FAILED, Phase.REVERTED)
_BOT = Case(
    When(bot_steamid="", then=F("bot_name")), default=F("bot_steamid"), output_field=CharField()
)


class Shares(NamedTuple):
    """Sells of one kind, and how they went."""

    key: str
    name: str
    sells: int
    succeeded: int  # accepted or completed, as the market counts
    free: int
    reverted: int
    ended: int  # free, failed or rolled back
    value_milli: int | None  # of the known ones; None when none is known
    unknown_count: int


class Reason(NamedTuple):
    phase: str
    status: str
    error: str  # foreign text, "" where the market said nothing
    sells: int


@dataclass(frozen=True, slots=True)
class Wait:
    """How long one step took; None where no sell shows it."""

    sells: int
    median: timedelta | None
    ninetieth: timedelta | None


class Waits(NamedTuple):
    yes_to_accepted: Wait  # of own sells
    created_to_accepted: Wait  # of all others
    accepted_to_settled: Wait
    yes_to_settled: Wait  # of own sells


class Exposure(NamedTuple):
    """Frozen sells, which can still be rolled back."""

    key: str
    name: str
    sells: int
    value_milli: int | None
    unknown_count: int


def by_bot(trades: QuerySet[Trade]) -> list[Shares]:
    """The busiest first. A bot is known by its steamid64, by its name where it has none."""
    rows = trades.order_by().annotate(key=_BOT).values("key").annotate(name=Max("bot_name"))
    counted = rows.annotate(
        sells=Count("pk"),
        succeeded=Count("pk", filter=Q(status__in=SUCCESSES)),
        free=Count("pk", filter=Q(phase=Phase.DONE)),
        reverted=Count("pk", filter=Q(phase=Phase.REVERTED)),
        ended=Count("pk", filter=Q(phase__in=[Phase.DONE, *FAILURES])),
        known=Sum("value_milli"),
        valued=Count("value_milli"),
    )
    return [
        Shares(
            row["key"], row["name"] or row["key"], row["sells"], row["succeeded"], row["free"],
            row["reverted"], row["ended"], row["known"], row["sells"] - row["valued"],
        )
        for row in counted.order_by("-sells", "key")[:SHOWN]
    ]  # fmt: skip


def reasons(trades: QuerySet[Trade]) -> tuple[list[Reason], int]:
    """Why sells failed or were rolled back, the commonest first, and how many more there are."""
    failed = trades.filter(phase__in=FAILURES).order_by()
    rows = failed.values_list("phase", "status", "error").annotate(sells=Count("pk"))
    shown = [Reason(*row) for row in rows.order_by("-sells", "status", "error", "phase")[:SHOWN]]
    told = sum(reason.sells for reason in shown)
    return shown, failed.count() - told if len(shown) == SHOWN else 0


def top_items(trades: QuerySet[Trade]) -> list[tuple[str, int, int]]:
    """(name, items, sells that hold it), the most sold first; of what was not lost."""
    sold = trades.filter(phase__in=[Phase.DONE, Phase.FROZEN]).order_by()
    items = TradeItem.objects.filter(
        trade__in=sold.values("pk"), side=TradeItem.Side.GIVEN
    ).exclude(name="")
    rows = items.values_list("name").annotate(
        items=Sum("amount"), sells=Count("trade", distinct=True)
    )
    return list(rows.order_by("-items", "name")[:SHOWN])


def waits(trades: QuerySet[Trade]) -> Waits:
    """How long each step took, where we saw both of its moments.

    An own sell begins with its yes, by our clock; every other moment is the market's own time of
    the change, not the one when we heard of it.
    """
    changes = StatusChange.objects.filter(
        trade__in=trades.order_by().values("pk"), upstream_at__isnull=False
    )
    accepted = changes.filter(status_after="accepted")
    settled = changes.filter(status_before="accepted", status_after="completed")
    since = StatusChange.objects.filter(
        trade=OuterRef("trade"), status_after="accepted", upstream_at__isnull=False
    ).values("trade").annotate(first=Min("upstream_at")).values("first")  # fmt: skip
    agreed, own = "trade__sell_request__created_at", {"trade__sell_request__isnull": False}
    return Waits(
        yes_to_accepted=_wait(accepted.filter(**own), F(agreed)),
        created_to_accepted=_wait(accepted.exclude(**own), F("trade__created_at")),
        accepted_to_settled=_wait(settled, Subquery(since)),
        yes_to_settled=_wait(settled.filter(**own), F(agreed)),
    )


def _wait(changes: QuerySet[StatusChange], begun: Any) -> Wait:
    """From ``begun`` to the first such change of each trade; one that would have ended before it
    began is no measurement."""
    firsts = changes.annotate(begun=begun).order_by().values("trade", "begun")
    took = ExpressionWrapper(Min("upstream_at") - F("begun"), output_field=DurationField())
    kept = firsts.annotate(took=took).filter(begun__isnull=False, took__gte=timedelta())
    known = kept.order_by("took").values_list("took", flat=True)
    number = known.count()
    if not number:
        return Wait(0, None, None)
    return Wait(number, known[_place(number, 50)], known[_place(number, 90)])


def _place(number: int, percent: int) -> int:
    """Of the value that so many percent do not exceed, in a sorted list."""
    return max(0, -(-number * percent // 100) - 1)


def frozen(accounts: Sequence[MarketAccount]) -> QuerySet[Trade]:
    return Trade.objects.filter(
        account_id__in=[account.pk for account in accounts if account.is_active],
        phase=Phase.FROZEN,
        direction=Direction.SELL,
    )


def exposed_by_bot(accounts: Sequence[MarketAccount]) -> list[Exposure]:
    """The most sells first."""
    rows = frozen(accounts).order_by().annotate(key=_BOT).values("key")
    counted = rows.annotate(
        name=Max("bot_name"), sells=Count("pk"), known=Sum("value_milli"),
        valued=Count("value_milli"),
    )  # fmt: skip
    return [
        Exposure(row["key"], row["name"] or row["key"], row["sells"], row["known"],
                 row["sells"] - row["valued"])
        for row in counted.order_by("-sells", "key")[:SHOWN]
    ]  # fmt: skip


def rollbacks_of(trades: QuerySet[Trade], keys: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Bot -> (rolled back, rolled back or free) of these trades."""
    ended = trades.filter(phase__in=[Phase.DONE, Phase.REVERTED]).order_by()
    rows = ended.annotate(key=_BOT).filter(key__in=keys).values_list("key")
    counted = rows.annotate(reverted=Count("pk", filter=Q(phase=Phase.REVERTED)), ended=Count("pk"))
    return {key: (reverted, ended) for key, reverted, ended in counted}
