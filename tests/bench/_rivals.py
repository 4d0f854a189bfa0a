"""The product's addresses and, beside them, Django's own admin list over the same table."""

from django.contrib import admin
from django.urls import path

from dashboard.urls import urlpatterns as ours
from trades.models import Trade

rival = admin.AdminSite("rival")


@admin.register(Trade, site=rival)
class RivalAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """As Django's tutorial writes one, with the columns of the history."""

    list_display = ("sort_at", "item_names", "status", "value_milli", "custom_id", "bot_name")
    list_filter = ("status", "game_id")
    search_fields = ("item_names",)
    ordering = ("-sort_at",)
    list_per_page = 50


urlpatterns = [*ours, path("rival/", rival.urls)]
