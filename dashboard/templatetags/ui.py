"""How values look on every page: money, ages, statuses, games, bars.

Lists of many rows call the plain functions in their view (a filter a cell is several times
slower); single values use the tags. None is always said as "unknown", never shown as 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify

from dashboard import clock

register = template.Library()

UNKNOWN = "unknown"
GAMES = {730: "CS2", 570: "Dota 2", 440: "TF2", 252490: "Rust"}
PHASE_CLASSES = {
    "open": "is-wait",
    "frozen": "is-cold",
    "done": "is-good",
    "failed": "is-bad",
    "reverted": "is-back",
}
AGES = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (30 * 86_400, 86_400, "d"))


@register.filter(name="money")
def money_text(milli: int | None) -> str:
    """1/1000 dollars as text: ``14500`` is ``$14.50``; a third decimal only where there is one."""
    if milli is None:
        return UNKNOWN
    dollars, rest = divmod(abs(milli), 1000)
    cents = f"{rest:03d}"
    decimals = cents if rest % 10 else cents[:2]
    return f"{'-' if milli < 0 else ''}${dollars:,}.{decimals}"


@register.filter(name="count")
def count_text(number: int | None) -> str:
    return UNKNOWN if number is None else f"{number:,}"


@register.filter(name="percent")
def percent_text(milli_percent: int | None) -> str:
    """1/1000 percent as text: ``80000`` is ``80%``, ``81250`` is ``81.25%``."""
    if milli_percent is None:
        return UNKNOWN
    return f"{milli_percent / 1000:.3f}".rstrip("0").rstrip(".") + "%"


@register.filter(name="game")
def game_text(game_id: int | None) -> str:
    """0 and None are trades whose game no answer names."""
    return GAMES.get(game_id, f"game {game_id}") if game_id else "no game"


@register.filter(name="moment")
def moment_text(at: datetime | None) -> str:
    """The minute in the zone that is active for this request."""
    return UNKNOWN if at is None else f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def age_text(at: datetime) -> str:
    """``12 min ago``, ``in 3 h``; the day itself beyond a month."""
    seconds = int((clock.now() - at).total_seconds())
    if abs(seconds) < 2:
        return "just now"
    for limit, size, unit in AGES:
        if abs(seconds) < limit:
            amount = f"{abs(seconds) // size} {unit}"
            return f"{amount} ago" if seconds > 0 else f"in {amount}"
    return f"{timezone.localtime(at):%Y-%m-%d}"


@register.filter(name="ago")
def ago_html(at: datetime | None, without: str = "never") -> str:
    """The age, with the moment itself in the markup and under the pointer."""
    if at is None:
        return without
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        f"{local:%Y-%m-%d %H:%M:%S %Z}",
        age_text(at),
    )


@register.filter(name="phase_class")
def phase_class(phase: str) -> str:
    return PHASE_CLASSES.get(phase, "is-none")


@register.simple_tag(name="status_badge")
def badge_html(phase: str, status: str = "") -> SafeString:
    """The phase gives the colour, the upstream's own word stands in it."""
    return format_html('<span class="badge {}">{}</span>', phase_class(phase), status or phase)


@register.inclusion_tag("ui/progress.html", name="progress")
def progress_bar(done: int, total: int | None, label: str, things: str = "") -> dict[str, Any]:
    """A bar with its words; without a known total it only moves."""
    return {
        "done": done,
        "total": total,
        "label": label,
        "text": progress_text(done, total, things),
    }


def progress_text(done: int, total: int | None, things: str = "") -> str:
    counted = f" {things}" if things else ""
    if not total:
        return f"{done:,}{counted} so far"
    percent = min(100, done * 100 // total)
    return f"{done:,} of {total:,}{counted} ({percent}%)"


@dataclass(frozen=True, slots=True)
class Bar:
    """One column of a chart; ``value`` None draws nothing and says so in ``text``."""

    label: str
    value: int | None
    text: str


@dataclass(frozen=True, slots=True)
class BarShape:
    label: str
    text: str
    left: int
    x: int
    y: int
    height: int


@register.inclusion_tag("ui/bars.html", name="bars")
def bars_chart(
    rows: Sequence[Bar], title: str, label_head: str, value_head: str, unit: str = "count"
) -> dict[str, Any]:
    """Columns drawn as SVG, its table beside it. ``unit`` is ``count`` or ``money`` (milli)."""
    ceiling = round_ceiling(max((bar.value or 0 for bar in rows), default=0))
    write = money_text if unit == "money" else count_text
    highest = max(rows, key=lambda bar: bar.value or 0, default=None)
    return {
        "id": slugify(title),
        "title": title,
        "description": f"Highest: {highest.text}, {highest.label}." if highest else "No figures.",
        "label_head": label_head,
        "value_head": value_head,
        "width": max(1, len(rows)) * 10,
        "shapes": [_shape(place, bar, ceiling) for place, bar in enumerate(rows)],
        "top": write(ceiling),
        "middle": write(ceiling // 2),
        "labels": [rows[place].label for place in sorted({0, len(rows) // 2, len(rows) - 1})]
        if rows
        else [],
    }


def round_ceiling(highest: int) -> int:
    """The smallest of 2, 4, 6, 8, 10 times a power of ten that holds ``highest``."""
    size: int = 10 ** max(0, len(str(highest)) - 1)
    return next(step * size for step in (2, 4, 6, 8, 10) if step * size >= highest)


def _shape(place: int, bar: Bar, ceiling: int) -> BarShape:
    height = (bar.value or 0) * 1000 // ceiling
    if bar.value and height < 8:
        height = 8  # a day that sold anything is seen
    return BarShape(
        label=bar.label,
        text=bar.text,
        left=place * 10,
        x=place * 10 + 1,
        y=1000 - height,
        height=height,
    )
