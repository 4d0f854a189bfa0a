"""Sealing of what people entrust to us: encrypted, bound to its place, and closed when in doubt."""

import hmac
from typing import NoReturn

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

DOTS = "••••"
_SEPARATOR = "\n"


class SealBroken(Exception):
    """A sealed value does not open here; the message never holds any part of it."""


class Secret:
    """A text that shows itself only when asked by name."""

    __slots__ = ("_text",)
    __hash__ = None  # type: ignore[assignment]  # a key of no dict, a member of no set

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    reveal.alters_data = True  # type: ignore[attr-defined]  # so that no template calls it

    def __repr__(self) -> str:
        return DOTS

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return DOTS

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __bool__(self) -> bool:
        return bool(self._text)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is neither pickled nor copied")


def seal(text: str, bind: str) -> bytes:
    """Encrypt with the first key; ``bind`` names the row and the field it belongs to."""
    if _SEPARATOR in bind:
        raise ValueError("a bind is one line")
    return _cipher().encrypt(f"{bind}{_SEPARATOR}{text}".encode())


def open_sealed(sealed: bytes | memoryview, bind: str) -> Secret:
    """Decrypt with any key; a value sealed for another row or field raises ``SealBroken``."""
    try:
        payload = _cipher().decrypt(bytes(sealed)).decode()
    except (InvalidToken, UnicodeDecodeError):
        raise SealBroken("no configured encryption key opens this value") from None
    found, separator, text = payload.partition(_SEPARATOR)
    if not separator or not hmac.compare_digest(found.encode(), bind.encode()):
        raise SealBroken("this value was sealed for another place")
    return Secret(text)


def _cipher() -> MultiFernet:
    """Made anew each time, so that a change of settings holds at once."""
    if not settings.ENCRYPTION_KEYS:
        raise SealBroken("no encryption key is configured")
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


def resealed(sealed: bytes) -> bytes:
    """The same value under the first key; as it is where the first key sealed it already."""
    try:
        Fernet(settings.ENCRYPTION_KEYS[0]).decrypt(sealed)
    except InvalidToken:
        pass
    else:
        return sealed
    try:
        return _cipher().rotate(sealed)
    except InvalidToken:
        raise SealBroken("no configured encryption key opens this value") from None
