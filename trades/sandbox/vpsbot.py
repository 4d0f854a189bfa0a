"""VPSBot Market: the nine endpoints of the two seed pages, and two of its later documents."""

from collections.abc import Callable

from trades.sandbox.accounts import Account, UnknownAccount
from trades.sandbox.exchange import Request, Response, json_answer, text_answer
from trades.sandbox.figures import dashboard, wallet
from trades.sandbox.knobs import Knobs
from trades.sandbox.listing import Question, sells_question, trades_question
from trades.sandbox.refusals import Refusal
from trades.sandbox.rendering import RENDERED_COLUMNS, renderer
from trades.sandbox.selling import Selling
from trades.sandbox.statuses import LOOKED_UP_BY_STEAM_TRADE
from trades.sandbox.trickle import Trickle
from trades.sandbox.world import World

Handler = Callable[[Account, Request], Response]
NOT_FOUND = "Not found"
TRADE_NOT_FOUND = "Trade not found"

_SELECT = f"SELECT {', '.join(RENDERED_COLUMNS)} FROM trade WHERE"  # noqa: S608
LOOKUPS = {
    "by-custom-id": "custom_id = ?",
    "by-steam-tradeoffer-id": "offer_id = ?",
    "by-steam-trade-id": "steam_trade_id >= ? || '_' AND steam_trade_id < ? || '`'",
    "by-id": "trade_id = ?",
}


class VPSBot:
    def __init__(self, world: World, knobs: Knobs) -> None:
        self._world = world
        self._store = world.store
        self._knobs = knobs
        self._selling = Selling(world.store, world.market, world.lifecycle, knobs)
        self._trickle = Trickle(world.store, world.lifecycle, knobs)
        self._routes: dict[tuple[str, str], Handler] = {
            ("GET", "/trades"): self._trades,
            ("POST", "/sell/match"): self._match,
            ("POST", "/sell/trades/create"): self._create,
            ("GET", "/sell/trades"): self._sells,
            ("GET", "/sell/trades/dashboard"): self._dashboard,
            ("GET", "/auth/me"): self._me,
            ("GET", "/wallet/balance"): self._wallet,
        }

    def answer(self, request: Request, path: str) -> Response:
        """``path`` is what follows the prefix."""
        try:
            account = self._caller(request)
            self._trickle.flow(account)
            self._world.lifecycle.advance()
            return self._route(account, request, path)
        except Refusal as refusal:
            return refused(refusal)

    def _caller(self, request: Request) -> Account:
        key = request.headers.get("x-api-key", "")
        try:
            account = self._world.accounts.of_key(key)
        except UnknownAccount:
            raise Refusal(401, "Invalid API key") from None
        if self._world.accounts.is_revoked(key):
            raise Refusal(403, "API key has been revoked")
        return account

    def _route(self, account: Account, request: Request, path: str) -> Response:
        handler = self._routes.get((request.method, path))
        if handler:
            return handler(account, request)
        kind, _, wanted = path.removeprefix("/sell/trades/").partition("/")
        if request.method == "GET" and path.startswith("/sell/trades/") and kind in LOOKUPS:
            return self._lookup(account, kind, wanted)
        raise Refusal(404, NOT_FOUND)

    def _match(self, _: Account, request: Request) -> Response:
        return succeeded(self._selling.match(request.body))

    def _create(self, account: Account, request: Request) -> Response:
        return succeeded(self._selling.create(account, request.body), 201)

    def _trades(self, account: Account, request: Request) -> Response:
        return self._page(account, trades_question(account.id, request.query, self._knobs))

    def _sells(self, account: Account, request: Request) -> Response:
        return self._page(account, sells_question(account.id, request.query, self._knobs))

    def _page(self, account: Account, question: Question) -> Response:
        with self._store.write():
            total = self._store.number(
                f"SELECT count(*) FROM trade WHERE {question.condition()}",  # noqa: S608
                question.arguments(),
            )
            rows = self._store.rows(
                f"{_SELECT} {question.condition()} ORDER BY {question.order} LIMIT ? OFFSET ?",
                [*question.arguments(), question.limit, question.offset],
            )
        trades = ",".join(map(renderer(account.tradelink, self._knobs), rows))
        return text_answer(
            f'{{"success":true,"data":{{"trades":[{trades}],"total":{total},'
            f'"limit":{question.shown_limit},"offset":{question.offset}}}}}'
        )

    def _dashboard(self, account: Account, request: Request) -> Response:
        asked = request.query.get("game_id")
        if asked is not None and not asked.isdecimal():
            raise Refusal(400, "Invalid query parameter: game_id")
        return succeeded(dashboard(self._store, account.id, int(asked) if asked else None))

    def _lookup(self, account: Account, kind: str, wanted: str) -> Response:
        condition = LOOKUPS[kind]
        args = [account.id, *[wanted] * condition.count("?")]
        if kind == "by-steam-trade-id":
            condition += f" AND status IN {LOOKED_UP_BY_STEAM_TRADE}"
        found = self._store.row(
            f"{_SELECT} account_id = ? AND NOT purchase AND {condition} ORDER BY seq LIMIT 1", args
        )
        if found is None:
            raise Refusal(404, TRADE_NOT_FOUND)
        trade = renderer(account.tradelink, self._knobs)(found)
        return text_answer(f'{{"success":true,"data":{trade}}}')

    def _me(self, account: Account, _: Request) -> Response:
        self._refuse_without_identity()
        return succeeded(
            {
                "id": account.user_id,
                "login": account.name,
                "first_name": account.name.title(),
                "last_name": "Demo",
                "avatar": None,
                "role": "project",
            }
        )

    def _wallet(self, account: Account, _: Request) -> Response:
        self._refuse_without_identity()
        return succeeded(wallet(self._store, account))

    def _refuse_without_identity(self) -> None:
        if not self._knobs.identity:
            raise Refusal(404, NOT_FOUND)


def succeeded(data: object, status: int = 200) -> Response:
    return json_answer({"success": True, "data": data}, status)


def refused(refusal: Refusal) -> Response:
    return json_answer({"success": False, "error": refusal.error}, refusal.status)
