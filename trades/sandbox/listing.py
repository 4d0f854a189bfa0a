"""The two lists of VPSBot: their parameters turned into one SQL question."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from trades.sandbox.knobs import Knobs
from trades.sandbox.moments import parse_iso
from trades.sandbox.refusals import Refusal

LARGEST_OFFSET = 2**53
TRADES_DEFAULT = 50  # seed: Trades API, "Results per page. Default: 50, max: 2000"
TRADES_MAX = 2000
SELL_DEFAULT = 20  # seed: Sell API, "Number of results per page. Default: 20"

ID_LISTS = {
    "trade_ids": "trade_id",
    "steam_trade_ids": "steam_trade_id",
    "steam_trade_offer_ids": "offer_id",
    "custom_ids": "custom_id",
}
SORT_COLUMNS = {
    "created_at": "created",
    "updated_at": "updated",
    "purchase_price": "value",
    "status": "status",
    "custom_id": "custom_id",
    "game_id": "game",
}
_BOUNDS = {"inclusive": (">=", "<="), "exclusive": (">", "<"), "half_open": (">=", "<")}
_NULLS = {
    ("largest", "DESC"): "FIRST",
    ("largest", "ASC"): "LAST",
    ("smallest", "DESC"): "LAST",
    ("smallest", "ASC"): "FIRST",
}


@dataclass(slots=True)
class Question:
    """What a list was asked. ``limit`` is what is served, ``shown_limit`` what the answer says."""

    account_id: int
    where: list[str] = field(default_factory=list)
    args: list[object] = field(default_factory=list)
    dated: bool = False
    order: str = ""
    limit: int = 0
    shown_limit: int = 0
    offset: int = 0

    def keep(self, condition: str, *args: object) -> None:
        self.where.append(condition)
        self.args.extend(args)

    def condition(self) -> str:
        return " AND ".join(["account_id = ?", *self.where])

    def arguments(self) -> list[object]:
        return [self.account_id, *self.args]


def trades_question(account_id: int, query: Mapping[str, str], knobs: Knobs) -> Question:
    """``GET /api/trades``."""
    question = Question(account_id)
    if not knobs.purchases:
        question.keep("NOT purchase")
    _keep_ids(question, query)
    _keep_dates(question, query, ("start_date", "end_date"), knobs.date_field, knobs)
    question.order = _default_order(question, knobs)
    _set_page(question, query, TRADES_DEFAULT, TRADES_MAX, knobs)
    return question


def sells_question(account_id: int, query: Mapping[str, str], knobs: Knobs) -> Question:
    """``GET /api/sell/trades``."""
    question = Question(account_id, ["NOT purchase"])
    if "game_id" in query:
        question.keep("game = ?", _number(query, "game_id"))
    if "status" in query:
        question.keep("status = ?", query["status"])
    _keep_ids(question, query)
    _keep_values(question, query)
    if "custom_id" in query:
        question.keep("custom_id LIKE ? ESCAPE '\\'", f"%{query['custom_id']}%")
    _keep_dates(question, query, ("date_from", "date_to"), "created", knobs)
    question.order = _asked_order(question, query, knobs)
    _set_page(question, query, SELL_DEFAULT, knobs.sell_max_limit, knobs)
    return question


def _keep_ids(question: Question, query: Mapping[str, str]) -> None:
    for parameter, column in ID_LISTS.items():
        if parameter in query:
            asked = [one.strip() for one in query[parameter].split(",") if one.strip()]
            question.keep(f"{column} IN ({', '.join('?' * len(asked))})", *asked)


def _keep_values(question: Question, query: Mapping[str, str]) -> None:
    for parameter, comparison in (("price_min", ">="), ("price_max", "<=")):
        if parameter in query:
            question.keep(f"value {comparison} ?", _number(query, parameter))


def _keep_dates(
    question: Question,
    query: Mapping[str, str],
    parameters: tuple[str, str],
    column: str,
    knobs: Knobs,
) -> None:
    for parameter, comparison in zip(parameters, _BOUNDS[knobs.bounds], strict=True):
        if parameter in query:
            question.keep(f"{column} {comparison} ?", _moment(query, parameter))
            question.dated = True


def _default_order(question: Question, knobs: Knobs) -> str:
    if knobs.order == "none":
        return "trade_id"  # a UUID: always the same order, and no order at all
    column, _, direction = knobs.order.partition("_")
    dated = question.dated and column == knobs.date_field
    return _order(column, direction.upper(), knobs, nullable=not dated)


def _asked_order(question: Question, query: Mapping[str, str], knobs: Knobs) -> str:
    """An unknown ``sort_by`` counts as created_at, an unknown direction as desc."""
    column = SORT_COLUMNS.get(query.get("sort_by", ""), "created")
    direction = "ASC" if query.get("sort_direction", "").lower() == "asc" else "DESC"
    nullable = column in ("updated", "custom_id") or (column == "created" and not question.dated)
    return _order(column, direction, knobs, nullable=nullable)


def _order(column: str, direction: str, knobs: Knobs, *, nullable: bool) -> str:
    place = _NULLS.get((knobs.nulls, direction), knobs.nulls.upper())
    nulls = f" NULLS {place}" if nullable else ""
    return f"{column} {direction}{nulls}, seq {direction}"


def _set_page(
    question: Question, query: Mapping[str, str], default: int, largest: int, knobs: Knobs
) -> None:
    asked = _number(query, "limit") if "limit" in query else default
    offset = _number(query, "offset") if "offset" in query else 0
    if asked < 0 or not 0 <= offset <= LARGEST_OFFSET:
        name = "limit" if asked < 0 else "offset"
        raise Refusal(400, f"Invalid query parameter: {name}")
    question.limit = min(asked, largest, knobs.page_cap or largest)
    question.shown_limit = default if knobs.limit_in_answer == "default" else question.limit
    question.offset = offset


def _number(query: Mapping[str, str], name: str) -> int:
    try:
        number = float(query[name])
        return max(-(2**62), min(2**62, int(number)))
    except (ValueError, OverflowError):
        raise Refusal(400, f"Invalid query parameter: {name}") from None


def _moment(query: Mapping[str, str], name: str) -> float:
    try:
        return parse_iso(query[name])
    except (ValueError, OverflowError):
        raise Refusal(400, f"Invalid query parameter: {name}") from None
