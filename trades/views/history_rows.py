"""Trades as the rows of a list: which cells, what each says."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dashboard.templatetags.ui import game_text, moment_text, money_text, phase_class
from trades.columns import BY_KEY, Column
from trades.models import Direction, Phase
from trades.views.words import status_text, steam_status_text

NOTHING = "–"


class Cell(NamedTuple):
    """``badge`` is the class of a state, "" for plain text; ``sub`` stands under the text."""

    css: str
    label: str
    text: str
    sub: str = ""
    badge: str = ""
    iso: str = ""
    more: int = 0
    kind: str = ""
    is_items: bool = False


class Row(NamedTuple):
    pk: int
    url: str
    cells: list[Cell]


class Known(NamedTuple):
    """What cells need beside the row."""

    accounts: Mapping[int, str]
    names_accounts: bool


def rows(lines: Sequence[Any], keys: Sequence[str], known: Known, address: str) -> list[Row]:
    """``address`` is what stands before the id in a trade's address."""
    makers = [(_css(BY_KEY[key]), BY_KEY[key].label, _MAKERS[key]) for key in keys]
    return [
        Row(
            line.id,
            f"{address}{line.id}/",
            [Cell(css, label, *make(line, known)) for css, label, make in makers],
        )
        for line in lines
    ]


def _css(column: Column) -> str:
    return f"trades__{column.key}{' num' if column.is_number else ''}"


def _created(line: Any, _: Known) -> tuple[Any, ...]:
    sub = "" if line.created_at else "first seen"
    return moment_text(line.sort_at), sub, "", line.sort_at.isoformat(timespec="seconds")


def _moment(column: str) -> Callable[[Any, Known], tuple[Any, ...]]:
    def cell(line: Any, _: Known) -> tuple[Any, ...]:
        moment: datetime | None = getattr(line, column)
        if moment is None:
            return (NOTHING,)
        return moment_text(moment), "", "", moment.isoformat(timespec="seconds")

    return cell


def _items(line: Any, known: Known) -> tuple[Any, ...]:
    name = line.first_item or ("unnamed item" if line.item_count else "no items told")
    game = game_text(line.game_id)
    account = known.accounts.get(line.account_id, "") if known.names_accounts else ""
    sub = f"{game} · {account}" if account else game
    return name, sub, "", "", max(0, line.item_count - 1), kind_of(line.direction), True


def _status(line: Any, _: Known) -> tuple[Any, ...]:
    return label_of(Phase, line.phase), words_of(line.status, line.summary), phase_class(line.phase)


def _text(column: str) -> Callable[[Any, Known], tuple[Any, ...]]:
    def cell(line: Any, _: Known) -> tuple[Any, ...]:
        return (getattr(line, column) or NOTHING,)

    return cell


_MAKERS: dict[str, Callable[[Any, Known], tuple[Any, ...]]] = {
    "created": _created,
    "updated": _moment("updated_at"),
    "settles": _moment("settles_at"),
    "items": _items,
    "game": lambda line, _: (game_text(line.game_id),),
    "account": lambda line, known: (known.accounts.get(line.account_id, NOTHING),),
    "status": _status,
    "summary": _text("summary"),
    "steam": lambda line, _: (steam_status_text(line.steam_status) or NOTHING,),
    "value": lambda line, _: (money_text(line.value_milli),),
    "custom": _text("custom_id"),
    "bot": _text("bot_name"),
    "error": _text("error"),
    "trade": _text("upstream_id"),
    "offer": _text("offer_id"),
    "steamtrade": _text("steam_trade_id"),
}


def words_of(status: str, summary: str) -> str:
    """The upstream's two words as they came; they may contradict each other by spelling."""
    shown = status_text(status)
    return f"{shown} · {summary}" if summary else shown


def kind_of(direction: str) -> str:
    """Nothing is said of a sell."""
    if direction == Direction.SELL:
        return ""
    if direction == Direction.UNKNOWN:
        return "Direction unknown"
    return label_of(Direction, direction)


def label_of(choices: type[Direction] | type[Phase], value: str) -> str:
    return str(dict(choices.choices).get(value, value))
