"""Differences written down: those that stand, one row a mark, and those that were mended."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import MarketAccount
from dashboard import clock
from trades.models import Difference, DifferenceKind


def standing(account: MarketAccount) -> QuerySet[Difference]:
    return Difference.objects.filter(account=account, mended_at__isnull=True)


def stands(
    account: MarketAccount, kind: DifferenceKind, mark: str, since: datetime, **columns: Any
) -> None:
    """It stands: shown until it is mended."""
    now = clock.now()
    mine = standing(account).filter(mark=mark)
    if not mine.update(kind=kind, seen_at=now, **columns):
        Difference.objects.create(
            account=account, kind=kind, mark=mark, since=since, seen_at=now, **columns
        )


def was_mended(
    account: MarketAccount, kind: DifferenceKind, mark: str, since: datetime, **columns: Any
) -> None:
    """Found and put right in the same transaction."""
    now = clock.now()
    Difference.objects.create(
        account=account, kind=kind, mark=mark, since=since, seen_at=now, mended_at=now, **columns
    )


def mend(account: MarketAccount, marks: Iterable[str]) -> None:
    """These no longer stand."""
    gone = standing(account).filter(mark__in=list(marks))
    gone.update(mended_at=clock.now())


def mend_all_but(account: MarketAccount, prefix: str, marks: Iterable[str]) -> None:
    """Of those whose mark begins so, only ``marks`` still stand."""
    gone = standing(account).filter(mark__startswith=prefix).exclude(mark__in=list(marks))
    gone.update(mended_at=clock.now())
