"""Whether an account's mirror agrees with its market, in a sentence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import MarketAccount
from dashboard.templatetags.ui import age_text, count_text, game_text, moment_text
from trades.models import Stream

MAY_BE_NEWS = {"wait", "ask"}  # stages of a case: what is new or open is read again first


@dataclass(frozen=True, slots=True)
class DriftState:
    word: str
    word_class: str
    sentence: str
    agrees: bool


def drift_state(account: MarketAccount, standing: int) -> DriftState | None:
    """None where the market's counts were never compared."""
    notes: dict[str, Any] = next(
        (row.cursor for row in account.sync_states.all() if row.stream == Stream.RECONCILE), {}
    )
    if not notes.get("compared_at"):
        return None
    checked = f"checked {age_text(datetime.fromisoformat(notes['compared_at']))}"
    case = notes.get("case", {})
    if case.get("apart") and _is_no_news(case):
        return DriftState("Differs", "is-wait", f"{_looked_for(case)}; {checked}.", agrees=False)
    if standing:
        differences = (
            "1 difference stands" if standing == 1 else f"{count_text(standing)} differences stand"
        )
        return DriftState("Differs", "is-wait", f"{differences}, {checked}.", agrees=False)
    if case.get("apart"):
        sentence = f"{_apart(case)}, perhaps by news, which is read first; {checked}."
        return DriftState("Being compared", "is-none", sentence, agrees=True)
    return DriftState("Agrees", "is-good", f"Agrees with the market, {checked}.", agrees=True)


def _is_no_news(case: dict[str, Any]) -> bool:
    """It stood once everything was read again, and is searched, weighed, or asked about anew."""
    return case["stage"] not in MAY_BE_NEWS or bool(case.get("searched")) or "weighed" in case


def _looked_for(case: dict[str, Any]) -> str:
    since = moment_text(datetime.fromisoformat(case["since"]))
    return f"{_apart(case)} since {since}, being looked for in {_where(case)}"


def _apart(case: dict[str, Any]) -> str:
    size = max(abs(count) for count in case["apart"].values())
    return "1 trade differs" if size == 1 else f"{count_text(size)} trades differ"


def _where(case: dict[str, Any]) -> str:
    question, todo = case["question"], case.get("search", {}).get("todo") or [[None, None, 0]]
    place = game_text(int(question)) if question.isdigit() else "all games"
    start, end, _ = todo[-1]
    if start and end:
        return f"{place}, {start[:10]} to {end[:10]}"
    if start or end:
        return f"{place}, {f'from {start[:10]}' if start else f'until {end[:10]}'}"
    return place
