"""A Steam credential is a web API key or an access token; its form tells which."""

import re
from base64 import urlsafe_b64decode
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import msgspec

from trades.upstreams.moments import from_unix
from trades.upstreams.scalars import Unreadable

_WEB_KEY = re.compile(r"[0-9A-Fa-f]{32}")
_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_STEAMID64 = re.compile(r"7656\d{13}", re.ASCII)


class _Claims(msgspec.Struct):
    sub: Any = None
    exp: Any = None


_read_claims = msgspec.json.Decoder(_Claims).decode


def bare(secret: str) -> str:
    """The token of a ``steamLoginSecure`` cookie (``steamid||token``), anything else as it is."""
    return unquote(secret.strip()).rpartition("||")[2].strip()


def is_web_key(secret: str) -> bool:
    return _WEB_KEY.fullmatch(bare(secret)) is not None


def is_token(secret: str) -> bool:
    return _TOKEN.fullmatch(bare(secret)) is not None


def is_steamid64(text: str) -> bool:
    return _STEAMID64.fullmatch(text) is not None


def steamid_of(secret: str) -> str:
    """The account that an access token names; "" for a web API key, which names none."""
    named = _claims(secret).sub
    return named if isinstance(named, str) and is_steamid64(named) else ""


def expiry_of(secret: str) -> datetime | None:
    """When an access token ends; None for a web API key, which does not."""
    try:
        return from_unix(_claims(secret).exp, "exp")
    except Unreadable:
        return None


def _claims(secret: str) -> _Claims:
    if not is_token(secret):
        return _Claims()
    payload = bare(secret).split(".")[1]
    try:
        return _read_claims(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return _Claims()
