"""Sessions that markets give for a key: sealed in its row, shared by all, one login at a time."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import Q, QuerySet

from accounts.crypto import SealBroken, open_sealed, seal
from accounts.models import UpstreamKey
from dashboard import clock
from trades.upstreams.errors import Unreachable
from trades.upstreams.http import Hidden
from trades.upstreams.mannco.login import ROUTE, Session

TURN = timedelta(seconds=30)  # longer than a login may take; its worker may have died
PATIENCE = 5.0  # seconds to wait for the login of another
WITHIN = timedelta(hours=1)  # renewals after refusals are counted over this long
_FIELD = "session"


class SharedSessions:
    """Those of one stored key. Whoever was replaced or removed meanwhile keeps nothing."""

    def __init__(self, key: UpstreamKey) -> None:
        self._key = key
        self._refused: Session | None = None

    def current(self) -> Session | None:
        row = self._row()
        if (
            row is None
            or not row.session_sealed
            or not (row.session_made_at and row.session_ends_at)
        ):
            return None
        try:
            token = open_sealed(row.session_sealed, row.bind(_FIELD)).reveal()
        except SealBroken:
            return None  # a new one is asked for; whether the key opens is another question
        session = Session(Hidden(token), row.session_ends_at, row.session_made_at)
        return None if session.is_over(clock.now()) else session

    @contextmanager
    def turn(self, refused: Session | None) -> Iterator[Session | None]:
        token, self._refused = uuid.uuid4(), refused
        made_meanwhile = self._take_turn(token, refused)
        try:
            yield made_meanwhile
        finally:
            UpstreamKey.objects.filter(pk=self._key.pk, session_turn=token).update(
                session_turn=None, session_turn_until=None
            )

    def keep(self, session: Session) -> None:
        sealed = seal(session.token.reveal(), self._key.bind(_FIELD))
        self._mine().update(
            session_sealed=sealed,
            session_made_at=session.made_at,
            session_ends_at=session.ends_at,
            session_renewals=self._renewals(),
        )

    def _take_turn(self, token: uuid.UUID, refused: Session | None) -> Session | None:
        """What another made while we waited; None when the turn is ours."""
        ends = time.monotonic() + PATIENCE
        while True:
            now = clock.now()
            free = Q(session_turn=None) | Q(session_turn_until__lte=now)
            taken = UpstreamKey.objects.filter(free, pk=self._key.pk).update(
                session_turn=token, session_turn_until=now + TURN
            )
            newer = self._newer_than(refused)
            if taken or newer:
                return newer
            if time.monotonic() >= ends:
                raise Unreachable(
                    "another worker is logging in", upstream=self._key.account.upstream,
                    method="POST", path=ROUTE,
                )  # fmt: skip
            time.sleep(0.1)

    def _newer_than(self, refused: Session | None) -> Session | None:
        session = self.current()
        if session is None or (refused and session.made_at <= refused.made_at):
            return None
        return session

    def _renewals(self) -> int:
        """In a row, each within the hour of the one before."""
        if self._refused is None:
            return 0
        row = self._row()
        recent = row and row.session_made_at and clock.now() - row.session_made_at < WITHIN
        return row.session_renewals + 1 if row and recent else 1

    def _row(self) -> UpstreamKey | None:
        return self._mine().first()

    def _mine(self) -> QuerySet[UpstreamKey]:
        return UpstreamKey.objects.filter(pk=self._key.pk, secret_sealed=self._key.secret_sealed)
