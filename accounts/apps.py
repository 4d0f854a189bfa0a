from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and keys"

    def ready(self) -> None:
        """The checks read models, so they cannot be imported before now."""
        import_module("accounts.checks")
