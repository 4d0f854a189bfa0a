"""Client of VPSBot Market: one method an endpoint of the two seed pages, and two beyond them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Self, TypeVar
from urllib.parse import quote

import msgspec

from trades.upstreams.errors import KeyRejected, RateLimited, UpstreamError
from trades.upstreams.http import Hidden, Http, KeyHeader, Patience, Transport
from trades.upstreams.moments import as_iso
from trades.upstreams.records import (
    Identity,
    KeyProof,
    MatchAnswer,
    MatchAsk,
    Page,
    SellAsk,
    SellReceipt,
    SellTradeQuery,
    Statistics,
    TradeQuery,
    TradeRecord,
    Wallet,
)
from trades.upstreams.vpsbot import parse, sell
from trades.upstreams.vpsbot.envelope import receipt, understood

T = TypeVar("T")
Params = tuple[tuple[str, str], ...]

SLUG = "vpsbot"
KEY_HEADER = "x-api-key"
NEWEST = 50  # trades looked at to recognise an account that is known
_PASSING_TROUBLE = frozenset(
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)


class VpsbotClient:
    """``base_url`` goes up to and including ``/api``. Use as a context manager; thread-safe.

    Reads raise Unreachable, RateLimited, KeyRejected, Refused (NotFound where there is no such
    trade) or Garbled. ``patience`` says how long and how often; ``IN_A_REQUEST`` tries once.
    """

    def __init__(
        self,
        base_url: str,
        key: str | Hidden,
        *,
        patience: Patience | None = None,
        transport: Transport | None = None,
        loopback_only: bool | None = None,
    ) -> None:
        hidden = key if isinstance(key, Hidden) else Hidden(key)
        self._http = Http(
            SLUG,
            base_url,
            key=KeyHeader(KEY_HEADER, hidden),
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

    def trades(self, query: TradeQuery) -> Page:
        """``GET /api/trades`` (seed: Trades API). At most 2000 rows; 50 when ``limit`` is None."""
        route = "/trades"
        params = (
            *_moment("start_date", query.start),
            *_moment("end_date", query.end),
            *self._ids(route, "trade_ids", query.trade_ids),
            *self._ids(route, "steam_trade_ids", query.steam_trade_ids),
            *self._ids(route, "steam_trade_offer_ids", query.steam_trade_offer_ids),
            *self._ids(route, "custom_ids", query.custom_ids),
            *_number("limit", query.limit),
            *_number("offset", query.offset),
        )
        return self._page(route, params)

    def sell_trades(self, query: SellTradeQuery) -> Page:
        """``GET /api/sell/trades`` (seed: List Trades). 20 rows when ``limit`` is None."""
        route = "/sell/trades"
        params = (
            *_number("game_id", query.game_id),
            *_word("status", query.status),
            *_moment("date_from", query.date_from),
            *_moment("date_to", query.date_to),
            *_number("price_min", query.price_min_milli),
            *_number("price_max", query.price_max_milli),
            *_word("custom_id", query.custom_id),
            *self._ids(route, "custom_ids", query.custom_ids),
            *self._ids(route, "trade_ids", query.trade_ids),
            *self._ids(route, "steam_trade_offer_ids", query.steam_trade_offer_ids),
            *self._ids(route, "steam_trade_ids", query.steam_trade_ids),
            *_word("sort_by", query.sort_by),
            *_word("sort_direction", query.sort_direction),
            *_number("limit", query.limit),
            *_number("offset", query.offset),
        )
        return self._page(route, params)

    def match(self, game_id: int, items: Sequence[MatchAsk]) -> MatchAnswer:
        """``POST /api/sell/match``: changes nothing, is sent once."""
        return self._http.ask(
            "/sell/match",
            sell.match_payload(game_id, items),
            lambda answer: understood(answer, lambda data: sell.match(data, answer.asked_at)),
        )

    def create(
        self,
        *,
        custom_id: str,
        buyer_id: str,
        tradelink: str,
        game_id: int,
        items: Sequence[SellAsk],
        message: str = "",
    ) -> SellReceipt:
        """``POST /api/sell/trades/create``, sent once, ever; the bytes are ``create_payload``'s.

        Nothing happened: Unreachable, RateLimited, KeyRejected, Refused (400). The ``custom_id``
        is taken: Conflict. Everything else is OutcomeUnknown.
        """
        payload = sell.create_payload(
            custom_id=custom_id,
            buyer_id=buyer_id,
            tradelink=tradelink,
            game_id=game_id,
            items=items,
            message=message,
        )
        return self.send(payload, custom_id)

    def send(self, payload: bytes, custom_id: str) -> SellReceipt:
        """``create`` with bytes that were made and kept before; raises as ``create`` does."""
        return self._http.write(
            "/sell/trades/create", payload, lambda answer: receipt(answer, custom_id)
        )

    def statistics(self, game_id: int | None = None) -> Statistics:
        """``GET /api/sell/trades/dashboard``: the thirteen figures, of one game or of all."""
        route = "/sell/trades/dashboard"
        return self._read(route, sell.statistics, params=_number("game_id", game_id))

    def trade_by_custom_id(self, custom_id: str) -> TradeRecord:
        return self._lookup("/sell/trades/by-custom-id/{custom_id}", custom_id)

    def trade_by_offer_id(self, offer_id: str) -> TradeRecord:
        return self._lookup("/sell/trades/by-steam-tradeoffer-id/{tradeoffer_id}", offer_id)

    def trade_by_steam_trade_id(self, steam_trade_id: str) -> TradeRecord:
        """By the bare id; of a full one (``4012345678_7656...``) the part before ``_`` is sent."""
        bare_id = steam_trade_id.partition("_")[0]
        return self._lookup("/sell/trades/by-steam-trade-id/{trade_id}", bare_id)

    def trade_by_id(self, trade_id: str) -> TradeRecord:
        return self._lookup("/sell/trades/by-id/{id}", trade_id)

    def prove(self, *, thorough: bool = False) -> KeyProof:
        """Whether the key works, asked of a list of the seeds; raises what that list raises.

        ``thorough`` asks the other list too, where the first one stays in trouble.
        """
        try:
            self.sell_trades(SellTradeQuery(limit=1))
        except KeyRejected:
            raise
        except UpstreamError:
            newest = self._newest() if thorough else ()
            if not newest:
                raise
            return KeyProof(self._identity_if_told(), newest)
        return KeyProof(self._identity_if_told(), self._newest())

    def _newest(self) -> tuple[TradeRecord, ...]:
        try:
            return self.trades(TradeQuery(limit=NEWEST)).trades
        except UpstreamError:
            return ()  # the engine looks again before it stores the first row

    def _identity_if_told(self) -> Identity | None:
        try:
            return self.identity()
        except UpstreamError:
            return None  # it is never needed

    def identity(self) -> Identity | None:
        """Whose key this is, beyond the seeds: None from a server that does not tell.

        A 401 or 403 is None as well: it may be about this endpoint alone. Whether a key works is
        decided by an endpoint of the seeds.
        """
        return self._if_offered("/auth/me", sell.identity)

    def wallet(self) -> Wallet | None:
        """The balance, beyond the seeds: None from a server that does not tell."""
        return self._if_offered("/wallet/balance", sell.wallet)

    def _page(self, route: str, params: Params) -> Page:
        return self._http.read(
            route,
            lambda answer: understood(answer, lambda data: parse.page(data, answer.asked_at)),
            params=params,
        )

    def _read(
        self, route: str, read: Callable[[msgspec.Raw], T], *, path: str = "", params: Params = ()
    ) -> T:
        return self._http.read(
            route, lambda answer: understood(answer, read), path=path, params=params
        )

    def _lookup(self, route: str, asked: str) -> TradeRecord:
        try:
            segment = quote(asked, safe="")
        except UnicodeEncodeError:
            segment = ""
        if segment in ("", ".", ".."):  # these would name another endpoint
            raise self._http.refusal("GET", route, "this is no id that can be looked up")
        return self._read(route, parse.single, path=route[: route.index("{")] + segment)

    def _if_offered(self, route: str, read: Callable[[msgspec.Raw], T]) -> T | None:
        try:
            return self._http.read_once(route, lambda answer: understood(answer, read))
        except UpstreamError as failure:
            unanswered = failure.status is None or failure.status in _PASSING_TROUBLE
            if unanswered or isinstance(failure, RateLimited):
                raise
            return None

    def _ids(self, route: str, name: str, ids: Sequence[str]) -> Params:
        """An empty list is not sent, for it asks for everything; so blanks alone are refused."""
        named = [each.strip() for each in ids if each.strip()]
        if ids and not named:
            raise self._http.refusal("GET", route, f"{name} holds no id")
        return ((name, ",".join(named)),) if named else ()


def _moment(name: str, moment: datetime | None) -> Params:
    return () if moment is None else ((name, as_iso(moment)),)


def _number(name: str, number: int | None) -> Params:
    return () if number is None else ((name, str(number)),)


def _word(name: str, word: str) -> Params:
    return ((name, word),) if word else ()
