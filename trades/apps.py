from django.apps import AppConfig
from django.db.models.signals import post_migrate

from trades.text_index import keep_index


class TradesConfig(AppConfig):
    name = "trades"
    verbose_name = "Trades"

    def ready(self) -> None:
        post_migrate.connect(keep_index, sender=self)
