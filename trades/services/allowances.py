"""How many calls are left of this minute, for the page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accounts.models import MarketAccount, Upstream
from trades import budget
from trades.budget import Left, Scope
from trades.connect import scopes_of


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is left of an account's calls, or, where ``host`` is named, of all accounts' there."""

    host: str
    left: Left


def allowed(accounts: Iterable[MarketAccount]) -> Mapping[int, list[Allowed]]:
    """By account; scopes that are neither counted nor paused are left out. One query."""
    scopes = {each.pk: scopes_of(Upstream(each.upstream), each.pk) for each in accounts}
    rows = budget.rows_of(scope for each in scopes.values() for scope in each)
    return {pk: list(_told(each, rows)) for pk, each in scopes.items()}


def _told(scopes: Iterable[Scope], rows: budget.Rows) -> Iterable[Allowed]:
    for scope in scopes:
        left = budget.left(rows.get((scope.account_id, scope.host)), scope.limit)
        if left.limit or left.paused_until:
            yield Allowed(scope.host or "", left)
