"""The mirror, inventories, quotes and sells for operators: all of it to be read, none changed."""

from django.contrib import admin

from dashboard.operators import OperatorAdmin, one_of, since
from trades.models import (
    BadRecord,
    DayStat,
    DefaultView,
    Difference,
    DifferenceKind,
    DraftItem,
    FrozenStat,
    Inventory,
    InventoryItem,
    ItemName,
    MarketStatistic,
    Phase,
    Quote,
    QuoteLine,
    SavedView,
    SellDefaults,
    SellDraft,
    SellItem,
    SellList,
    SellListLine,
    SellRequest,
    SellState,
    SellTotal,
    StatusChange,
    Stream,
    SyncRun,
    SyncState,
    Trade,
    TradeItem,
    TradeRaw,
    Whereabouts,
)

LEASE = frozenset({"lease_token"})


# -- the mirror --


@admin.register(Trade)
class TradeAdmin(OperatorAdmin):
    list_display = ("upstream_id", "account", "phase", "status", "value_milli", "sort_at")
    list_select_related = ("account",)
    list_filter = (
        one_of("phase", Phase.choices, via="account"),
        since("sort_at", via="team"),
    )
    exact = ("account>upstream_id", "team>custom_id", "team>offer_id", "team>steam_trade_key")


@admin.register(TradeItem)
class TradeItemAdmin(OperatorAdmin):
    list_display = ("name", "asset_id", "app_id", "side", "trade")
    list_select_related = ("trade",)
    exact = ("asset_id", "trade_id")


@admin.register(ItemName)
class ItemNameAdmin(OperatorAdmin):
    list_display = ("name", "team")
    list_select_related = ("team",)
    exact = ("team__slug",)


@admin.register(TradeRaw)
class TradeRawAdmin(OperatorAdmin):
    """That there is an answer; what it says stands on the trade's own page, for its team."""

    list_display = ("trade_id",)


@admin.register(StatusChange)
class StatusChangeAdmin(OperatorAdmin):
    list_display = ("trade", "status_before", "status_after", "seen_at")
    list_select_related = ("trade",)
    exact = ("trade_id",)


@admin.register(BadRecord)
class BadRecordAdmin(OperatorAdmin):
    list_display = ("upstream_id", "account", "reason", "first_seen_at", "last_seen_at")
    list_select_related = ("account",)
    exact = ("account_id",)


@admin.register(Whereabouts)
class WhereaboutsAdmin(OperatorAdmin):
    list_display = ("bad", "start", "end")
    list_select_related = ("bad",)


@admin.register(DayStat)
class DayStatAdmin(OperatorAdmin):
    list_display = ("day", "account", "game_id", "status", "phase", "count", "value_milli")
    list_select_related = ("account",)
    exact = ("account_id",)


@admin.register(SellTotal)
class SellTotalAdmin(OperatorAdmin):
    list_display = ("account", "game_id", "status", "phase", "count", "value_milli")
    list_select_related = ("account",)
    exact = ("account_id",)


@admin.register(FrozenStat)
class FrozenStatAdmin(OperatorAdmin):
    list_display = ("day", "account", "count", "value_milli", "unknown_count")
    list_select_related = ("account",)
    exact = ("account_id",)


@admin.register(MarketStatistic)
class MarketStatisticAdmin(OperatorAdmin):
    list_display = ("account", "game_id", "asked_at", "total_transactions", "total_volume")
    list_select_related = ("account",)
    exact = ("account_id",)


@admin.register(SyncState)
class SyncStateAdmin(OperatorAdmin):
    list_display = ("account", "stream", "due_at", "last_good_at", "failures", "last_error")
    list_select_related = ("account",)
    list_filter = (one_of("stream", Stream.choices),)
    exact = ("account_id",)


@admin.register(SyncRun)
class SyncRunAdmin(OperatorAdmin):
    list_display = ("account", "stream", "ended_at", "calls", "new", "changed", "bad", "error")
    list_select_related = ("account",)
    list_filter = (since("ended_at", via="account"),)
    exact = ("account_id",)


