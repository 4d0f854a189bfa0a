"""Trades that stand beside one by their custom ids: what was sold in the same go, as a rule."""

from dataclasses import dataclass

from django.urls import reverse

from dashboard.templatetags.ui import moment_text, money_text, phase_class
from trades.models import Phase, Trade
from trades.views.history_rows import label_of

NEIGHBOURS = 3  # to each side


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A trade whose custom id stands beside this one's."""

    address: str
    custom_id: str
    phase: str
    phase_class: str
    when: str
    value: str


def neighbours_of(trade: Trade) -> list[Neighbour]:
    """Trades whose custom ids stand beside this one's, in their order."""
    if not trade.custom_id:
        return []
    beside = Trade.objects.in_team(trade.team).filter(account__is_active=True)
    before = beside.filter(custom_id__lt=trade.custom_id).order_by("-custom_id", "-id")
    after = beside.filter(custom_id__gt=trade.custom_id).order_by("custom_id", "id")
    same = beside.filter(custom_id=trade.custom_id).exclude(pk=trade.pk).order_by("id")
    found = [*reversed(before[:NEIGHBOURS]), *same[:NEIGHBOURS], *after[:NEIGHBOURS]]
    near = (each for each in found if _is_near(each.custom_id or "", trade.custom_id))
    return [_neighbour(each, trade.team.slug) for each in near]


def _is_near(one: str, other: str) -> bool:
    """They begin alike, for half of the shorter one at least."""
    alike = max(1, min(len(one), len(other)) // 2)
    return one[:alike] == other[:alike]


def _neighbour(trade: Trade, slug: str) -> Neighbour:
    return Neighbour(
        address=reverse("trade", args=[slug, trade.pk]),
        custom_id=trade.custom_id or "",
        phase=label_of(Phase, trade.phase),
        phase_class=phase_class(trade.phase),
        when=moment_text(trade.sort_at),
        value=money_text(trade.value_milli),
    )
