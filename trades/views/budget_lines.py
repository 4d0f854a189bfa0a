"""What may still be asked this minute, in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.templatetags.ui import age_text, ago_html, count_text
from trades.services.allowances import Allowed


@dataclass(frozen=True, slots=True)
class BudgetLine:
    title: str
    calls: str
    asked: str  # how long ago, as HTML
    pause: str
    is_short: bool


def lines(found: Iterable[Allowed]) -> list[BudgetLine]:
    return [_line(each) for each in found]


def _line(allowed: Allowed) -> BudgetLine:
    left = allowed.left
    whose = f" at {allowed.host}, all accounts" if allowed.host else ""
    calls = f"{count_text(left.calls)} of {count_text(left.limit)}" if left.limit else ""
    paused = left.paused_until
    return BudgetLine(
        title=f"Calls left this minute{whose}" if calls else f"Pause{whose}",
        calls=calls,
        asked=ago_html(left.changed_at, ""),
        pause=f"It asked us to wait: the next call is {age_text(paused)}." if paused else "",
        is_short=bool(paused) or (bool(left.limit) and not left.calls),
    )