@admin.register(Difference)
class DifferenceAdmin(OperatorAdmin):
    list_display = ("account", "kind", "upstream_id", "size", "since", "mended_at")
    list_select_related = ("account",)
    list_filter = (one_of("kind", DifferenceKind.choices),)
    exact = ("account_id", "upstream_id")


# -- inventories --


@admin.register(Inventory)
class InventoryAdmin(OperatorAdmin):
    list_display = ("steamid64", "app_id", "context_id", "team", "state", "read_at", "total")
    list_select_related = ("team",)
    list_filter = (one_of("state", Inventory.State.choices),)
    exact = ("team__slug", "steamid64")
    hidden = LEASE


@admin.register(InventoryItem)
class InventoryItemAdmin(OperatorAdmin):
    list_display = ("name", "asset_id", "inventory", "is_tradable", "is_protected")
    list_select_related = ("inventory",)
    exact = ("inventory_id", "inventory>asset_id")


@admin.register(SellDefaults)
class SellDefaultsAdmin(OperatorAdmin):
    list_display = ("team", "floor_milli", "message", "updated_at")
    list_select_related = ("team",)
    exact = ("team__slug",)


# -- quotes and sells --


@admin.register(SellDraft)
class SellDraftAdmin(OperatorAdmin):
    list_display = ("id", "team", "by", "key", "game_id", "state", "created_at")
    list_select_related = ("team", "by", "key")
    list_filter = (one_of("state", SellDraft.State.choices),)
    exact = ("team__slug", "by__email")
    hidden = frozenset({"yes_token"})


@admin.register(DraftItem)
class DraftItemAdmin(OperatorAdmin):
    list_display = ("name", "asset_id", "draft", "floor_milli", "is_chosen")
    list_select_related = ("draft",)
    exact = ("draft_id", "draft>asset_id")


@admin.register(Quote)
class QuoteAdmin(OperatorAdmin):
    list_display = ("id", "team", "account", "game_id", "buyer_id", "is_review", "asked_at")
    list_select_related = ("team", "account")
    list_filter = (since("asked_at", via="team"),)
    exact = ("team__slug", "draft_id")


@admin.register(QuoteLine)
class QuoteLineAdmin(OperatorAdmin):
    list_display = ("name", "quote_id", "asked_amount", "amount", "price_milli", "error")
    exact = ("quote_id",)


@admin.register(SellRequest)
class SellRequestAdmin(OperatorAdmin):
    list_display = ("custom_id", "team", "by", "state", "state_at", "sends", "total_milli")
    list_select_related = ("team", "by")
    list_filter = (
        one_of("state", SellState.choices),
        since("created_at", via="team"),
    )
    exact = ("custom_id", "team__slug")
    hidden = LEASE | {"seal_id", "payload", "trade_link_sealed"}


@admin.register(SellItem)
class SellItemAdmin(OperatorAdmin):
    list_display = ("name", "asset_id", "request", "price_milli", "is_live", "claim_scope")
    list_select_related = ("request",)
    exact = ("request_id",)


@admin.register(SellList)
class SellListAdmin(OperatorAdmin):
    list_display = ("name", "team", "by", "game_id", "created_at")
    list_select_related = ("team", "by")
    exact = ("team__slug",)


@admin.register(SellListLine)
class SellListLineAdmin(OperatorAdmin):
    list_display = ("name", "sell_list", "amount", "floor_milli")
    list_select_related = ("sell_list",)
    exact = ("sell_list_id",)


# -- the history --


@admin.register(SavedView)
class SavedViewAdmin(OperatorAdmin):
    list_display = ("name", "team", "owner", "created_at")
    list_select_related = ("team", "owner")
    exact = ("team__slug",)


@admin.register(DefaultView)
class DefaultViewAdmin(OperatorAdmin):
    list_display = ("team", "user", "view")
    list_select_related = ("team", "user", "view")
    exact = ("team__slug",)
