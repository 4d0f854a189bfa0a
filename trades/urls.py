"""Routes of a team's pages."""

from django.urls import path

from trades.views import history, home, keys, syncs, trade

urlpatterns = [
    path("", home.home, name="team-home"),
    path("history/", history.history, name="history"),
    path("trades/<int:pk>/", trade.trade, name="trade"),
    path("keys/", keys.keys, name="keys"),
    path("keys/add/", keys.key_add, name="key-add"),
    path("keys/<int:pk>/replace/", keys.key_replace, name="key-replace"),
    path("keys/<int:pk>/pause/", keys.key_pause, name="key-pause"),
    path("keys/<int:pk>/resume/", keys.key_resume, name="key-resume"),
    path("keys/<int:pk>/remove/", keys.key_remove, name="key-remove"),
    path("keys/<int:pk>/trade-link/", keys.key_trade_link, name="key-trade-link"),
    path("keys/<int:pk>/sharing/", keys.key_sharing, name="key-sharing"),
    path("keys/<int:pk>/try-again/", keys.key_try_again, name="key-try-again"),
    path("accounts/<int:pk>/sync/", syncs.sync_card, name="sync-card"),
    path("accounts/<int:pk>/sync-now/", syncs.sync_now, name="sync-now"),
]
