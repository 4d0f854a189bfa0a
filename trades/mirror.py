"""What the mirror of one account holds, in figures that another list can be compared with."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models import Count, Max, Min, Sum

from accounts.models import MarketAccount
from trades.models import Stream, Trade
from trades.models.sync import HISTORY


def summary(account: MarketAccount) -> dict[str, Any]:
    """Counts keyed as received; hashes over the ids as text; times in ISO; None = unknown."""
    trades = Trade.objects.filter(account=account)
    return {
        "trades": trades.count(),
        "by_status": _counts(trades, "status"),
        "by_game": _counts(trades, "game_id"),
        **_hashes(trades),
        "open": trades.still_moving().count(),
        "bad_records": account.bad_records.count(),
        "value_known": trades.filter(value_milli__isnull=False).count(),
        "value_milli": trades.aggregate(total=Sum("value_milli"))["total"],
        **_coverage(account),
    }


def _counts(trades: "Iterable[Trade]", column: str) -> dict[str, int]:
    rows = trades.order_by(column).values_list(column).annotate(Count("id"))  # type: ignore[attr-defined]
    return {"null" if value is None else str(value): count for value, count in rows}


def _hashes(trades: Any) -> dict[str, str]:
    """Sorted as text by code point, which is not every database's order."""
    rows = sorted(trades.values_list("upstream_id", "status").iterator(chunk_size=5000))
    return {
        "ids_sha256": _sha256(upstream_id for upstream_id, _ in rows),
        "id_status_sha256": _sha256(f"{upstream_id} {status}" for upstream_id, status in rows),
    }


def _sha256(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _coverage(account: MarketAccount) -> dict[str, Any]:
    """Ends come from rows seen, never from our clock: an end that is open is the last row there."""
    state = account.sync_states.filter(stream__in=HISTORY).first()
    covered = state.covered if state else []
    notes = state.cursor if state else {}
    missing = [[one[1], other[0]] for one, other in pairwise(covered)]
    unread = [*notes.get("todo", []), *notes.get("aside", [])] if notes else []
    is_forgotten = state is not None and state.stream == Stream.NEWEST
    gaps = sorted(missing if is_forgotten else unread, key=lambda gap: gap[0] or "")
    seen = Trade.objects.filter(account=account).aggregate(Min("created_at"), Max("created_at"))
    first, last = _iso(seen["created_at__min"]), _iso(seen["created_at__max"])
    newest = covered[-1] if covered else None
    return {
        "covered_from": (newest[0] or first) if newest else None,
        "covered_until": (newest[1] or last) if newest else None,
        "gaps": gaps,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
