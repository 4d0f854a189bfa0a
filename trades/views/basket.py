"""What a person has chosen so far, kept in their session over searches, pages and tabs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict

from trades.services.matching import MOST_ITEMS
from trades.services.name_lists import Wanted

SLOT = "baskets"
MOST_BASKETS = 6
FIELD = "many:"  # what stands before an item's name in the name of its field
LONGEST_NAME = 256


@dataclass(frozen=True, slots=True)
class Chosen:
    amount: int
    floor_milli: int | None = None


class Basket(Mapping[str, Chosen]):
    """Names with how many of each, of one team, source and game."""

    def __init__(self, session: SessionBase, team_id: int, steamid64: str, app_id: int) -> None:
        self._session = session
        self._place = f"{team_id}:{steamid64}:{app_id}"
        kept = session.get(SLOT, {}).get(self._place, {})
        self._chosen = {name: Chosen(*entry) for name, entry in kept.items()}

    def __getitem__(self, name: str) -> Chosen:
        return self._chosen[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._chosen)

    def __len__(self) -> int:
        return len(self._chosen)

    @property
    def items_count(self) -> int:
        return sum(each.amount for each in self._chosen.values())

    @property
    def amounts(self) -> dict[str, int]:
        return {name: each.amount for name, each in self._chosen.items()}

    def take(self, amounts: Mapping[str, int]) -> None:
        """New amounts for the names given; the others stay, and 0 takes a name out."""
        for name, amount in amounts.items():
            if not amount:
                self._chosen.pop(name, None)
            elif name in self._chosen or len(self._chosen) < MOST_ITEMS:
                floor = self._chosen[name].floor_milli if name in self._chosen else None
                self._chosen[name] = Chosen(amount, floor)
        self._keep()

    def replace(self, wanted: Mapping[str, Wanted]) -> None:
        """What a list asks for, instead of what was chosen before."""
        self._chosen = {
            name: Chosen(each.amount, each.floor_milli) for name, each in wanted.items()
        }
        self._keep()

    def clear(self) -> None:
        self._chosen = {}
        self._keep()

    def _keep(self) -> None:
        baskets: dict[str, Any] = dict(self._session.get(SLOT, {}))
        baskets.pop(self._place, None)
        if self._chosen:
            baskets[self._place] = {
                name: [each.amount, each.floor_milli] for name, each in self._chosen.items()
            }
        self._session[SLOT] = dict(list(baskets.items())[-MOST_BASKETS:])


def amounts_in(posted: QueryDict) -> dict[str, int]:
    """The amounts that a form sent; anything but a number that can be is left out."""
    found = {}
    for field in posted:
        name = field.removeprefix(FIELD)
        if name == field or not name or len(name) > LONGEST_NAME or "\0" in name:
            continue
        text = posted.getlist(field)[-1].strip() or "0"  # a ticked box follows its hidden 0
        if text.isascii() and text.isdigit() and len(text) < 10:
            found[name] = min(int(text), MOST_ITEMS)
    return found
