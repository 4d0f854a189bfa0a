"""A draft as its page shows it: equal items in one row, rows by the buyer who takes them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.http import HttpRequest

from dashboard.templatetags.ui import money_text
from trades.models import DraftItem, SellDraft
from trades.services.drafts import default_floor, floor_of, has_buyer, is_below, is_selected
from trades.services.offers import OUR_WORDS
from trades.services.reviewing import NEEDS_NEW_YES, Verdict, verdict_of
from trades.views.dollars import typed
from trades.views.pictures import Icons, Picture, icons_for, picture_of

WORDS = {
    Verdict.SAME: ("same", "is-good"),
    Verdict.UP: ("up", "is-good"),
    Verdict.DOWN: ("down", "is-bad"),
    Verdict.GONE: ("gone", "is-bad"),
    Verdict.BUYER: ("buyer changed", "is-wait"),
    Verdict.LOW: ("below floor", "is-wait"),
}
Key = tuple[str, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Group:
    """Items that nothing tells apart: one name, one match, one floor."""

    pk: int  # of its first item: names the row in the form
    items: tuple[DraftItem, ...]

    @property
    def selected(self) -> int:
        return sum(is_selected(item) for item in self.items)

    def for_sale(self, floor: int | None) -> int:
        """Of what is selected, what a yes would sell at the prices known now."""
        line = self.items[0].matched
        is_reviewed = any(item.reviewed for item in self.items)
        if line and not is_reviewed and is_below(line, floor):
            return 0
        return sum(item.is_chosen for item in self.items)


@dataclass(frozen=True, slots=True)
class Row:
    pk: int
    name: str
    picture: Picture
    total: int
    selected: int
    for_sale: int
    floor: str
    then: str
    now: str = ""
    moved: str = ""
    worth_milli: int = 0
    verdicts: tuple[Verdict, ...] = ()  # of each reviewed item
    word: str = ""
    word_class: str = ""
    notes: tuple[str, ...] = ()

    @property
    def worth(self) -> str:
        return money_text(self.worth_milli) if self.worth_milli else "–"


@dataclass(slots=True)
class Part:
    """What one buyer takes: one sell."""

    buyer: str = ""
    buyer_before: str = ""  # named by the match, where the review named another
    rows: list[Row] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(row.for_sale for row in self.rows)

    @property
    def worth_milli(self) -> int:
        return sum(row.worth_milli for row in self.rows)


@dataclass(frozen=True, slots=True)
class Unsold:
    name: str
    picture: Picture
    count: int
    reason: str
    market_text: str = ""  # foreign


@dataclass(frozen=True, slots=True)
class Board:
    parts: list[Part]
    unsold: list[Unsold]
    all_count: int
    default_floor_milli: int | None
    asked_at: datetime | None  # of the oldest quote that a yes would rest on

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts)

    @property
    def worth_milli(self) -> int:
        return sum(part.worth_milli for part in self.parts)

    @property
    def sells(self) -> int:
        return sum(part.count > 0 for part in self.parts)

    @property
    def row_pks(self) -> str:
        return ",".join(str(row.pk) for part in self.parts for row in part.rows)

    @property
    def changes(self) -> list[str]:
        """What is worse than it was matched, in words; for these a new yes is needed."""
        rows = [row for part in self.parts for row in part.rows]
        counts = {
            verdict: sum(row.verdicts.count(verdict) for row in rows) for verdict in NEEDS_NEW_YES
        }
        return [
            f"{counts[verdict]} {WORDS[verdict][0]}" for verdict in Verdict if counts.get(verdict)
        ]


def items_of(draft: SellDraft) -> list[DraftItem]:
    return list(draft.items.select_related("matched__quote", "reviewed__quote"))


def groups_of(items: Iterable[DraftItem]) -> list[Group]:
    found: dict[Key, list[DraftItem]] = defaultdict(list)
    for item in items:
        found[item.name, item.matched_id, item.floor_milli].append(item)
    return [Group(min(one.pk for one in group), tuple(group)) for group in found.values()]


def board_of(draft: SellDraft, request: HttpRequest) -> Board:
    items = items_of(draft)
    icons = icons_for(request, draft.team, {(draft.game_id, item.name) for item in items})
    default = default_floor(draft.team)
    parts: dict[int, Part] = {}
    unsold = []
    for group in groups_of(items):
        line = group.items[0].matched
        if line is None or not has_buyer(line):
            unsold.append(_unsold(group, draft, icons))
            continue
        part = parts.setdefault(line.quote_id, Part(buyer=line.quote.buyer_id))
        part.rows.append(_row(group, draft, default, icons))
        _name_buyer(part, group)
    rests_on = [item.reviewed.quote.asked_at for item in items if item.reviewed]
    return Board(
        parts=[parts[pk] for pk in sorted(parts)],
        unsold=unsold,
        all_count=len(items),
        default_floor_milli=default,
        asked_at=min(rests_on, default=None),
    )


def _name_buyer(part: Part, group: Group) -> None:
    for item in group.items:
        if item.matched and item.reviewed and item.reviewed.quote.buyer_id:
            before, now = item.matched.quote.buyer_id, item.reviewed.quote.buyer_id
            part.buyer, part.buyer_before = now, before if now != before else ""


def _row(group: Group, draft: SellDraft, default: int | None, icons: Icons) -> Row:
    first = group.items[0]
    floor = floor_of(first, default)
    verdicts = [verdict for item in group.items if (verdict := verdict_of(item, floor))]
    sold = [verdict for verdict in verdicts if verdict not in {Verdict.GONE, Verdict.LOW}]
    shown = (sold or verdicts or [None])[0]
    word, word_class = WORDS[shown] if shown else ("", "")
    then, now = _prices(group)
    for_sale = group.for_sale(floor)
    return Row(
        pk=group.pk,
        name=first.name,
        picture=picture_of(first.name, draft.game_id, icons),
        total=len(group.items),
        selected=group.selected,
        for_sale=for_sale,
        floor=typed(first.floor_milli),
        then=money_text(then),
        now=money_text(now) if now else "",
        moved=_moved(then, now),
        worth_milli=(now or then) * for_sale,
        verdicts=tuple(verdicts),
        word=word,
        word_class="is-bad" if now and now < then else word_class,
        notes=tuple(_notes(group, verdicts, floor)),
    )


def _prices(group: Group) -> tuple[int, int | None]:
    """Per item: as matched, and as reviewed (None = not reviewed or nobody buys)."""
    line = group.items[0].matched
    reviewed = [item.reviewed for item in group.items if item.reviewed]
    priced = [each.price_milli for each in reviewed if has_buyer(each)]
    return line.price_milli if line else 0, priced[0] if priced else None


def _moved(then: int, now: int | None) -> str:
    if now is None or now == then:
        return ""
    return f"{'+' if now > then else '−'}{money_text(abs(now - then))}"


def _notes(group: Group, verdicts: Sequence[Verdict], floor: int | None) -> Iterable[str]:
    line = group.items[0].matched
    gone = verdicts.count(Verdict.GONE)
    if Verdict.LOW in verdicts:
        yield f"Below its floor of {money_text(floor)}: not sold."
    elif not verdicts and line and is_below(line, floor):
        yield f"Below its floor of {money_text(floor)}: cannot be sold."
    if gone and gone < len(verdicts):
        yield f"{gone} of {len(verdicts)} gone: the buyer takes {len(verdicts) - gone} now."
    texts = [each.error for item in group.items[:1] for each in (line, item.reviewed) if each]
    if gone and gone == len(verdicts) and not any(texts):
        yield "Nobody buys it now: not sold."
    yield from dict.fromkeys(
        text if text in OUR_WORDS else f"The market says: {text}" for text in texts if text
    )


def _unsold(group: Group, draft: SellDraft, icons: Icons) -> Unsold:
    first, line = group.items[0], group.items[0].matched
    reason, text = "", line.error if line else ""
    if draft.state == SellDraft.State.CHOSEN:
        reason = ""
    elif line is None:
        reason = "The buyer takes fewer than you have."
    elif text in OUR_WORDS:
        reason, text = text, ""
    else:
        reason = "No buyer."
    return Unsold(
        first.name, picture_of(first.name, draft.game_id, icons), len(group.items), reason, text
    )
