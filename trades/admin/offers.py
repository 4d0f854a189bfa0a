"""Steam's offers, resends, exports and what the sync keeps for itself: to be read alone."""

from django.contrib import admin

from dashboard.operators import OperatorAdmin, one_of, since
from trades.models import (
    CallBudget,
    Export,
    ExportChunk,
    ExportState,
    KeySight,
    OfferVerdict,
    ResendParameter,
    ResendRequest,
    ResendState,
    SteamOffer,
    SteamOfferItem,
    Watch,
)


@admin.register(SteamOffer)
class SteamOfferAdmin(OperatorAdmin):
    list_display = ("offer_id", "account", "state", "verdict", "partner_steamid", "sort_at")
    list_select_related = ("account",)
    list_filter = (
        one_of("verdict", OfferVerdict.choices, via="team"),
        since("sort_at", via="team"),
    )
    exact = ("team>offer_id", "account_id")


@admin.register(SteamOfferItem)
class SteamOfferItemAdmin(OperatorAdmin):
    list_display = ("name", "asset_id", "app_id", "side", "offer")
    list_select_related = ("offer",)
    exact = ("asset_id", "offer_id")


@admin.register(KeySight)
class KeySightAdmin(OperatorAdmin):
    list_display = ("key", "sight", "reason", "looked_at", "expires_at")
    list_select_related = ("key",)
    list_filter = (one_of("sight", KeySight.Sight.choices),)


@admin.register(ResendRequest)
class ResendRequestAdmin(OperatorAdmin):
    list_display = ("id", "team", "by", "trade", "state", "state_at", "sends", "code")
    list_select_related = ("team", "by", "trade")
    list_filter = (one_of("state", ResendState.choices),)
    exact = ("team__slug", "trade_id")
    hidden = frozenset({"yes_token"})


@admin.register(ResendParameter)
class ResendParameterAdmin(OperatorAdmin):
    list_display = ("base_url", "name")


@admin.register(Export)
class ExportAdmin(OperatorAdmin):
    list_display = ("id", "team", "by", "format", "state", "created_at", "size_bytes")
    list_select_related = ("team", "by")
    list_filter = (one_of("state", ExportState.choices),)
    exact = ("team__slug", "by__email")
    hidden = frozenset({"lease_token"})


@admin.register(ExportChunk)
class ExportChunkAdmin(OperatorAdmin):
    """That there is a stretch of a file; what it says is its asker's alone."""

    list_display = ("export_id", "number")
    exact = ("export_id",)


@admin.register(CallBudget)
class CallBudgetAdmin(OperatorAdmin):
    list_display = ("id", "account", "host", "paused_until", "changed_at")
    list_select_related = ("account",)
    exact = ("account_id", "host")


@admin.register(Watch)
class WatchAdmin(OperatorAdmin):
    list_display = ("account", "trade", "until")
    list_select_related = ("account", "trade")
    exact = ("account_id", "trade_id")
