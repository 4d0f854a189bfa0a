"""The tiles of home: each a figure of the period and the list that equals it."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.templatetags.ui import count_text, money_text, percent_text, phase_class
from trades import stats
from trades.filters import TradeFilter
from trades.models import Phase
from trades.stats import SUCCESSES, Selection, Tally, Total
from trades.views.home_links import Links

ENDED = (Phase.DONE.value, Phase.FAILED.value, Phase.REVERTED.value)


@dataclass(frozen=True, slots=True)
class Change:
    """Beside the period before: an arrow for the eye and the same in words."""

    arrow: str
    text: str


@dataclass(frozen=True, slots=True)
class Tile:
    name: str
    label: str
    number: str
    note: str
    state: str
    url: str
    change: Change | None
    tally: Tally  # of the list behind it


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    label: str
    chosen: Selection
    is_compared: bool = True  # what is frozen or open now says nothing of a period that is over
    is_rare: bool = False  # stays away while it is empty
    over: Selection | None = None  # of a rate: what it is a share of
    note: str = ""


def _of(phase: Phase) -> Selection:
    return Selection(phases=(phase.value,))


KINDS = (
    Kind("sells", "Sells", Selection()),
    Kind("done", "Sold and free", _of(Phase.DONE)),
    Kind("frozen", "Frozen", _of(Phase.FROZEN), is_compared=False),
    Kind("open", "In progress", _of(Phase.OPEN), is_compared=False),
    Kind("failed", "Failed", _of(Phase.FAILED)),
    Kind("reverted", "Rolled back", _of(Phase.REVERTED)),
    Kind("unknown", "Unknown status", _of(Phase.UNKNOWN), is_compared=False, is_rare=True),
    Kind(
        "market-rate", "Success as the market counts", Selection(statuses=SUCCESSES),
        over=Selection(), note="{won} accepted or completed, of all {all}",
    ),
    Kind(
        "our-rate", "Success of what has ended", _of(Phase.DONE), over=Selection(phases=ENDED),
        note="{won} free, of {all} that are free, failed or rolled back",
    ),
)  # fmt: skip


def tiles(
    totals: Sequence[Total], before: Sequence[Total] | None, wanted: TradeFilter, link: Links
) -> list[Tile]:
    """``before`` None: there is nothing to compare with."""
    made = [_tile(kind, totals, before, wanted, link) for kind in KINDS]
    return [tile for tile, kind in zip(made, KINDS, strict=True)
            if tile.tally.count or not kind.is_rare]  # fmt: skip


def _tile(
    kind: Kind,
    totals: Sequence[Total],
    before: Sequence[Total] | None,
    wanted: TradeFilter,
    link: Links,
) -> Tile:
    now = stats.tally(kind.chosen.of(totals))
    state = phase_class(kind.chosen.phases[0]) if kind.chosen.phases and not kind.over else ""
    compared = before if kind.is_compared else None
    return Tile(
        name=kind.name,
        label=kind.label,
        number=_rate_text(_rate(kind, totals)) if kind.over else count_text(now.count),
        note=_note(kind, totals, now),
        state=state,
        url=link.history(kind.chosen.asked_of(wanted)),
        change=_change(kind, totals, compared) if compared is not None else None,
        tally=now,
    )


def _note(kind: Kind, totals: Sequence[Total], now: Tally) -> str:
    if kind.over is None:
        return value_note(now)
    everything = stats.tally(kind.over.of(totals)).count
    if not everything:
        return "nothing to take a share of"
    return kind.note.format(won=count_text(now.count), all=count_text(everything))


def _rate(kind: Kind, totals: Sequence[Total]) -> int | None:
    """In 1/1000 percent."""
    over = stats.tally(kind.over.of(totals)).count if kind.over else 0
    return stats.rate(stats.tally(kind.chosen.of(totals)).count, over)


def _rate_text(rate: int | None) -> str:
    return percent_text(None if rate is None else round(rate, -2))


def _change(kind: Kind, totals: Sequence[Total], before: Sequence[Total]) -> Change | None:
    if kind.over:
        return _change_of_rate(_rate(kind, totals), _rate(kind, before))
    now, then = stats.tally(kind.chosen.of(totals)), stats.tally(kind.chosen.of(before))
    apart = now.count - then.count
    if not apart:
        return Change("", "as many")
    return Change(_arrow(apart), f"{count_text(abs(apart))} {'more' if apart > 0 else 'fewer'}")


def _change_of_rate(now: int | None, then: int | None) -> Change | None:
    if now is None or then is None:
        return None
    apart = round(now - then, -2)
    if not apart:
        return Change("", "the same")
    points = percent_text(abs(apart)).removesuffix("%")
    return Change(_arrow(apart), f"{points} points {'higher' if apart > 0 else 'lower'}")


def _arrow(apart: int) -> str:
    return "▲" if apart > 0 else "▼"


def value_note(counts: Tally) -> str:
    """What is known of the value; what is not is said, never counted as nothing."""
    if not counts.count:
        return "none"
    if counts.value_milli is None:
        return "value unknown"
    if counts.unknown_count:
        return f"{money_text(counts.value_milli)}, unknown for {count_text(counts.unknown_count)}"
    return money_text(counts.value_milli)


@dataclass(frozen=True, slots=True)
class GameRow:
    game: str
    url: str
    sells: str
    value: str
    market_rate: str
    our_rate: str


def by_game(
    totals: Sequence[Total], wanted: TradeFilter, link: Links, label: dict[str, str]
) -> list[GameRow]:
    """Success by game, the busiest first; ``label`` names the games there are."""
    rates = [kind for kind in KINDS if kind.over]
    rows = []
    for game in label:
        chosen = Selection(game=game)
        found = chosen.of(totals)
        if not found:
            continue
        counts = stats.tally(found)
        shares = [_rate_text(_rate(kind, found)) for kind in rates]
        url = link.history(chosen.asked_of(wanted))
        value = value_note(counts).removeprefix("value ")
        row = GameRow(label[game], url, count_text(counts.count), value, *shares)
        rows.append((counts.count, row))
    return [row for _, row in sorted(rows, key=lambda row: -row[0])]
