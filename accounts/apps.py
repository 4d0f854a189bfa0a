from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "People and keys"

    def ready(self) -> None:
        """They need models, so they cannot be imported before now."""
        import_module("accounts.checks")
        import_module("accounts.sign_in_record")
        import_module("accounts.reauthentication")  # notes every sign-in
