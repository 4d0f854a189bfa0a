"""Whose a Steam credential is: a token names its account, a web API key has to be told."""

import re
from datetime import datetime, timedelta

from accounts.crypto import Secret
from dashboard import clock
from dashboard.errors import UserError
from trades.connect import is_access_token, is_web_key, token_expiry, token_owner

WARN_BEFORE = timedelta(hours=6)
_STEAMID64 = re.compile(r"7656119\d{10}", re.ASCII)


def stated_owner(secret: Secret, steamid64: str) -> str:
    """The account's Steam id, or a refusal with what is missing."""
    if not (is_access_token(secret) or is_web_key(secret)):
        raise UserError(
            "This is neither a web API key (32 characters, 0 to 9 and A to F) nor an access token"
            " (three long parts with full stops between them)."
        )
    stated = steamid64.strip()
    if stated and not _STEAMID64.fullmatch(stated):
        raise UserError("A Steam id has 17 digits and begins with 7656119.")
    return _owner_of_token(secret, stated) if is_access_token(secret) else _of_web_key(stated)


def _of_web_key(stated: str) -> str:
    if not stated:
        raise UserError("A web API key does not name its account: enter its Steam id as well.")
    return stated


def _owner_of_token(secret: Secret, stated: str) -> str:
    expires_at = token_expiry(secret)
    if expires_at and expires_at <= clock.now():
        raise UserError("This access token has ended. Take a fresh one from Steam.")
    owner = token_owner(secret)
    if stated and owner and stated != owner:
        raise UserError(f"This access token belongs to the Steam account {owner}.")
    if not (owner or stated):
        raise UserError("This access token names no account: enter its Steam id as well.")
    return owner or stated


def ends_soon(expires_at: datetime | None) -> bool:
    return expires_at is not None and expires_at - clock.now() <= WARN_BEFORE
