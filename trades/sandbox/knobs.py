"""What the documents leave open, as switches that a test, the command line or a request turns."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields


def _choice(*choices: str) -> str:
    """A knob that takes one of these words, the first by default."""
    chosen: str = field(default=choices[0], metadata={"choices": choices})
    return chosen


class UnknownKnob(ValueError):
    """No such knob, or a value that it cannot take."""


@dataclass(slots=True)
class Knobs:
    """Every open question of the documents; README.md says what each value does."""

    # /api/trades
    purchases: bool = False
    order: str = _choice("created_desc", "created_asc", "updated_desc", "none")
    date_field: str = _choice("created", "updated")
    # both lists
    bounds: str = _choice("inclusive", "exclusive", "half_open")
    nulls: str = _choice("largest", "smallest", "first", "last")
    page_cap: int | None = None
    sell_max_limit: int = 2000
    limit_in_answer: str = _choice("used", "default")
    # rows
    absent: str = _choice("null", "missing", "empty")
    extra_fields: bool = False
    milliseconds: bool = False
    # the account
    identity: bool = False
    # the life of a trade
    outcome: str = "completed"
    room_min: int = 1
    room_max: int = 50_000_000
    bots_free: bool = True
    trickle: bool = False
    trickle_from: float = 20.0
    trickle_to: float = 40.0
    # the wire
    latency: float = 0.0
    # Steam inventories
    inventory_max_count: int = 2000
    inventory_blind: bool = False
    # Mannco
    mannco_refusals: int = 300
    mannco_resend_parameter: str = _choice("resend", "id", "either")
    mannco_later_shapes: bool = False
    mannco_active: str = _choice("pending", "unfinished")
    mannco_timestamps: str = _choice("text", "number", "seconds")
    mannco_token_seconds: int = 31 * 86_400
    mannco_ip_bound: bool = True
    mannco_caller_ip: str = "127.0.0.1"
    mannco_ends_as: int | None = None
    # Steam trade offers
    offers_spelling: str = _choice("received", "recieved")
    offers_page: int = 500
    offers_blind: str = _choice("none", "keys", "all")
    offers_down: str = _choice("none", "unavailable", "html", "empty_body", "empty_answer")
    offers_descriptions: str = _choice("given", "missing", "failing")
    offers_glitched: int = 0
    offers_extra: bool = True
    trade_status: str = _choice("given", "refused", "empty")
    offers_reverted: int = 3

    def change(self, values: Mapping[str, object]) -> None:
        """Turn several knobs at once: all of them, or none and ``UnknownKnob``."""
        for name, value in values.items():
            _refuse_misfit(name, value)
        for name, value in values.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


_FIELDS = {one.name: one for one in fields(Knobs)}


def _refuse_misfit(name: str, value: object) -> None:
    known = _FIELDS.get(name)
    if known is None:
        msg = f"there is no knob {name!r}"
        raise UnknownKnob(msg)
    choices = known.metadata.get("choices")
    if (choices and value not in choices) or not _fits(known.default, value):
        msg = f"knob {name!r} does not take {value!r}"
        raise UnknownKnob(msg)


def _fits(default: object, value: object) -> bool:
    if default is None:
        return value is None or (isinstance(value, int) and not isinstance(value, bool))
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is type(default)
