"""Mannco.store: the three endpoints of the seed page, and the login of later ones."""

from collections.abc import Callable

from trades.sandbox.exchange import Request, Response, json_answer
from trades.sandbox.knobs import Knobs
from trades.sandbox.mannco_login import Login, NoEntry
from trades.sandbox.manncobook import RESENDABLE, ManncoTrade, rows
from trades.sandbox.world import World

PREFIXES = ("/user/", "/trades/", "/trade/")
MOST_ROWS = 500
FAILED_TO_RESEND = "Failed to resend trade. Trade not found or conditions not met."
RESENT = "Trade resent successfully"


class NotResent(Exception):
    """A refusal of the business kind; ``args`` is the sentence."""


class Mannco:
    def __init__(self, world: World, knobs: Knobs) -> None:
        self._book = world.mannco
        self._knobs = knobs
        self._login = Login(world.store, world.mannco, knobs)
        self._routes: dict[str, Callable[[str, Request], Response]] = {
            "/trades/active": self._active,
            "/trades/all": self._all,
            "/trade/resend": self._resend,
        }

    def answer(self, request: Request) -> Response:
        try:
            if (request.method, request.path) == ("POST", "/user/login"):
                return self._let_in(request)
            handler = self._routes.get(request.path)
            if request.method != "GET" or handler is None:
                return refused(404, "notFound")
            steamid64 = self._login.owner_of(request)
            self._pass_by(steamid64)
            return handler(steamid64, request)
        except NoEntry as refusal:
            return refused(*refusal.args)
        except NotResent as refusal:
            return self._not_resent(str(refusal))

    def _let_in(self, request: Request) -> Response:
        token = self._login.token_for(request)
        if self._knobs.mannco_later_shapes:
            return json_answer({"status": "success", "data": {"jwt": token}})
        return succeeded({"jwt": token})

    def _pass_by(self, steamid64: str) -> None:
        knobs = self._knobs
        if knobs.trickle:
            self._book.trickle(
                steamid64, 2 * knobs.trickle_from, 2 * knobs.trickle_to, knobs.mannco_ends_as
            )
        self._book.advance()

    def _active(self, steamid64: str, _: Request) -> Response:
        unfinished = self._knobs.mannco_active == "unfinished"
        found = (self._book.unfinished if unfinished else self._book.pending)(steamid64)
        return self._listed(found, with_game=False)

    def _all(self, steamid64: str, _: Request) -> Response:
        return self._listed(self._book.newest(steamid64, MOST_ROWS), with_game=True)

    def _listed(self, trades: list[ManncoTrade], *, with_game: bool) -> Response:
        found = rows(trades, with_game=with_game)
        for row in found:
            row["timestamp"] = self._timestamp(row["timestamp"])
        return succeeded({"trades": found})

    def _timestamp(self, text: object) -> object:
        match self._knobs.mannco_timestamps:
            case "number":
                return int(str(text)) if str(text).isdigit() else text
            case "seconds":
                return int(str(text)) // 1000 if str(text).isdigit() else text
            case _:
                return text

    def _resend(self, steamid64: str, request: Request) -> Response:
        name = self._knobs.mannco_resend_parameter
        names = ("resend", "id") if name == "either" else (name,)
        asked = next((request.query[each] for each in names if request.query.get(each)), None)
        if asked is None:
            raise NotResent(f"Missing {names[0]} parameter")
        trade = self._book.find(int(asked)) if asked.isdecimal() else None
        if trade is None or not _may_be_resent(trade, steamid64):
            raise NotResent(FAILED_TO_RESEND)
        code = self._book.resend(trade, self._knobs.mannco_ends_as)
        return succeeded({"message": RESENT, "trade_id": trade.id, "code": code})

    def _not_resent(self, sentence: str) -> Response:
        status = self._knobs.mannco_refusals
        if self._knobs.mannco_later_shapes:
            return refused(status, {"message": sentence})
        return refused(status, sentence)


def _may_be_resent(trade: ManncoTrade, steamid64: str) -> bool:
    mine = trade.steamid64 == steamid64
    return mine and trade.status in RESENDABLE and bool(trade.items_send.strip())


def succeeded(content: object) -> Response:
    return json_answer({"err": False, "success": True, "content": content})


def refused(status: int, content: object) -> Response:
    return json_answer({"err": True, "success": False, "content": content}, status)
