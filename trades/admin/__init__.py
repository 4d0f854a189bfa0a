"""The operators' pages about markets: rows to read, accounts and keys to act on, and health."""

from trades.admin import health, keys, offers, rows

__all__ = ["health", "keys", "offers", "rows"]
