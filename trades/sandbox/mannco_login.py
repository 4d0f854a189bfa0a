"""``POST /user/login`` of Mannco's later pages: a key for a JWT bound to an address."""

import base64
import hashlib
import hmac
import json
import secrets
from urllib.parse import parse_qs

from trades.sandbox.exchange import Request
from trades.sandbox.knobs import Knobs
from trades.sandbox.manncobook import ManncoBook
from trades.sandbox.store import Store

_HEADER = {"alg": "HS256", "typ": "JWT"}


class NoEntry(Exception):
    """The caller may not in; ``args`` are the status and the sentence."""


class Login:
    def __init__(self, store: Store, book: ManncoBook, knobs: Knobs) -> None:
        self._store = store
        self._book = book
        self._knobs = knobs

    def token_for(self, request: Request) -> str:
        """NoEntry where the body names no key (300) or a wrong one (403)."""
        key = _named_key(request)
        if not key:
            raise NoEntry(300, "Missing required parameter: apiKey")
        steamid64 = self._book.owner_of(key)
        if steamid64 is None:
            raise NoEntry(403, "Invalid API key")
        now = self._store.now()
        claims = {
            "iss": "API", "sub": steamid64, "iat": now, "jti": secrets.token_hex(8),
            "exp": now + self._knobs.mannco_token_seconds, "ip": self._knobs.mannco_caller_ip,
            "proxy": False, "API": True, "steamid": steamid64, "roles": ["user"],
        }  # fmt: skip
        signed = f"{_base64(json.dumps(_HEADER))}.{_base64(json.dumps(claims))}"
        return f"{signed}.{self._signature(signed)}"

    def owner_of(self, request: Request) -> str:
        """The steamid64 behind the bearer's token; NoEntry (403) for a bad one."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        signed, _, signature = token.rpartition(".")
        if not signed or not hmac.compare_digest(signature, self._signature(signed)):
            raise NoEntry(403, "Forbidden")
        claims = json.loads(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
        elsewhere = self._knobs.mannco_ip_bound and claims["ip"] != self._knobs.mannco_caller_ip
        if claims["exp"] <= self._store.now() or elsewhere:
            raise NoEntry(403, "Forbidden")
        steamid64 = str(claims["sub"])
        if not self._book.is_let_in(steamid64):
            raise NoEntry(403, "Forbidden")
        return steamid64

    def _signature(self, signed: str) -> str:
        digest = hmac.new(self._secret(), signed.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def _secret(self) -> bytes:
        known = self._store.fact("mannco-signing")
        if known is None:
            known = secrets.token_hex(16)
            self._store.note_fact("mannco-signing", known)
        return known.encode()


def _named_key(request: Request) -> str:
    """``apiKey`` of a JSON body or of a form."""
    try:
        body = json.loads(request.body)
    except ValueError:
        named = parse_qs(request.body.decode("utf-8", "replace")).get("apiKey", [""])
        return named[0]
    return str(body.get("apiKey") or "") if isinstance(body, dict) else ""


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
