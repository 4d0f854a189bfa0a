"""The sums of an account: the thirteen dashboard statistics and the wallet."""

from trades.sandbox.accounts import Account
from trades.sandbox.statuses import LISTED_STATUSES
from trades.sandbox.store import Store

SUCCESSES = ("accepted", "completed")


def dashboard(store: Store, account_id: int, game: int | None) -> dict[str, int | float]:
    """Volume is of the successful trades, the average divides it by all trades (seed example)."""
    by_status = _by_status(store, account_id, game)
    total = sum(count for count, _ in by_status.values())
    successes = sum(by_status.get(status, (0, 0))[0] for status in SUCCESSES)
    volume = sum(by_status.get(status, (0, 0))[1] for status in SUCCESSES)
    counts = {f"{status}_count": by_status.get(status, (0, 0))[0] for status in LISTED_STATUSES}
    return {
        "total_transactions": total,
        "total_volume": volume,
        "total_revenue": volume,
        "avg_transaction": _quotient(volume, total),
        "success_rate": round(successes / total * 100, 2) if total else 0,
        **counts,
        "error_count": total - sum(counts.values()),  # whatever status no page lists
    }


def wallet(store: Store, account: Account) -> dict[str, int]:
    by_status = _by_status(store, account.id, None)
    return {
        "balance": by_status.get("completed", (0, 0))[1] - account.paid_out,
        "frozen_balance": by_status.get("accepted", (0, 0))[1],
    }


def _by_status(store: Store, account_id: int, game: int | None) -> dict[str, tuple[int, int]]:
    """status -> (how many sells, their value)."""
    rows = store.rows(
        "SELECT status, count(*), sum(value) FROM trade"
        " WHERE account_id = ? AND NOT purchase AND (? IS NULL OR game = ?) GROUP BY status",
        (account_id, game, game),
    )
    return {status: (count, value) for status, count, value in rows}


def _quotient(volume: int, total: int) -> int | float:
    if not total:
        return 0
    return volume // total if volume % total == 0 else round(volume / total, 2)
