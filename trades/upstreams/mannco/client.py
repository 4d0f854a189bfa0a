"""Client of Mannco.store: one method an endpoint of the seed page."""

from collections.abc import Callable
from typing import Self, TypeVar

import msgspec

from trades.upstreams.calls import Answer
from trades.upstreams.errors import KeyRejected, SessionRefused, UpstreamError
from trades.upstreams.http import BearerToken, Hidden, Http, Patience, Transport
from trades.upstreams.mannco import parse
from trades.upstreams.mannco.envelope import done, understood
from trades.upstreams.mannco.login import OwnSession, Session, Sessions, log_in
from trades.upstreams.records import Identity, KeyProof, Page, ResendReceipt

T = TypeVar("T")
SLUG = "mannco"
RESEND_PARAMETERS = ("resend", "id")  # of the seed, of later pages
MOST_ROWS = 500  # what /trades/all gives at most (seed)


class ManncoClient:
    """``base_url`` is the root of the host. Use as a context manager.

    Reads raise Unreachable, RateLimited, KeyRejected (SessionRefused where the key is right and
    its session is not taken), Refused or Garbled. A refused session is renewed once.
    """

    def __init__(
        self,
        base_url: str,
        key: str | Hidden,
        *,
        sessions: Sessions | None = None,
        patience: Patience | None = None,
        transport: Transport | None = None,
        loopback_only: bool | None = None,
    ) -> None:
        self._key = key if isinstance(key, Hidden) else Hidden(key)
        self._sessions = sessions or OwnSession()
        self._bearer = BearerToken()

        def http(bearer: BearerToken | None) -> Http:
            return Http(
                SLUG,
                base_url,
                key=bearer,
                patience=patience,
                transport=transport,
                loopback_only=loopback_only,
                never_told=self._key,
            )

        self._door, self._http = http(None), http(self._bearer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()
        self._door.close()

    def active(self) -> Page:
        """``GET /trades/active``: pending trades; in other editions failed withdrawals as well."""
        return self._page("/trades/active")

    def all(self) -> Page:
        """``GET /trades/all``: the newest 500 trades, hidden ones left out. No parameters."""
        return self._page("/trades/all")

    def resend(self, trade_id: str, *, parameter: str) -> ResendReceipt:
        """``GET /trade/resend``, which changes something: sent once, ever, with the session held.

        Nothing happened: Unreachable, RateLimited, KeyRejected, Refused. Everything else is
        OutcomeUnknown.
        """
        if self._sessions.current() is None:
            self._renewed(None)
        self._use(self._sessions.current())
        return self._http.change(
            "/trade/resend",
            lambda answer: done(answer, lambda content: parse.resent(content, trade_id)),
            params=((parameter, trade_id),),
        )

    def prove(self, *, thorough: bool = False) -> KeyProof:
        """A login and a list prove a key; the newest rows tell whose it is, where there are any."""
        del thorough  # there is no other list that could prove more
        self.active()
        try:
            newest, owner = self._asked("/trades/all", parse.page_and_owner)
        except UpstreamError:
            return KeyProof()
        return KeyProof(Identity(owner) if owner else None, newest.trades)

    def _page(self, route: str) -> Page:
        return self._asked(route, parse.page)

    def _asked(self, route: str, read: Callable[[msgspec.Raw, Answer], T]) -> T:
        def ask() -> T:
            return self._http.read(
                route, lambda answer: understood(answer, lambda content: read(content, answer))
            )

        return self._in_a_session(ask)

    def _in_a_session(self, ask: Callable[[], T]) -> T:
        """With the session at hand; one that is refused is renewed once, and no more."""
        session = self._sessions.current() or self._renewed(None)
        self._use(session)
        try:
            return ask()
        except KeyRejected:
            self._use(self._renewed(session))
        try:
            return ask()
        except KeyRejected as refused:
            raise SessionRefused(
                "a new session is refused as well",
                upstream=SLUG,
                method=refused.method,
                path=refused.path,
                status=refused.status,
            ) from None

    def _renewed(self, refused: Session | None) -> Session:
        with self._sessions.turn(refused) as made_meanwhile:
            if made_meanwhile:
                return made_meanwhile
            session = log_in(self._door, self._key)
            self._sessions.keep(session)
        return session

    def _use(self, session: Session | None) -> None:
        self._bearer.use(session.token if session else Hidden(""))
