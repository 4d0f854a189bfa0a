"""What can go wrong with an upstream call, named by what the caller should do next.

No error here carries a key, a query string or a body: they are logged and shown on pages.
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
    """Nothing was sent, or nothing came back to a read, or the server is in trouble: try later."""


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


class KeyRejected(UpstreamError):
    """The upstream's own JSON says 401 or 403: the key is wrong, revoked or not allowed."""


class Refused(UpstreamError):
    """The upstream understood and said no; ``text`` is its own sentence (foreign text: escape it)."""

    def __init__(
        self, text: str, *, upstream: str, method: str, path: str, status: int | None = None
    ) -> None:
        super().__init__(text, upstream=upstream, method=method, path=path, status=status)
        self.text = text


class NotFound(Refused):
    """The upstream's own JSON says that there is no such trade."""


class Garbled(UpstreamError):
    """The answer cannot be read: not JSON, not the documented shape, or cut off."""


class OutcomeUnknown(UpstreamError):
    """A write was sent and its answer was lost or unreadable: it may or may not have happened."""
