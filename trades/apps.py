from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TradesConfig(AppConfig):
    name = "trades"
    verbose_name = "Trades"

    def ready(self) -> None:
        from trades.contains import keep_index

        post_migrate.connect(keep_index, sender=self)
