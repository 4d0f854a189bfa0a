"""What can go wrong with an upstream call, named by what the caller should do next.

No error here carries a key, a query string or a body: they are logged and shown on pages.
``path`` is the route (``/sell/trades/by-id/{id}``), so that no asked id is in it either.
"""


class UpstreamError(Exception):
    """An upstream call failed. ``str()`` is safe to log and to show."""

    def __init__(
        self, reason: str, *, upstream: str, method: str, path: str, status: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.upstream = upstream
        self.method = method
        self.path = path
        self.status = status

    def __str__(self) -> str:
        answered = f" (HTTP {self.status})" if self.status else ""
        return f"{self.upstream} {self.method} {self.path}: {self.reason}{answered}"


class Unreachable(UpstreamError):
    """Nothing was sent, or nothing came back to a read, or the server is in trouble: try later.

    ``retry_after`` in seconds, where an answer in trouble (503) named it.
    """

    retry_after: float | None = None


class HostForbidden(Unreachable):
    """Nothing was sent: this process may talk to its own machine only, and the host is another."""


class RateLimited(UpstreamError):
    """HTTP 429: come back after ``retry_after`` seconds (None when the upstream does not say)."""

    def __init__(
        self,
        reason: str,
        *,
        upstream: str,
        method: str,
        path: str,
        status: int | None = 429,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason, upstream=upstream, method=method, path=path, status=status)
        self.retry_after = retry_after


class HeldBack(RateLimited):
    """Nothing was sent: the upstream asked us to wait, and ``retry_after`` is what is left of it.

    The reason reads as the rest of a sentence that begins with the upstream's name.
    """


class OverBudget(HeldBack):
    """Nothing was sent: what we allow ourselves to ask in a minute is used up."""


class Crowded(HeldBack):
    """Nothing was sent: this process asks as much at once as it may."""


class KeyRejected(UpstreamError):
    """The upstream's own JSON says 401 or 403: the key is wrong, revoked or not allowed."""


class SessionRefused(KeyRejected):
    """The key was taken, the session that it gave was not: an address or a right is in the way."""


class Refused(UpstreamError):
    """The upstream understood and said no; ``text`` is its own sentence (foreign text: escape it).

    Tokens are cut out of it. A question that cannot be sent at all (an id too long for an
    address) is refused too, with ``status`` None.
    """

    def __init__(
        self, text: str, *, upstream: str, method: str, path: str, status: int | None = None
    ) -> None:
        super().__init__(text, upstream=upstream, method=method, path=path, status=status)
        self.text = text


class NotFound(Refused):
    """The upstream's own JSON says that there is no such trade."""


class Conflict(Refused):
    """The upstream's own JSON says 409 to a write: the ``custom_id`` is taken, perhaps by us."""


class PrivateInventory(Refused):
    """Steam shows nobody this inventory: its owner keeps it private."""


class Garbled(UpstreamError):
    """The answer cannot be read: not JSON, not the documented shape, or cut off."""


class OutcomeUnknown(UpstreamError):
    """A write was sent and its answer was lost or unreadable: it may or may not have happened."""
