"""What a person sends about a draft: how many of each row, floors, the message, the yes."""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from dashboard.errors import UserError
from trades.models import SellDraft
from trades.services.drafts import LONGEST_MESSAGE, checked_message, is_selected
from trades.views.dollars import DollarsField, milli_of, typed
from trades.views.draft_rows import Group, groups_of, items_of

MOST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Selection:
    asset_ids: frozenset[str]
    floors: dict[str, int | None]
    message: str | None  # None = not sent
    wrong: tuple[str, ...] = ()  # sentences: what cannot be kept, as a floor that is no price


def selection_of(sent: QueryDict, draft: SellDraft) -> Selection:
    """Rows that were not sent, as from an older page, stay as they are."""
    groups = groups_of(items_of(draft))
    group_of = {item.pk: group for group in groups for item in group.items}
    takes: Counter[int] = Counter()
    floors: dict[str, int | None] = {}
    wrong: list[str] = []
    for pk in _numbers(sent.get("rows", "")):
        group = group_of.get(pk)
        if group:
            takes[group.pk] += _whole(sent.get(f"take-{pk}", ""))
            try:
                floors |= _floors(sent.get(f"floor-{pk}"), group)
            except ValidationError as error:
                wrong.append(f"The floor of {group.items[0].name}: {error.messages[0]}")
    chosen = frozenset(
        asset_id
        for group in groups
        for asset_id in _chosen(group, takes.get(group.pk, group.selected))
    )
    message = sent.get("message")
    try:
        message = message and checked_message(message)
    except UserError as refusal:
        message = None
        wrong.append(refusal.sentence)
    return Selection(chosen, floors, message, tuple(wrong))


class YesForm(forms.Form):
    yes_token = forms.UUIDField()
    accepts_lower = forms.BooleanField(required=False)

    def answer(self) -> tuple[UUID, bool]:
        if not self.is_valid():
            raise UserError("This page is too old: look at the prices again and agree then.")
        return self.cleaned_data["yes_token"], self.cleaned_data["accepts_lower"]


class DefaultsForm(forms.Form):
    floor = DollarsField(
        label="Floor price in dollars",
        required=False,
        help_text="No item is sold below it, unless it has a floor of its own. Empty: no floor.",
    )
    message = forms.CharField(
        label="Message",
        required=False,
        max_length=LONGEST_MESSAGE,
        help_text=f"Sent with each sell, up to {LONGEST_MESSAGE} characters; can be changed there.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _chosen(group: Group, take: int) -> list[str]:
    """What is selected already stays first, so that taking fewer drops the others."""
    ordered = sorted(group.items, key=lambda item: not is_selected(item))
    return [item.asset_id for item in ordered[:take]]


def _floors(text: str | None, group: Group) -> dict[str, int | None]:
    if text is None or text == typed(group.items[0].floor_milli):
        return {}
    floor = milli_of(text)
    return {item.asset_id: floor for item in group.items}


def _numbers(text: str) -> list[int]:
    return list(dict.fromkeys(_whole(part) for part in text.split(",")))


def _whole(text: str) -> int:
    text = text.strip()
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if is_number else 0
