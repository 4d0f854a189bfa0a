"""Routes of a team's pages."""

from django.urls import path

from trades.views import history, home, keys, sell_lists, sells, syncs, trade

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
    path("sells/", sells.sells, name="sells"),
    path("sells/<int:pk>/", sells.sell, name="sell"),
    path("sells/<int:pk>/card/", sells.sell_card, name="sell-card"),
    path("sells/<int:pk>/free/", sells.sell_free, name="sell-free"),
    path("sells/<int:pk>/again/", sells.sell_again, name="sell-again"),
    path("sell-lists/", sell_lists.sell_lists, name="sell-lists"),
    path("sell-lists/save/", sell_lists.sell_list_save, name="sell-list-save"),
    path("sell-lists/<int:pk>/", sell_lists.sell_list, name="sell-list"),
    path("sell-lists/<int:pk>/edit/", sell_lists.sell_list_edit, name="sell-list-edit"),
    path("sell-lists/<int:pk>/match/", sell_lists.sell_list_match, name="sell-list-match"),
    path("sell-lists/<int:pk>/delete/", sell_lists.sell_list_delete, name="sell-list-delete"),
]
