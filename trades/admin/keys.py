"""Accounts and keys: how they stand, and the two deeds that an operator may do to them."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Max, Min, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from accounts.models import KeyState, MarketAccount, Upstream, UpstreamKey, User
from accounts.services import pause_key
from dashboard.operators import OperatorAdmin, one_of
from trades.models import SyncState
from trades.services.syncs import sync_now
from trades.tasks import sync_account, wake

YES_OR_NO = ((True, "yes"), (False, "no"))
MOST_AT_ONCE = 50  # deeds of one click


class SyncedAdmin(OperatorAdmin):
    """Lists when the account was last read well and when it is due; superusers may act."""

    account_path = "pk"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        states = SyncState.objects.filter(account=OuterRef(self.account_path)).order_by()
        by_account = states.values("account")
        rows: QuerySet[Any] = super().get_queryset(request)
        known: QuerySet[Any] = rows.annotate(
            read_at=Subquery(by_account.annotate(last=Max("last_good_at")).values("last")),
            next_at=Subquery(by_account.annotate(next=Min("due_at")).values("next")),
        )
        return known

    @admin.display(description="last good sync")
    def last_good_sync(self, row: Any) -> datetime | None:
        found: datetime | None = row.read_at
        return found

    @admin.display(description="next due")
    def next_due(self, row: Any) -> datetime | None:
        found: datetime | None = row.next_at
        return found

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Like every change: operators look, superusers act."""
        return self.has_view_permission(request) and bool(
            getattr(request.user, "is_superuser", False)
        )


@admin.register(MarketAccount)
class MarketAccountAdmin(SyncedAdmin):
    list_display = (
        *("label", "team", "upstream", "identity", "steamid64", "is_active"),
        *("last_good_sync", "next_due"),
    )
    list_select_related = ("team",)
    list_filter = (one_of("upstream", Upstream.choices), one_of("is_active", YES_OR_NO))
    exact = ("identity", "steamid64", "team__slug")
    hidden = frozenset({"lease_token"})
    actions = ("sync",)

    @admin.action(description="Sync now", permissions=["act"])
    def sync(self, request: HttpRequest, accounts: QuerySet[MarketAccount]) -> None:
        operator = _operator(request)
        chosen = accounts.filter(is_active=True, team__closed_at=None)[:MOST_AT_ONCE]
        for account in chosen:
            sync_now(account=account, by=operator)
            wake(sync_account, account.pk)
        _say(self, request, len(chosen), "account is", "accounts are", "synced now")


@admin.register(UpstreamKey)
class UpstreamKeyAdmin(SyncedAdmin):
    account_path = "account"
    list_display = (
        *("label", "last_four", "account", "owner", "state", "verified_at"),
        *("last_good_sync", "next_due"),
    )
    list_select_related = ("account", "owner")
    list_filter = (one_of("state", KeyState.choices),)
    exact = ("owner__email", "trade_link_partner", "account__team__slug")
    hidden = frozenset({"seal_id", "secret_sealed", "trade_link_sealed", "session_turn"})
    actions = ("pause",)

    @admin.action(description="Pause", permissions=["act"])
    def pause(self, request: HttpRequest, keys: QuerySet[UpstreamKey]) -> None:
        """Its owner may resume it; whoever must not is shut out as a person."""
        operator = _operator(request)
        stopped = (KeyState.PAUSED, KeyState.REMOVED)
        chosen = keys.exclude(state__in=stopped).select_related("account__team")[:MOST_AT_ONCE]
        for key in chosen:
            pause_key(key=key, by=operator)
        _say(self, request, len(chosen), "key is", "keys are", "paused")


def _operator(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("the admin lets signed-in people in alone")
    return request.user


def _say(
    site: OperatorAdmin, request: HttpRequest, count: int, one: str, many: str, done: str
) -> None:
    sentence = f"{count} {one if count == 1 else many} {done}."
    site.message_user(request, sentence, messages.SUCCESS if count else messages.WARNING)
