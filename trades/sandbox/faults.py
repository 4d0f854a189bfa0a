"""Everything that goes wrong between two programs, on order.

``commit`` says whether the request takes effect all the same: a create that is lost with
``commit=True`` is stored, and its caller hears nothing.
"""

import json
import random
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from trades.sandbox.exchange import Fate, Request, Response, text_answer

Refuse = Callable[[int, str], Response]
KINDS = ("rate_limited", "status", "slow", "cut", "html", "lost", "malformed")
PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
DEFAULT_STATUS = {"status": 500, "html": 502}

MALFORMED: tuple[object, ...] = (
    None,
    "a row that is text",
    {},
    {"trade_id": 4_012_345_678},
    {"processed_trade": "gone"},
    {"created_at": "yesterday"},
    {"custom_id": "a\x00b"},
    {"processed_trade": {"game_id": 10**30}},
)


class UnknownFault(ValueError):
    """No such kind of fault, or a pattern that is none."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule: what goes wrong, where, how often.

    ``path`` is a regular expression searched in ``"GET /api/trades"``, ``body`` a text that the
    request's body holds. ``times`` None means until cleared. ``chance`` below 1 throws the
    seeded dice for every matching request.
    ``variant`` picks the malformed row, an index into ``MALFORMED``; None takes the next one.
    """

    kind: str
    path: str = ""
    body: str = ""
    times: int | None = 1
    chance: float = 1.0
    commit: bool = False
    status: int | None = None
    retry_after: str | None = None
    seconds: float = 0.0
    variant: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            msg = f"there is no fault {self.kind!r}"
            raise UnknownFault(msg)
        try:
            re.compile(self.path)
        except re.error as error:
            msg = f"{self.path!r} is not a pattern: {error}"
            raise UnknownFault(msg) from None

    def replaces_answer(self) -> bool:
        return self.kind in ("rate_limited", "status", "html", "lost")

    @classmethod
    def from_json(cls, value: object) -> "Fault":
        known = {one.name for one in fields(cls)}
        if not isinstance(value, dict) or not known.issuperset(value) or "kind" not in value:
            msg = f"not a fault: {value!r}"
            raise UnknownFault(msg)
        return cls(**value)


class Faults:
    """The rules in force; the first one that fits a request and wins its dice is applied."""

    def __init__(self, seed: int = 0) -> None:
        self._rules: list[Fault] = []
        self._dice = random.Random(seed)  # noqa: S311 - faults must be repeatable, not secret
        self._lock = threading.Lock()
        self._malformed = 0

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._rules.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def pending(self) -> list[Fault]:
        with self._lock:
            return list(self._rules)

    def draw(self, request: Request) -> Fault | None:
        """The fault for this request; a rule that was used up is gone."""
        line = f"{request.method} {request.path}"
        with self._lock:
            for place, rule in enumerate(self._rules):
                if self._fits(rule, line, request.body) and self._dice.random() < rule.chance:
                    self._use(place, rule)
                    return self._settled(rule)
        return None

    def _fits(self, rule: Fault, line: str, body: bytes) -> bool:
        return rule.body.encode() in body and re.search(rule.path, line) is not None

    def _use(self, place: int, rule: Fault) -> None:
        if rule.times is None:
            return
        if rule.times > 1:
            self._rules[place] = replace(rule, times=rule.times - 1)
        else:
            del self._rules[place]

    def _settled(self, rule: Fault) -> Fault:
        if rule.kind != "malformed" or rule.variant is not None:
            return rule
        self._malformed += 1
        return replace(rule, variant=(self._malformed - 1) % len(MALFORMED))


def apply(fault: Fault, answer: Callable[[], Response], refuse: Refuse) -> Response:
    """The answer as the fault leaves it; ``refuse`` words a refusal as the upstream does."""
    if fault.replaces_answer():
        if fault.commit:
            answer()
        time.sleep(fault.seconds)
        return _instead(fault, refuse)
    if fault.commit:
        response = answer()
        time.sleep(fault.seconds)
    else:
        time.sleep(fault.seconds)
        response = answer()
    return _spoilt(fault, response)


def _instead(fault: Fault, refuse: Refuse) -> Response:
    if fault.kind == "lost":
        return Response(0, fate=Fate.LOST)
    if fault.kind == "html":
        status = fault.status or DEFAULT_STATUS["html"]
        return text_answer(PAGE.format(f"Error {status}"), status, "text/html; charset=utf-8")
    if fault.kind == "rate_limited":
        headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
        refusal = refuse(fault.status or 429, "Too many requests")
        return replace(refusal, headers={**refusal.headers, **headers})
    return refuse(fault.status or DEFAULT_STATUS["status"], "Internal error")


def _spoilt(fault: Fault, response: Response) -> Response:
    if fault.kind == "cut":
        return replace(response, fate=Fate.CUT)
    if fault.kind == "malformed":
        return replace(response, body=_with_malformed_row(response.body, fault.variant or 0))
    return response


def _with_malformed_row(body: bytes, variant: int) -> bytes:
    """The body with the middle row of its list spoilt; a body without rows stays as it is."""
    answer = json.loads(body)
    data = answer.get("data", answer.get("content")) if isinstance(answer, dict) else None
    rows = data.get("trades") if isinstance(data, dict) else None
    if not rows:
        return body
    middle = len(rows) // 2
    rows[middle] = _spoilt_row(rows[middle], MALFORMED[variant % len(MALFORMED)])
    return json.dumps(answer, separators=(",", ":")).encode()


def _spoilt_row(row: dict[str, object], change: object) -> object:
    return {**row, **change} if isinstance(change, dict) and change else change
