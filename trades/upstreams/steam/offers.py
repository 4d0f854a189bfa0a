"""IEconService: GetTradeOffers (seed), GetTradeOffer and GetTradeStatus (later editions).

The key travels in the query string, which is why nothing here ever names an address.
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Self, TypeVar

from trades.upstreams.calls import Answer
from trades.upstreams.errors import KeyRejected, Refused, Unreachable, UpstreamError
from trades.upstreams.http import Hidden, Http, KeyQuery, Patience, Transport
from trades.upstreams.records import Identity, KeyProof, OfferPage, TradeStatus
from trades.upstreams.steam import credential
from trades.upstreams.steam.offer_rows import offer_page, one_offer, trade_status

SLUG = "steam"
LIST, ONE, STATUS = (
    f"/IEconService/{method}/v1/"
    for method in ("GetTradeOffers", "GetTradeOffer", "GetTradeStatus")
)
LANGUAGE = "english"
FAR_PAST, FAR_FUTURE = 1, 2**31 - 1  # seed: "use a very low or very high date"
_DENIED = b"Access is denied"

T = TypeVar("T")
Params = tuple[tuple[str, str], ...]


class OffersClient:
    """``base_url`` without ``/IEconService``. Use as a context manager; thread-safe."""

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        patience: Patience | None = None,
        transport: Transport | None = None,
        loopback_only: bool | None = None,
    ) -> None:
        self._steamid = credential.steamid_of(key)
        name = "access_token" if credential.is_token(key) else "key"
        self._http = Http(
            SLUG,
            base_url,
            key=KeyQuery(name, Hidden(credential.bare(key))),
            patience=patience,
            transport=transport,
            loopback_only=loopback_only,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def prove(self, *, thorough: bool = False) -> KeyProof:
        """Whether Steam takes the key; the account only where the key names it itself."""
        self.active_offers()
        return KeyProof(Identity(self._steamid) if self._steamid else None)

    def offers(
        self, cutoff: datetime | None, *, active_only: bool = True, cursor: int = 0
    ) -> OfferPage:
        """Both lists: active offers, and all that changed since ``cutoff`` (None: ever).

        The cutoff is always sent: without it Steam takes the last look at the offers page, which
        nobody knows.
        """
        moment = FAR_PAST if cutoff is None else max(FAR_PAST, int(cutoff.timestamp()))
        return self._list(moment, active_only=active_only, cursor=cursor)

    def active_offers(self, *, cursor: int = 0) -> OfferPage:
        """What is active alone, without any history."""
        return self._list(FAR_FUTURE, active_only=True, cursor=cursor)

    def offer(self, offer_id: str) -> OfferPage | None:
        """One offer by its id, as a page; None when Steam does not show it."""
        params = (("tradeofferid", offer_id),)
        return self._described(ONE, lambda answer: one_offer(_body_of(answer), answer), params)

    def trade_status(self, steam_trade_id: str) -> TradeStatus | None:
        """By the bare Steam trade id; None when Steam says nothing of it."""
        params = (("tradeid", steam_trade_id), ("get_descriptions", "0"))
        return self._http.read(
            STATUS, lambda answer: trade_status(_body_of(answer), answer), params=params
        )

    def _list(self, cutoff: int, *, active_only: bool, cursor: int) -> OfferPage:
        params = (
            ("get_sent_offers", "1"),
            ("get_received_offers", "1"),
            ("active_only", "1" if active_only else "0"),
            ("time_historical_cutoff", str(cutoff)),
            *((("cursor", str(cursor)),) if cursor else ()),
        )
        return self._described(LIST, lambda answer: offer_page(_body_of(answer), answer), params)

    def _described(self, route: str, understand: Callable[[Answer], T], params: Params) -> T:
        """With item descriptions; without them when that alone is what fails."""
        looks = (("get_descriptions", "1"), ("language", LANGUAGE))
        try:
            return self._http.read(route, understand, params=(*params, *looks))
        except Unreachable as trouble:
            if trouble.status is None or trouble.retry_after:
                raise
        return self._http.read(route, understand, params=(*params, ("get_descriptions", "0")))


def _body_of(answer: Answer) -> bytes:
    """The body of a success; otherwise the error that names what to do next.

    Steam's refusals are pages and not JSON: one that says "Access is denied" is about the key.
    """
    if answer.status == HTTPStatus.OK:
        return answer.body
    raise _refusal(answer)


def _refusal(answer: Answer) -> UpstreamError:
    about_the_key = answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    if about_the_key and _DENIED in answer.body:
        return answer.failure(KeyRejected, "access is denied")
    if answer.status == HTTPStatus.BAD_REQUEST:
        return answer.failure(Refused, "Steam does not take the question")
    return answer.failure(Unreachable, "this is no answer of Steam's")
